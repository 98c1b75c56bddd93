/// A function that a file defines (2.0, 10.4).
struct FunctionDefinition: Sendable {
  /// Its name.
  var name: Name

  /// Reads a definition: at least one signature, each with the schemas of its arguments and its result.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a function definition", context)
    guard entity.isMap else { return nil }
    self.name = name
    _ = entity.string("description")
    _ = entity.metadata()
    if let value = entity.take("signatures") {
      guard let items = value.items, !items.isEmpty else {
        entity.reportForm(value, "`signatures` of a function definition", "a list of signatures")
        return nil
      }
      for item in items { Self.checkSignature(item, context) }
    } else {
      entity.reportMissing("signatures", at: name.place)
    }
    entity.finish()
  }

  private static func checkSignature(_ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a signature", context)
    guard entity.isMap else { return }
    for keyname in ["arguments", "optional_arguments"] {
      guard let value = entity.take(keyname) else { continue }
      if let items = value.items {
        for item in items { _ = SchemaDefinition.read(item, "an argument", context) }
      } else {
        entity.reportForm(value, "`\(keyname)` of a signature", "a list of schemas")
      }
    }
    _ = entity.boolean("variadic")
    if let result = entity.take("result") { _ = SchemaDefinition.read(result, "the result of a function", context) }
    _ = entity.take("implementation").flatMap { Implementation($0, context) }
    entity.finish()
  }

  /// Reads `functions`.
  static func readAll(_ entity: inout Entity) -> OrderedMap<FunctionDefinition> {
    let context = entity.context
    return entity.map("functions") { FunctionDefinition($0, $1, context) }
  }
}

/// A condition: an expression of functions that gives a Boolean (2.0, 10.3 and 15.3), as it stands in validation
/// clauses, filters and preconditions.
enum Condition {
  /// Checks that a node can be a condition: one function, which may stand in a list of one.
  static func check(_ node: YAMLNode, _ what: String, _ context: SyntaxContext) {
    if let entries = node.entries, entries.count == 1, let entry = entries.first, entry.name.hasPrefix("$") { return }
    if let text = node.text, text.hasPrefix("$"), !text.hasPrefix("$$") { return }
    context.findings.report(
      "wrong-syntax", at: node.place, "\(what) cannot be \(node.kindDescription)",
      expected: "a function that gives a Boolean, such as `$greater_or_equal: [$value, 1]`")
  }
}
