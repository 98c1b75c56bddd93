extension TopologyBuilder {
  /// The interfaces of a node: those of its type, with what the template says of them.
  func interfaces(
    of template: NodeTemplate, _ definition: NodeType, _ type: Int, _ owner: ValueContext.Owner
  ) -> [String: Interface] {
    guard template.interfaces.isEmpty else {
      return interfaces(
        template.interfaces, definition.interfaces, owner, allowOthers: catalogue.isOpen(.node, type))
    }
    if let shared = inherited.nodeInterfaces[type] { return shared }
    let result = interfaces(template.interfaces, definition.interfaces, owner)
    if areShared(definition.interfaces) { inherited.nodeInterfaces[type] = result }
    return result
  }

  /// The interfaces of a relationship: those of its type and of the requirement's definition, with what the template
  /// says of them.
  func interfaces(
    of binding: Binding, _ type: Int, refinedBy requirement: OrderedMap<InterfaceDefinition>,
    _ owner: ValueContext.Owner
  ) -> [String: Interface] {
    let own = catalogue.relationships.types[type].interfaces
    guard binding.interfaces.isEmpty, requirement.isEmpty else {
      return interfaces(
        binding.interfaces, requirement.over(own) { $0.refining($1) }, owner,
        allowOthers: catalogue.isOpen(.relationship, type))
    }
    if let shared = inherited.relationshipInterfaces[type] { return shared }
    let result = interfaces(OrderedMap(), own, owner)
    if areShared(own) { inherited.relationshipInterfaces[type] = result }
    return result
  }

  /// Whether interfaces have no functions in what they say of inputs, so that they are the same wherever they are.
  private func areShared(_ interfaces: OrderedMap<InterfaceDefinition>) -> Bool {
    func areShared(_ inputs: OrderedMap<YAMLNode>) -> Bool { !inputs.values.contains(where: Self.mayCall) }
    func areShared(_ operations: OrderedMap<OperationDefinition>) -> Bool {
      operations.values.allSatisfy { areShared($0.inputs) }
    }
    return interfaces.values.allSatisfy { interface in
      guard areShared(interface.inputs), areShared(interface.operations), areShared(interface.notifications) else {
        return false
      }
      guard let type = interface.type.flatMap({ catalogue.find(.interface, $0, in: interface.file, report: false) })
      else { return true }
      let known = catalogue.interfaces.types[type]
      return Self.areShared(known.properties, mayLack: true) && areShared(known.operations)
        && areShared(known.notifications)
    }
  }

  /// The interfaces that a template assigns over those that its type defines; what does not fit is reported.
  func interfaces(
    _ assigned: OrderedMap<InterfaceDefinition>, _ defined: OrderedMap<InterfaceDefinition>,
    _ owner: ValueContext.Owner, allowOthers: @autoclosure () -> Bool = false
  ) -> [String: Interface] {
    var result: [String: Interface] = [:]
    let isVersion2 = typer.version == .tosca2_0
    record(assigned, defined)
    if isVersion2 { checkVersion2(assigned, defined, owner) }
    for (name, interface) in assigned where defined[name] == nil && !isVersion2 && !allowOthers() {
      findings.report(
        "unknown-interface", at: interface.name.place, "the type has no interface `\(name.excerpt)`",
        expected: ValueTyper.oneOf(defined.keys) ?? "no interfaces: its type has none",
        suggestion: nearest(name, among: defined.keys))
    }
    for (name, base) in defined {
      let own = assigned[name]
      let type = (own?.type ?? base.type).flatMap {
        catalogue.find(.interface, $0, in: own?.type == nil ? base.file : own?.file ?? base.file, report: own != nil)
      }
      let known = type.map { catalogue.interfaces.types[$0] }
      if let own, !isVersion2 {
        if let type, let known, !catalogue.isOpen(.interface, type) { checkOperations(own, base, known) }
        checkRequiredInputs(own, base, known)
      }
      let shared = known?.properties ?? OrderedMap()
      let common = inputs(own?.inputs, base.inputs, shared, owner)
      var interface = Interface(type: type.map { catalogue.interfaces.reference($0) })
      interface.operations = operations(
        own?.operations, base.operations, known?.operations, shared, common, owner)
      // A notification may be refined among the operations, where 1.x has no keynames between them.
      interface.notifications = operations(
        own?.notifications, base.notifications, known?.notifications, shared, common, owner)
      for name in interface.notifications.keys where known?.operations[name] == nil {
        interface.operations[name] = nil
      }
      result[name] = interface
    }
    return result
  }

  /// Notes which interfaces and operations the names of a template stand for.
  private func record(_ assigned: OrderedMap<InterfaceDefinition>, _ defined: OrderedMap<InterfaceDefinition>) {
    guard let recorder = findings.recorder else { return }
    for (name, interface) in assigned {
      recorder.reference(.interface, interface.name, target: defined[name]?.name.place) {
        defined.map { ($0, $1.name.place) }
      }
      guard let base = defined[name] else { continue }
      let type = base.type.flatMap { catalogue.find(.interface, $0, in: base.file, report: false) }
      let operations = (type.map { catalogue.interfaces.types[$0].operations } ?? OrderedMap()).over(base.operations)
      for (key, operation) in interface.operations {
        recorder.reference(.operation, operation.name, target: operations[key]?.name.place) {
          operations.map { ($0, $1.name.place) }
        }
      }
    }
  }

  private func checkOperations(_ own: InterfaceDefinition, _ base: InterfaceDefinition, _ type: InterfaceType) {
    let known =
      type.operations.keys + base.operations.keys + type.notifications.keys + base.notifications.keys
    for (key, operation) in own.operations where !known.contains(key) {
      findings.report(
        "unknown-operation", at: operation.name.place,
        "the interface `\(own.name.text.excerpt)` has no operation `\(key.excerpt)`",
        expected: ValueTyper.oneOf(known), suggestion: nearest(key, among: known))
    }
  }

  private func operations(
    _ assigned: OrderedMap<OperationDefinition>?, _ defined: OrderedMap<OperationDefinition>,
    _ known: OrderedMap<OperationDefinition>?, _ shared: OrderedMap<PropertyDefinition>, _ common: [String: Value],
    _ owner: ValueContext.Owner
  ) -> [String: InterfaceOperation] {
    let types = defined.over(known ?? OrderedMap()) { $0.refining($1) }
    let all = (assigned ?? OrderedMap()).over(types) { $0.refining($1) }
    var result: [String: InterfaceOperation] = [:]
    for (name, operation) in all {
      let own = inputs(assigned?[name]?.inputs, types[name]?.inputs ?? OrderedMap(), shared, owner, areCommon: false)
      result[name] = InterfaceOperation(
        description: operation.description, implementation: operation.implementation.map { implementation($0) },
        inputs: common.isEmpty ? own : common.merging(own) { $1 },
        outputs: operation.outputs.isEmpty
          ? [:] : Dictionary(operation.outputs.map { ($0.key, typer.asWritten($0.element)) }) { first, _ in first })
    }
    return result
  }

  /// The public form of an implementation.
  func implementation(_ implementation: Implementation) -> OperationImplementation {
    OperationImplementation(
      primary: implementation.primary?.text, dependencies: implementation.dependencies.map(\.text),
      timeout: implementation.timeout.map { typer.asWritten($0) }, operationHost: implementation.host?.text)
  }

  /// The inputs of an interface or operation: those assigned, typed where a definition is known, and the values and
  /// defaults of the others.
  private func inputs(
    _ assigned: OrderedMap<YAMLNode>?, _ defined: OrderedMap<YAMLNode>, _ shared: OrderedMap<PropertyDefinition>,
    _ owner: ValueContext.Owner, areCommon: Bool = true
  ) -> [String: Value] {
    var result: [String: Value] = [:]
    for (key, node) in assigned ?? OrderedMap() {
      result[key] = input(key, node, defined[key], shared[key], owner)
    }
    for (key, node) in defined where assigned?[key] == nil {
      result[key] = inherited(key, node, shared[key], owner)
    }
    guard areCommon else { return result }
    for (key, definition) in shared where assigned?[key] == nil && defined[key] == nil {
      guard let value = definition.value ?? definition.defaultValue else { continue }
      result[key] = typer.value(
        value, of: definition, ValueContext(subject: .named("input", key), owner: owner))
    }
    return result
  }

  private func input(
    _ key: String, _ node: YAMLNode, _ defined: YAMLNode?, _ shared: PropertyDefinition?, _ owner: ValueContext.Owner
  ) -> Value? {
    let subject = ValueContext(subject: .named("input", key), owner: owner)
    // What 2.0 asks for is checked apart.
    let typer = typer.version == .tosca2_0 ? quietTyper : typer
    let definition = Self.isDefinition(node) ? node : nil
    if let definition {
      guard let own = self.definition(key, definition), let value = own.value ?? own.defaultValue else { return nil }
      return typer.value(value, of: own, subject)
    }
    if let shared { return typer.value(node, of: shared, subject) }
    if let defined, Self.isDefinition(defined), let definition = self.definition(key, defined) {
      return typer.value(node, of: definition, subject)
    }
    return typer.value(node, as: nil, subject)
  }

  /// What a type says of an input, as it is here. It need not make sense everywhere: where it does not, it stays as it
  /// is written.
  private func inherited(
    _ key: String, _ node: YAMLNode, _ shared: PropertyDefinition?, _ owner: ValueContext.Owner
  ) -> Value? {
    let subject = ValueContext(subject: .named("input", key), owner: owner)
    guard Self.isDefinition(node) else {
      let value = shared.map { quietTyper.value(node, of: $0, subject) } ?? quietTyper.value(node, as: nil, subject)
      return value ?? typer.asWritten(node)
    }
    guard let own = definition(key, node), let value = own.value ?? own.defaultValue else { return nil }
    return quietTyper.value(value, of: own, subject) ?? typer.asWritten(value)
  }

  /// The definition of an operation's input.
  func definition(_ key: String, _ node: YAMLNode) -> PropertyDefinition? {
    // Many nodes give values to the same one.
    if let known = inputDefinitions[node.place], known?.name.text == key { return known }
    let context = SyntaxContext(
      findings: findings, version: file.content.version, file: node.place.file, tolerances: typer.tolerances)
    let definition = PropertyDefinition(Name(text: key, place: node.place), node, .parameter, context)
    inputDefinitions[node.place] = .some(definition)
    return definition
  }

  /// Whether an operation's input is a definition rather than a value.
  static func isDefinition(_ node: YAMLNode) -> Bool {
    guard let entries = node.entries, node["type"]?.text != nil else { return false }
    return entries.allSatisfy { parameterKeynames.contains($0.name) }
  }

  private static let parameterKeynames = [
    "type", "description", "required", "default", "value", "status", "constraints", "entry_schema", "key_schema",
    "metadata", "validation", "mapping",
  ]

  /// The public form of a parameter's definition.
  func declaration(_ definition: PropertyDefinition) -> ParameterDeclaration {
    var context = ValueContext(subject: "the default of `\(definition.name.text.excerpt)`")
    context.isSensitive = definition.isSensitive
    return ParameterDeclaration(
      name: definition.name.text, description: definition.description, schema: definition.schema.flatMap { schema($0) },
      isRequired: definition.required,
      defaultValue: definition.defaultValue.flatMap { typer.value($0, of: definition, context) },
      metadata: Self.texts(definition.metadata))
  }

  /// The public form of a schema; nil where its type is unknown, which was reported.
  private func schema(_ schema: SchemaDefinition) -> ValueSchema? {
    let type: TypeReference
    switch catalogue.shape(schema.type, in: schema.file, report: false) {
    case .primitive(let primitive):
      type = TypeReference(
        name: primitive == .null && typer.version == .tosca2_0 ? "nil" : primitive.rawValue, ancestors: [])
    case .derived(let index, let primitive):
      let reference = catalogue.dataTypes.reference(index)
      type = TypeReference(name: reference.name, ancestors: reference.ancestors + [primitive.rawValue])
    case .complex(let index): type = catalogue.dataTypes.reference(index)
    case nil: return nil
    }
    return ValueSchema(
      type: type,
      constraints: schema.constraints.map { constraint in
        guard constraint.operation != .validation else { return typer.asWritten(constraint.operand) }
        let place = range(constraint.place)
        return Value(
          .map([
            Value.Entry(key: constraint.operation.rawValue, at: place, value: typer.asWritten(constraint.operand))
          ]), at: place)
      },
      entrySchema: schema.entrySchema.flatMap { self.schema($0) },
      keySchema: schema.keySchema.flatMap { self.schema($0) })
  }
}
