/// Makes the normalized topology of a topology template, and reports what in it does not fit its types.
final class TopologyBuilder {
  let typer: ValueTyper
  let catalogue: Catalogue
  let findings: FindingCollector
  let scope: TopologyScope
  let file: LoadedFile
  /// The folders, by file, that relative paths refer to.
  let folders: [UInt32: String]
  /// The folder of the template, as the user named it.
  let root: String
  /// The inputs of operations that have calls as defaults, by the number of the node type.
  var inputDefaultsByType: [Int: [(interface: String, operation: String, input: PropertyDefinition)]] = [:]
  /// Finds the templates that stand for nodes.
  let substitutions: SubstitutionSearch?
  /// The relationship types that follow from capability types, as far as they were asked for.
  var impliedRelationships: [Int: Int?] = [:]
  /// The nodes that fit what requirements ask for, filters aside, as far as they were asked for.
  var candidatesByDemand: [String: [Int]] = [:]
  /// The bindings that allocate something of a capability.
  var takers: [CapabilityKey: [(source: Int, number: Int)]] = [:]
  /// What relationships take of the nodes of templates with several.
  lazy var allocations = AllocationPlan(steps: typer.limits.evaluations)
  /// Of what more is allocated than all nodes of a template have together.
  var exceeded: Set<String> = []
  /// What may be used of the file system.
  let artifacts: ArtifactFiles
  /// The definitions of operations' inputs that were read, by where they are written.
  var inputDefinitions: [Place: PropertyDefinition?] = [:]
  /// What nodes have of their types alone.
  var inherited = InheritedParts()
  /// Evaluates what is only supposed, without findings.
  lazy var quietTyper: ValueTyper = {
    let quiet = ValueTyper(
      findings: FindingCollector(table: findings.table, limit: 0), catalogue: catalogue, limits: typer.limits,
      version: typer.version, tolerances: typer.tolerances)
    quiet.topology = scope
    quiet.remainingAllocation = { [unowned self] property, key in
      guard let capacity = capacity(property, of: key), let sum = allocated(property, of: key) else { return nil }
      return capacity - sum
    }
    return quiet
  }()

  /// A builder for the template of a file.
  init(
    typer: ValueTyper, catalogue: Catalogue, findings: FindingCollector, scope: TopologyScope, file: LoadedFile,
    folders: [UInt32: String], artifacts: ArtifactFiles, substitutions: SubstitutionSearch? = nil
  ) {
    self.artifacts = artifacts
    self.typer = typer
    self.catalogue = catalogue
    self.findings = findings
    self.scope = scope
    self.file = file
    self.folders = folders
    self.substitutions = substitutions
    root = file.folder
    typer.topology = scope
  }

  /// The topology, complete only where no error was found.
  func build() -> Topology {
    let template = scope.template
    let definitions = DefinitionChecker(catalogue: catalogue, typer: typer, findings: findings)
    for parameter in template.inputs.values + template.outputs.values {
      if let schema = parameter.schema { definitions.check(schema) }
    }
    for parameter in template.workflows.values.flatMap(\.inputs.values) { definitions.check(parameter) }
    bindNodes()
    bindRequirements()
    checkFilters()
    checkHostCycles()
    scope.isBound = true
    var topology = Topology(
      version: file.content.version.rawValue, description: file.content.description ?? template.description,
      root: root)
    topology.file = findings.table.sources[Int(file.id)].name
    topology.metadata = Self.texts(file.content.metadata)
    topology.inputs = inputs()
    topology.inputDeclarations = scope.inputs.values.map { declaration($0) }
    topology.nodes = scope.nodes.indices.flatMap { nodes($0) }
    shareOut(&topology.nodes)
    topology.groups = template.groups.values.compactMap { group($0) }
    topology.policies = template.policies.values.compactMap { policy($0) }
    topology.outputs = outputs()
    topology.outputDeclarations = template.outputs.values.map { declaration($0) }
    topology.workflows = workflows()
    for target in template.workflows.values.flatMap(\.preconditionTargets) {
      checkTarget(target, of: "a precondition")
    }
    for policy in template.policies.values {
      for source in policy.triggers.values.compactMap(\.source)
      where catalogue.find(.node, source, in: file.id, report: false) == nil {
        findings.tolerating(.freeTriggers) { checkTarget(source, of: "a target filter") }
      }
    }
    for relationship in scope.relationshipTemplates.values { check(relationship) }
    if let mappings = template.substitutionMappings { topology.substitutionMapping = mapping(mappings) }
    if typer.version == .tosca2_0 { checkVersion2() }
    substitute(&topology)
    return topology
  }

  /// Metadata as texts.
  static func texts(_ metadata: OrderedMap<Name>) -> [String: String] {
    metadata.isEmpty ? [:] : Dictionary(metadata.map { ($0.key, $0.element.text) }) { first, _ in first }
  }

  /// The public form of a place.
  func range(_ place: Place) -> SourceRange { findings.table.range(place) }

  /// The values of an entity's properties: those assigned and the defaults of the others. What is not defined,
  /// missing or does not fit is reported.
  func properties(
    _ assigned: OrderedMap<PropertyAssignment>, _ defined: OrderedMap<PropertyDefinition>,
    of entity: @autoclosure () -> String, at place: Place, _ owner: ValueContext.Owner,
    allowOthers: @autoclosure () -> Bool = false
  ) -> [String: Value] {
    var result: [String: Value] = [:]
    for (key, assignment) in assigned {
      let context = ValueContext(subject: .named("property", key), owner: owner)
      findings.recorder?.reference(.property, assignment.name, target: defined[key]?.name.place) {
        defined.map { ($0, $1.name.place) }
      }
      guard let definition = defined[key] else {
        if allowOthers() {
          result[key] = typer.value(assignment.value, as: nil, context)
        } else {
          findings.report(
            "unknown-property", at: assignment.name.place, "unknown property `\(key.excerpt)` of \(entity())",
            expected: ValueTyper.oneOf(defined.keys) ?? "no properties: its type has none",
            suggestion: nearest(key, among: defined.keys))
        }
        continue
      }
      if let fixed = definition.value, typer.version == .tosca2_0 {
        findings.report(
          "fixed-value", at: assignment.name.place, "the value of the property `\(key.excerpt)` is fixed by its type",
          expected: fixed.text.map { "`\($0)`" } ?? "no assignment", related: [(fixed.place, "it is fixed here")])
      }
      let mayBeNothing = typer.version != .tosca2_0 && !definition.required && definition.schema?.type.text != "null"
      if assignment.value.isNull, mayBeNothing { continue }
      result[key] = typer.value(assignment.value, of: definition, context)
    }
    // By position, because most of them have nothing to add and need not be copied.
    for position in defined.entries.indices {
      let hasDefault = defined.entries[position].element.defaultValue != nil
      guard hasDefault || defined.entries[position].element.required else { continue }
      let key = defined.entries[position].key
      guard !assigned.contains(key) else { continue }
      let definition = defined.entries[position].element
      // In 2.0 a property that is not required has no value unless it is given (9.5).
      if typer.version == .tosca2_0, !definition.required, definition.value == nil { continue }
      if let value = definition.defaultValue {
        let context = ValueContext(subject: .named("the default of property", key), owner: owner)
        result[key] = typer.value(value, of: definition, context)
      } else {
        findings.report(
          "missing-property", at: place, "\(entity()) lacks the property `\(key.excerpt)`",
          expected: "`\(key.excerpt)`: " + (definition.schema?.type.text ?? "a value"),
          related: [(definition.name.place, "the property is defined here")])
      }
    }
    return result
  }

  private func inputs() -> [String: Value] {
    var result: [String: Value] = [:]
    for (name, definition) in scope.inputs {
      let context = ValueContext(subject: .named("input", name))
      if let written = scope.inputValues[name] {
        result[name] = typer.value(written, of: definition, context)
      } else {
        if definition.required, !scope.laterInputs.contains(name) {
          findings.report(
            "missing-input", .warning, at: definition.name.place, "the input `\(name.excerpt)` has no value",
            expected: "`--set \(name)=VALUE`, or a default")
        }
      }
    }
    return result
  }

  private func outputs() -> [String: Value] {
    var result: [String: Value] = [:]
    for (name, definition) in scope.template.outputs {
      guard let written = definition.value ?? definition.defaultValue else { continue }
      var context = ValueContext(subject: .named("output", name))
      context.isOutput = true
      result[name] = typer.value(written, of: definition, context)
    }
    return result
  }

  private func group(_ definition: GroupDefinition) -> Group? {
    let type = catalogue.find(.group, definition.type, in: file.id)
    let allowed = type.map { catalogue.groups.types[$0] }
    for member in definition.members {
      refer(toNode: member)
      guard let index = scope.nodeIndex[member.text] else {
        // In 2.0 a group may be a member, too (16.2).
        if typer.version == .tosca2_0, member.text != definition.name.text, scope.template.groups[member.text] != nil {
          continue
        }
        findings.report(
          "unknown-member", at: member.place,
          "the group `\(definition.name.text.excerpt)` names no node template: `\(member.text.excerpt)`",
          expected: ValueTyper.oneOf(scope.nodeIndex.keys),
          suggestion: nearest(member.text, among: scope.nodeIndex.keys))
        continue
      }
      guard let allowed, !allowed.members.isEmpty, let nodeType = scope.nodes[index].type else { continue }
      let fits = allowed.members.contains { name in
        catalogue.find(.node, name, in: allowed.header.file, report: false)
          .map { catalogue.mayDerive(.node, nodeType, from: $0) } ?? true
      }
      if !fits {
        findings.report(
          "wrong-member", at: member.place,
          "a group of type `\(definition.type.text.excerpt)` cannot have `\(member.text.excerpt)`",
          expected: "a node of " + (ValueTyper.oneOf(allowed.members.map(\.text)) ?? "its types"))
      }
    }
    guard let type, let allowed else { return nil }
    let interfaces = interfaces(definition.interfaces, allowed.interfaces, .none)
    let values = properties(
      definition.properties, allowed.properties, of: "group `\(definition.name.text.excerpt)`",
      at: definition.name.place, .none, allowOthers: catalogue.isOpen(.group, type))
    let attributes = attributes(
      definition.attributes, allowed.attributes, allowed.properties,
      of: "group `\(definition.name.text.excerpt)`", .none, allowOthers: catalogue.isOpen(.group, type))
    return Group(
      name: definition.name.text, type: catalogue.groups.reference(type), description: definition.description,
      metadata: Self.texts(definition.metadata), members: definition.members.flatMap { nodeNames($0.text) },
      properties: values,
      attributes: attributes, interfaces: interfaces, place: range(definition.name.place))
  }
}
