extension ValueTyper {
  /// The type of a value as it is written; nil where a function in it is wrong, which is reported.
  func staticType(of node: YAMLNode, _ context: ValueContext) -> StaticType? {
    if let call = call(in: node, schema: nil, context) { return resultType(of: call, context) }
    guard context.depth < limits.depth else { return .unknown }
    var inner = context
    inner.depth += 1
    var result: StaticType
    switch node.content {
    case .scalar(let text, let style):
      result = StaticType(Self.kind(ofScalar: text, style))
      result.literal = node
      return result
    case .sequence(let items):
      result = StaticType(.list)
      for item in items {
        guard let type = staticType(of: item, inner) else { return nil }
        result.entries.append(type)
      }
    case .mapping(let entries):
      result = StaticType(.map)
      for entry in entries {
        guard let type = staticType(of: entry.value, inner) else { return nil }
        result.entries.append(type)
      }
    }
    if result.entries.allSatisfy({ $0.literal != nil }) { result.literal = node }
    return result
  }

  private static func kind(ofScalar text: String, _ style: YAMLNode.ScalarStyle) -> StaticType.Kind {
    switch CoreSchema.kind(of: text, style) {
    case .null: .null
    case .boolean: .boolean
    case .integer: .integer
    case .float: .float
    case .string: .string
    }
  }

  /// The type of what a call gives; nil where the call is wrong, which is reported (2.0, 10.2 and 10.4).
  func resultType(of call: FunctionCall, _ context: ValueContext) -> StaticType? {
    evaluations += 1
    guard evaluations <= limits.evaluations else {
      findings.report(
        "too-many-evaluations", at: call.place,
        "the functions of the template take more than \(limits.evaluations) steps", expected: "simpler functions")
      return nil
    }
    guard context.depth < limits.depth else {
      report("too-deep", call.arguments, context, "functions lead more than \(limits.depth) values deep here")
      return nil
    }
    var inner = context
    inner.depth += 1
    switch call.function {
    case .getInput: return inputType(call, inner)
    case .getProperty, .getAttribute, .getArtifact, .availableAllocation: return pathType(call, inner)
    case .value: return currentType(call, inner)
    case .nodeIndex, .relationshipIndex: return indexType(call, inner)
    case .custom: return customType(call, inner)
    default:
      inner.expected = nil
      guard let arguments = argumentTypes(call, inner) else { return nil }
      return builtInType(call, arguments, context)
    }
  }

  /// The types of a built-in function's arguments. Those that take one need no list around it.
  private func argumentTypes(_ call: FunctionCall, _ context: ValueContext) -> [StaticType]? {
    let single: [FunctionCall.Function] = [.not, .length, .round, .floor, .ceil]
    guard call.arguments.items != nil || single.contains(call.function) else {
      reportArguments(call, "a list of arguments")
      return nil
    }
    var types: [StaticType] = []
    for argument in call.list {
      guard let type = staticType(of: argument, context) else { return nil }
      types.append(type)
    }
    return types
  }

  /// `$get_input` (10.2.1.1).
  private func inputType(_ call: FunctionCall, _ context: ValueContext) -> StaticType? {
    guard let first = call.list.first, let name = first.text, !first.isNull else {
      reportArguments(call, "an input's name, or a list of it and of keys inside its value")
      return nil
    }
    if let input = context.workflowInputs?[name] {
      return nested(staticType(of: input.schema), call.list.dropFirst(), call, context)
    }
    guard let topology else { return .unknown }
    guard let input = topology.inputs[name] else {
      // How a workflow refers to inputs is not said (13.2).
      let isWorkflow = context.workflowInputs != nil
      let known = Array(topology.inputs.keys) + (context.workflowInputs.map { Array($0.keys) } ?? [])
      findings.report(
        "unknown-input", isWorkflow ? .warning : .error, at: first.place, "unknown input `\(name.excerpt)`",
        expected: known.isEmpty ? "an input of the template" : Self.oneOf(known),
        suggestion: nearest(name, among: known))
      return isWorkflow ? .unknown : nil
    }
    return nested(staticType(of: input.schema), call.list.dropFirst(), call, context)
  }

  /// `$value` (10.2.1.5): only where a value is validated.
  private func currentType(_ call: FunctionCall, _ context: ValueContext) -> StaticType? {
    guard context.valueType != nil || context.value != nil else {
      findings.report(
        "wrong-context", at: call.place, "`$value` has no meaning here",
        expected: "`$value` in a validation clause only (TOSCA 2.0, 10.2.1.5)")
      return nil
    }
    return nested(staticType(of: context.valueType), call.list[...], call, context)
  }

  /// `$node_index` and `$relationship_index` (10.2.1.6 and 10.2.1.7), which take no arguments.
  private func indexType(_ call: FunctionCall, _ context: ValueContext) -> StaticType? {
    if call.arguments.items?.isEmpty != true, !call.arguments.isNull {
      reportArguments(call, "no arguments")
      return nil
    }
    let isMeaningful: Bool =
      switch context.owner {
      case .none: topology == nil
      case .node, .nodeType: call.function == .nodeIndex || context.isRequirement
      case .relationship, .relationshipType, .requirement: true
      }
    guard isMeaningful else {
      findings.report(
        "wrong-context", at: call.place, "`\(call.name)` has no meaning here",
        expected: call.function == .nodeIndex
          ? "a value of a node (TOSCA 2.0, 10.2.1.6)" : "a value of a relationship (TOSCA 2.0, 10.2.1.7)")
      return nil
    }
    return StaticType(.integer)
  }

  /// A function that a file defines: the first signature that fits says what it gives (10.4). Others are for the
  /// orchestrator to know.
  private func customType(_ call: FunctionCall, _ context: ValueContext) -> StaticType? {
    let name = String(call.name.dropFirst())
    var types: [StaticType] = []
    for argument in call.list {
      guard let type = staticType(of: argument, context) else { return nil }
      types.append(type)
    }
    guard let function = functions?.find(name, in: call.place.file) else { return unknownFunction(call, name) }
    guard call.arguments.items != nil || call.arguments.isNull else {
      reportArguments(call, "a list of arguments")
      return nil
    }
    if call.arguments.isNull { types = [] }
    for signature in function.signatures where accepts(signature, types) {
      return staticType(of: signature.result)
    }
    findings.report(
      "wrong-arguments", at: call.arguments.place, "no signature of `\(call.name)` takes these arguments",
      expected: function.signatures.prefix(4).map(Self.text(of:)).joined(separator: ", or "),
      related: [(function.name.place, "it is defined here")])
    return nil
  }

  private func unknownFunction(_ call: FunctionCall, _ name: String) -> StaticType? {
    let known = functions?.names(in: call.place.file) ?? []
    if name.contains(":") {
      findings.report(
        "unknown-function", at: call.namePlace, "unknown function `\(call.name.excerpt)`",
        expected: Self.oneOf(known.map { "$" + $0 }) ?? "a function of an imported file (TOSCA 2.0, 10.4)",
        suggestion: nearest(call.name, among: known.map { "$" + $0 }))
      return nil
    }
    let names = FunctionCall.Function.ofVersion2.map { "$" + $0.rawValue } + known.map { "$" + $0 }
    if let near = nearest(call.name, among: names) {
      findings.report(
        "unknown-function", .warning, at: call.namePlace, "no file defines the function `\(call.name.excerpt)`",
        expected: "a built-in function, or one that the orchestrator knows (TOSCA 2.0, 10.4)", suggestion: near)
    }
    return .unknown
  }

  private func accepts(_ signature: FunctionDefinition.Signature, _ types: [StaticType]) -> Bool {
    let count = signature.count
    guard types.count >= count.lower, count.upper.map({ types.count <= $0 }) ?? true else { return false }
    return types.indices.allSatisfy { fits(types[$0], signature.argument(at: $0)) }
  }

  private static func text(of signature: FunctionDefinition.Signature) -> String {
    let all = signature.arguments + signature.optionalArguments
    let names = all.enumerated().map { index, schema in
      index < signature.arguments.count ? schema.type.text : schema.type.text + "?"
    }
    return "`[" + names.joined(separator: ", ") + (signature.isVariadic ? ", …" : "") + "]`"
  }

  /// The type of what is at a path of keys and indexes inside a value.
  func nested(
    _ type: StaticType, _ path: ArraySlice<YAMLNode>, _ call: FunctionCall, _ context: ValueContext
  ) -> StaticType? {
    var type = type
    for step in path {
      if Condition.isCall(step) {
        guard let index = staticType(of: step, context) else { return nil }
        guard index.may(.integer, .string) else {
          reportArguments(call, "a key or an index", at: step.place)
          return nil
        }
        type = staticType(of: entrySchema(of: type.schema))
        continue
      }
      guard let text = step.text, !step.isNull else {
        reportArguments(call, "a key or an index", at: step.place)
        return nil
      }
      switch type.kind {
      case .unknown: return .unknown
      case .list:
        guard case .scalar(_, let style) = step.content, style != .quoted, let index = CoreSchema.integer(text),
          index >= 0
        else {
          reportArguments(call, "an index of the list: an integer of 0 or more", at: step.place)
          return nil
        }
        type = staticType(of: entrySchema(of: type.schema))
      case .map: type = staticType(of: entrySchema(of: type.schema))
      case .complex(let index):
        let properties = catalogue.dataTypes.types[index].properties
        guard let property = properties[text] else {
          reportStep("unknown-property", "property", step, call, Array(properties.keys), context)
          return context.isFilter ? .unknown : nil
        }
        type = staticType(of: property.schema)
      default:
        findings.report(
          "unknown-property", at: step.place, "the value has nothing at `\(text.excerpt)`",
          expected: "no further step: the value is \(type.description)")
        return nil
      }
    }
    return type
  }
}
