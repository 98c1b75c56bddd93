/// A function that a file defines (2.0, 10.4).
struct FunctionDefinition: Sendable {
  /// What arguments a function takes, and what it gives.
  struct Signature: Sendable {
    /// The arguments that every call has.
    var arguments: [SchemaDefinition] = []
    /// The arguments that may follow.
    var optionalArguments: [SchemaDefinition] = []
    /// Whether the last argument may be repeated, or, without any, whether any arguments are taken.
    var isVariadic = false
    /// What the function gives; nil where it may be anything.
    var result: SchemaDefinition?
    /// What carries it out.
    var implementation: Implementation?
    /// Whether it says nothing, and so leaves a signature as it is that it refines.
    var isEmpty = false
    /// Where it is written.
    var place: Place

    /// How many arguments it takes; nil where there is no upper bound.
    var count: (lower: Int, upper: Int?) {
      let all = arguments.count + optionalArguments.count
      return (arguments.count, isVariadic ? nil : all)
    }

    /// What the argument at an index is; nil where it may be anything.
    func argument(at index: Int) -> SchemaDefinition? {
      let all = arguments + optionalArguments
      return all.indices.contains(index) ? all[index] : isVariadic ? all.last : nil
    }
  }

  /// Its name.
  var name: Name
  /// The signatures, in the order in which they are tried.
  var signatures: [Signature]

  /// Reads a definition: at least one signature, each with the schemas of its arguments and its result.
  init?(_ name: Name, _ node: YAMLNode, isRefinement: Bool = false, _ context: SyntaxContext) {
    var entity = Entity(node, "a function definition", context)
    guard entity.isMap else { return nil }
    self.name = name
    signatures = []
    if name.text.contains("$") || name.text.contains(where: \.isWhitespace) {
      context.findings.report(
        "wrong-syntax", at: name.place, "`\(name.text.excerpt)` cannot be the name of a function",
        expected: "a name without `$` and white space (TOSCA 2.0, 10.1)")
    }
    _ = entity.string("description")
    _ = entity.metadata()
    if let value = entity.take("signatures") {
      if let items = value.items, !items.isEmpty {
        signatures = items.compactMap { Self.signature($0, isRefinement, context) }
      } else {
        entity.reportForm(value, "`signatures` of a function definition", "a list of at least one signature")
      }
    } else if !isRefinement {
      entity.reportMissing("signatures", at: name.place)
    }
    entity.finish()
  }

  private static func signature(_ node: YAMLNode, _ isRefinement: Bool, _ context: SyntaxContext) -> Signature? {
    var result = Signature(place: node.place)
    if isRefinement, node.isNull {
      // An empty element leaves the signature as it is.
      result.isEmpty = true
      return result
    }
    var entity = Entity(node, "a signature", context)
    guard entity.isMap else { return nil }
    result.isEmpty = node.entries?.isEmpty == true
    result.arguments = schemas("arguments", &entity)
    result.optionalArguments = schemas("optional_arguments", &entity)
    result.isVariadic = entity.boolean("variadic") ?? false
    result.result = entity.take("result").flatMap { SchemaDefinition.read($0, "the result of a function", context) }
    result.implementation = entity.take("implementation").flatMap { Implementation($0, context) }
    entity.finish()
    return result
  }

  private static func schemas(_ keyname: String, _ entity: inout Entity) -> [SchemaDefinition] {
    guard let value = entity.take(keyname) else { return [] }
    guard let items = value.items else {
      entity.reportForm(value, "`\(keyname)` of a signature", "a list of schemas")
      return []
    }
    let context = entity.context
    return items.compactMap { SchemaDefinition.read($0, "an argument", context) }
  }

  /// Reads `functions`.
  static func readAll(_ entity: inout Entity, isRefinement: Bool = false) -> OrderedMap<FunctionDefinition> {
    let context = entity.context
    return entity.map("functions") { FunctionDefinition($0, $1, isRefinement: isRefinement, context) }
  }
}

/// A condition: an expression of functions that gives a Boolean (2.0, 8.6, 9.11, 13.2.1, 15.1 and 16.5), as it stands in
/// validation clauses, filters and preconditions.
enum Condition {
  /// Checks that a node can be a condition: a function, or a Boolean.
  static func check(_ node: YAMLNode, _ what: String, _ context: SyntaxContext) {
    if isCall(node) { return }
    if case .scalar(let text, .plain) = node.content, text == "true" || text == "false" { return }
    context.findings.report(
      "wrong-syntax", at: node.place, "\(what) cannot be \(node.kindDescription)",
      expected: "a function that gives a Boolean, such as `$greater_or_equal: [$value, 1]`")
  }

  /// Whether a node has the form of a call (2.0, 10.1).
  static func isCall(_ node: YAMLNode) -> Bool {
    if let entries = node.entries {
      return entries.count == 1 && entries[0].name.hasPrefix("$") && !entries[0].name.hasPrefix("$$")
    }
    return node.text.map { $0.hasPrefix("$") && !$0.hasPrefix("$$") } ?? false
  }
}
