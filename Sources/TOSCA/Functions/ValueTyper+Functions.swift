extension ValueTyper {
  /// The call that a node is, if it is one. A map whose schema has a property of that name is none.
  func call(in node: YAMLNode, schema: SchemaDefinition?, _ context: ValueContext) -> FunctionCall? {
    if findings.recorder != nil { refer(toFunctionOf: node) }
    if version == .tosca2_0 { return version2Call(in: node, context) }
    guard let entries = node.entries, entries.count == 1, let entry = entries.first else { return nil }
    if let function = FunctionCall.Function.ofVersion1(named: entry.name) {
      guard version >= .simple1_2 || function != .join || tolerances.contains(.otherVersions) else { return nil }
      if case .complex(let type)? = schema.flatMap({ catalogue.shape($0.type, in: $0.file, report: false) }),
        catalogue.dataTypes.types[type].properties[entry.name] != nil
      {
        return nil
      }
      return FunctionCall(
        function: function, arguments: entry.value, namePlace: entry.key.place, place: node.place)
    }
    return nil
  }

  /// Reports a map that looks like the call of a function that does not exist, where its schema wants no map.
  func reportUnknownFunction(_ node: YAMLNode, _ context: ValueContext) -> Bool {
    guard version != .tosca2_0, let entries = node.entries, entries.count == 1, let entry = entries.first,
      !context.isSensitive
    else {
      return false
    }
    let names = FunctionCall.Function.ofSimpleProfile(version).map(\.rawValue)
    let near = nearest(entry.name, among: names)
    guard near != nil || entry.name.hasPrefix("get_") || entry.name.hasPrefix("$") || entry.name == "join" else {
      return false
    }
    findings.report(
      "unknown-function", at: entry.key.place, "unknown function `\(entry.name.excerpt)`",
      expected: "one of " + names.map { "`\($0)`" }.joined(separator: ", "), suggestion: near)
    return true
  }

  /// What a call gives. A call that leads back to itself is not kept before it is over, so that the circle is found.
  func evaluate(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    // An index has all references, also those from calls that were evaluated before.
    guard findings.recorder == nil, remainingAllocation == nil else { return evaluateAnew(call, context) }
    if let known = memo.result(of: call, context, topology) { return known }
    let result = evaluateAnew(call, context)
    memo.keep(result, of: call, context, topology)
    return result
  }

  private func evaluateAnew(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    evaluations += 1
    guard evaluations <= limits.evaluations else {
      findings.report(
        "too-many-evaluations", at: call.place,
        "the functions of the template take more than \(limits.evaluations) steps", expected: "simpler functions")
      return .invalid
    }
    guard context.depth < limits.depth else {
      report("too-deep", call.arguments, context, "functions lead more than \(limits.depth) values deep here")
      return .invalid
    }
    var inner = context
    inner.depth += 1
    if inner.call == nil { inner.call = call.place }
    if version == .tosca2_0, call.function != .getInput { return evaluateVersion2(call, inner) }
    switch call.function {
    case .getInput: return input(call, inner)
    case .getProperty: return property(call, inner)
    case .getAttribute: return attribute(call, inner)
    case .getOperationOutput: return operationOutput(call, inner)
    case .getNodesOfType: return nodesOfType(call, inner)
    case .getArtifact: return artifact(call, inner)
    case .concat: return concat(call, inner)
    case .join: return join(call, inner)
    case .token: return token(call, inner)
    default: return evaluateVersion2(call, inner)
    }
  }

  /// Reports arguments of a wrong form.
  func reportArguments(_ call: FunctionCall, _ expected: String, at place: Place? = nil) {
    findings.report(
      "wrong-arguments", at: place ?? call.arguments.place, "wrong arguments of `\(call.name)`", expected: expected)
  }

  /// `get_operation_output: [entity, interface, operation, output]` (4.6.1): the interface and the operation must be
  /// there; what the output is turns out when the operation has run.
  private func operationOutput(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let items = call.arguments.items, items.count == 4, let entity = items[0].text,
      let name = items[1].text, let operation = items[2].text, items[3].text != nil
    else {
      reportArguments(call, "`[entity, interface, operation, output]`")
      return .invalid
    }
    guard let topology else { return .unknown }
    guard case .node(let index) = topology.entity(entity, context.owner) else {
      if case .none = topology.entity(entity, context.owner) { return reportUnknownEntity(items[0], call) }
      return .unknown
    }
    guard let type = topology.nodes[index].type, !catalogue.isOpen(.node, type) else { return .unknown }
    let interfaces = catalogue.nodes.types[type].interfaces
    guard let interface = interfaces[name] else {
      findings.report(
        "unknown-interface", at: items[1].place,
        "`\(topology.nodes[index].template.name.text.excerpt)` has no interface `\(name.excerpt)`",
        expected: Self.oneOf(interfaces.keys), suggestion: nearest(name, among: interfaces.keys))
      return .invalid
    }
    var known = Array(interface.operations.keys)
    if let name = interface.type, let type = catalogue.find(.interface, name, in: interface.file, report: false) {
      guard !catalogue.isOpen(.interface, type) else { return .unknown }
      known += Array(catalogue.interfaces.types[type].operations.keys)
    }
    known += topology.nodes[index].template.interfaces[name].map { Array($0.operations.keys) } ?? []
    guard known.contains(operation) else {
      findings.report(
        "unknown-operation", at: items[2].place,
        "the interface `\(name.excerpt)` has no operation `\(operation.excerpt)`", expected: Self.oneOf(known),
        suggestion: nearest(operation, among: known))
      return .invalid
    }
    return .unknown
  }

  /// `get_input: name`, or `[name, key or index, …]` (4.4.1).
  private func input(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard let first = call.list.first, let name = first.text, !first.isNull else {
      reportArguments(call, "an input's name, or a list of it and of keys inside its value")
      return .invalid
    }
    guard let topology else { return .unknown }
    // A workflow's functions see its inputs, which are given when it runs.
    if context.otherInputs?.contains(name) == true || context.workflowInputs != nil { return .unknown }
    refer(.input, first, to: topology.inputs[name]?.name.place) { topology.inputs.map { ($0, $1.name.place) } }
    guard let definition = topology.inputs[name] else {
      findings.report(
        "unknown-input", at: first.place, "unknown input `\(name.excerpt)`",
        expected: topology.inputs.isEmpty ? "an input of the template" : Self.oneOf(topology.inputs.keys),
        suggestion: nearest(name, among: topology.inputs.keys))
      return .invalid
    }
    guard let written = topology.inputValues[name] else { return .unknown }
    let key = "input\u{0}" + call.list.map { $0.text ?? "" }.joined(separator: "\u{0}")
    guard !context.trail.contains(key) else {
      findings.report(
        "function-cycle", at: call.place, "the value of the input `\(name.excerpt)` depends on itself",
        expected: "a value that ends somewhere")
      return .invalid
    }
    var context = context
    context.trail.append(key)
    context.isSensitive = context.isSensitive || definition.isSensitive
    return inside(written, call.list.dropFirst(), context)
  }

  /// What is at a path of keys and indexes inside a value.
  func inside(_ node: YAMLNode, _ path: ArraySlice<YAMLNode>, _ context: ValueContext) -> Evaluated {
    var node = node
    var context = context
    for step in path {
      if let call = call(in: node, schema: nil, context) {
        switch evaluate(call, context) {
        case .known(let result, let inner): (node, context) = (result, inner)
        case .unknown: return .unknown
        case .invalid: return .invalid
        }
      }
      var step = step
      if version == .tosca2_0, let call = call(in: step, schema: nil, context) {
        switch evaluate(call, context) {
        case .known(let result, _): step = result
        case .unknown: return .unknown
        case .invalid: return .invalid
        }
      }
      guard let text = step.text else {
        findings.report(
          "wrong-arguments", at: step.place, "a step of a path cannot be \(step.kindDescription)",
          expected: "a key or an index")
        return .invalid
      }
      if let value = node[text] {
        node = value
      } else if let items = node.items, let index = CoreSchema.integer(text), items.indices.contains(index) {
        node = items[index]
      } else {
        findings.report(
          "unknown-property", at: step.place, "the value has nothing at `\(text.excerpt)`",
          expected: context.isSensitive
            ? nil
            : node.entries.flatMap { Self.oneOf($0.map(\.name)) }
              ?? node.items.map { "an index below \($0.count)" } ?? "no further step: the value is no list or map",
          suggestion: context.isSensitive ? nil : node.entries.flatMap { nearest(text, among: $0.map(\.name)) })
        return .invalid
      }
    }
    return .known(node, context)
  }

  /// `get_nodes_of_type: type` (4.7.1).
  private func nodesOfType(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    guard call.list.count == 1, let name = call.list[0].text else {
      reportArguments(call, "the name of a node type")
      return .invalid
    }
    let file = call.place.file
    guard let type = catalogue.find(.node, Name(text: name, place: call.list[0].place), in: file) else {
      return .invalid
    }
    guard let topology else { return .unknown }
    let names = topology.nodes.filter { $0.type.map { catalogue.nodes.derives($0, from: type) } ?? false }
    let items = names.map { YAMLNode.string($0.template.name.text, at: call.place) }
    return .known(YAMLNode(content: .sequence(items), place: call.place), context)
  }

  /// `get_artifact: [entity, artifact, location?, remove?]` (4.8.1).
  private func artifact(_ call: FunctionCall, _ context: ValueContext) -> Evaluated {
    let expected = "`[entity, artifact, location, remove]`, the last two optional"
    guard let items = call.arguments.items, (2...4).contains(items.count), let entity = items[0].text,
      let name = items[1].text
    else {
      reportArguments(call, expected)
      return .invalid
    }
    refer(toEntity: items[0])
    guard let topology, case .node(let index) = topology.entity(entity, context.owner) else {
      return topology == nil || Self.keywords.contains(entity) ? .unknown : reportUnknownEntity(items[0], call)
    }
    let node = topology.nodes[index]
    let declared = node.type.map { Array(catalogue.nodes.types[$0].artifacts.keys) } ?? []
    let names = Array(node.template.artifacts.keys) + declared
    let isOpen = node.type.map { catalogue.isOpen(.node, $0) } ?? true
    refer(.artifact, items[1], to: node.template.artifacts[name]?.name.place) { names.map { ($0, nil) } }
    guard names.contains(name) || isOpen else {
      findings.report(
        "unknown-artifact", at: items[1].place,
        "`\(node.template.name.text.excerpt)` has no artifact `\(name.excerpt)`",
        expected: Self.oneOf(names), suggestion: nearest(name, among: names))
      return .invalid
    }
    return .unknown
  }

  /// The words that stand for an entity by where they are written (4.1).
  static let keywords = ["SELF", "SOURCE", "TARGET", "HOST"]

  /// Reports the name of an entity that is none.
  func reportUnknownEntity(_ node: YAMLNode, _ call: FunctionCall) -> Evaluated {
    let names = (topology.map { Array($0.nodeIndex.keys) } ?? []) + Self.keywords
    findings.report(
      "unknown-entity", at: node.place, "`\(call.name)` names no entity: \(node.kindDescription)",
      expected: "a node or relationship template, or one of `SELF`, `SOURCE`, `TARGET`, `HOST`",
      suggestion: node.text.flatMap { nearest($0, among: names) })
    return .invalid
  }
}
