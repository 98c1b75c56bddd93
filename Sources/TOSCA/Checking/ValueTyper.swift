import Patterns

/// Makes typed values of what is written, and reports what does not fit its schema. A function's call is replaced by
/// what it gives before it is typed, so that its result is checked like a value written in place.
final class ValueTyper {
  /// Where findings go.
  let findings: FindingCollector
  /// The types.
  let catalogue: Catalogue
  /// The bounds of evaluation.
  let limits: Limits
  /// The version, which says what functions there are.
  let version: TOSCAVersion
  /// What is let pass.
  let tolerances: Tolerance
  /// The names of the repositories of all files (2.0).
  var repositories: Set<String> = []
  /// The functions that files define (2.0).
  var functions: FunctionTable?
  /// What functions look values up in; nil where types are checked without a template.
  var topology: TopologyScope?
  /// What is left of a property of a capability (2.0, 8.5.5); nil where that is not known.
  var remainingAllocation: ((_ property: String, _ of: CapabilityKey) -> Double?)?
  /// The steps that evaluation has taken.
  var evaluations = 0
  /// What calls gave.
  var memo = EvaluationMemo()
  /// The compiled patterns by their text.
  var patterns: [String: Pattern] = [:]
  /// The schemas of `schema` constraints by their text.
  var schemas: [String: SchemaText] = [:]

  /// A typer.
  init(
    findings: FindingCollector, catalogue: Catalogue, limits: Limits, version: TOSCAVersion,
    tolerances: Tolerance = []
  ) {
    self.tolerances = tolerances
    self.findings = findings
    self.catalogue = catalogue
    self.limits = limits
    self.version = version
  }

  /// The value of a property of a definition, with the constraints of the definitions it refines.
  func value(_ node: YAMLNode, of property: PropertyDefinition, _ context: ValueContext) -> Value? {
    var context = context
    if property.isSensitive {
      context.isSensitive = true
      // What is wrong is shown at the definition, because the line with the value would show it.
      if context.call == nil { context.call = property.name.place }
    }
    guard let schema = property.schema else { return value(node, as: nil, context) }
    guard let value = value(node, as: schema, context) else { return nil }
    check(value, property.inheritedConstraints, schema, node, context)
    return value
  }

  /// The value that a node stands for, as a schema says; nil where it does not fit, which is reported.
  func value(_ node: YAMLNode, as schema: SchemaDefinition?, _ context: ValueContext) -> Value? {
    guard var value = typedValue(node, as: schema, context) else { return nil }
    if context.isSensitive { value.isSensitive = true }
    return value
  }

  private func typedValue(_ node: YAMLNode, as schema: SchemaDefinition?, _ context: ValueContext) -> Value? {
    guard context.depth <= limits.depth else {
      report("too-deep", node, context, "\(context.subject) leads more than \(limits.depth) values deep")
      return nil
    }
    if let call = call(in: node, schema: schema, context) {
      var context = context
      var type = StaticType.unknown
      if version == .tosca2_0 {
        context.expected = schema
        if !context.isChecked {
          guard let result = resultType(of: call, context) else { return nil }
          type = result
          context.isChecked = true
        }
      }
      switch evaluate(call, context) {
      case .known(let result, let inner):
        let value = value(result, as: schema, inner)
        // What is not known yet of another entity is said by the way to it: its own keywords mean something else here.
        if inner.owner != context.owner, let value, case .unresolved = value.content { return unresolved(call) }
        return value
      case .unknown:
        if let schema, !willFit(call, schema, context) { return nil }
        guard fits(type, schema) else {
          report(
            "wrong-type", node, context, "\(context.subject) cannot be \(type.description)",
            expected: schema.map { "a value of type `\($0.type.text)`" })
          return nil
        }
        return unresolved(call)
      case .invalid: return nil
      }
    }
    guard let schema else { return untyped(node, context) }
    guard let shape = catalogue.shape(schema.type, in: schema.file, report: false) else { return nil }
    let result: Value?
    switch shape {
    case .primitive(let primitive): result = primitiveValue(node, primitive, schema, context)
    case .derived(let type, let primitive):
      let definition = catalogue.dataTypes.types[type]
      let inner = SchemaDefinition(
        type: schema.type, entrySchema: schema.entrySchema ?? definition.entrySchema,
        keySchema: schema.keySchema ?? definition.keySchema, file: schema.file)
      result =
        primitive == .scalar
        ? scalarValue(node, type, context) : primitiveValue(node, primitive, inner, context)
      if let result {
        checkForm(of: result, type, node, context)
        check(result, definition.constraints, schema, node, context)
      }
    case .complex(let type):
      result = complexValue(node, type, context)
      if let result { check(result, catalogue.dataTypes.types[type].constraints, schema, node, context) }
    }
    if let result { check(result, schema.constraints, schema, node, context) }
    return result
  }

  /// The public form of a call whose result is not known yet.
  func unresolved(_ call: FunctionCall) -> Value {
    Value(
      .unresolved(function: call.name, arguments: asWritten(call.arguments)), at: findings.table.range(call.place))
  }

  /// A node without a schema: scalars by YAML's core schema, functions left alone.
  func asWritten(_ node: YAMLNode) -> Value {
    let place = findings.table.range(node.place)
    switch node.content {
    case .scalar(let text, let style): return Value(Self.scalar(text, style), at: place)
    case .sequence(let items): return Value(.list(items.map(asWritten)), at: place)
    case .mapping(let entries):
      return Value(
        .map(
          entries.map {
            Value.Entry(key: $0.name, at: findings.table.range($0.key.place), value: asWritten($0.value))
          }), at: place)
    }
  }

  /// A node without a schema, with its functions evaluated.
  private func untyped(_ node: YAMLNode, _ context: ValueContext) -> Value? {
    let place = findings.table.range(node.place)
    switch node.content {
    case .scalar(let text, let style):
      if version == .tosca2_0, text.hasPrefix("$$") { return Value(.string(String(text.dropFirst())), at: place) }
      return Value(Self.scalar(text, style), at: place)
    case .sequence(let items):
      let values = items.map { value($0, as: nil, context.inside(context.subject)) }
      return values.contains { $0 == nil } ? nil : Value(.list(values.compactMap(\.self)), at: place)
    case .mapping(let entries):
      if entries.count == 1, entries[0].name.hasPrefix("get"), reportUnknownFunction(node, context) { return nil }
      var result: [Value.Entry] = []
      for entry in entries {
        guard let value = value(entry.value, as: nil, context.inside(context.subject)) else { return nil }
        var key = entry.name
        if version == .tosca2_0 {
          if entry.key.entries != nil {
            guard let evaluated = mapKey(entry, nil, context) else { return nil }
            key = evaluated
          } else if key.hasPrefix("$$") {
            key = String(key.dropFirst())
          }
        }
        result.append(Value.Entry(key: key, at: findings.table.range(entry.key.place), value: value))
      }
      return Value(.map(result), at: place)
    }
  }

  private static func scalar(_ text: String, _ style: YAMLNode.ScalarStyle) -> Value.Content {
    switch CoreSchema.kind(of: text, style) {
    case .null: .null
    case .boolean: CoreSchema.boolean(text).map { .boolean($0) } ?? .string(text)
    case .integer: CoreSchema.integer(text).map { .integer($0) } ?? .string(text)
    case .float: CoreSchema.float(text).map { .float($0) } ?? .string(text)
    case .string: .string(text)
    }
  }

  /// Reports a value that is not what its schema asks for.
  func reportWrongType(_ node: YAMLNode, _ expected: String, _ context: ValueContext) {
    let found = context.isSensitive ? "the value given" : node.kindDescription
    report("wrong-type", node, context, "\(context.subject) cannot be \(found)", expected: expected)
  }

  /// Reports something about a value: at the call that led to it, if one did.
  func report(
    _ code: String, _ node: YAMLNode, _ context: ValueContext, _ message: String, expected: String? = nil,
    suggestion: String? = nil
  ) {
    guard let call = context.call, call != node.place else {
      findings.report(code, at: node.place, message, expected: expected, suggestion: suggestion)
      return
    }
    findings.report(
      code, at: call, message, expected: expected, suggestion: suggestion,
      related: context.isSensitive ? [] : [(node.place, "the value comes from here")])
  }
}
