/// A JSON Schema, as the constraint `schema` has it (1.3, 3.6.3.1): what a value must be like, of the keywords that draft
/// 4 to 2020-12 share. Keywords that are not known are passed over, as JSON Schema says; so is `format`. A reference
/// leads into the schema itself; nothing is fetched.
///
/// Schema and value are nodes of YAML, of which JSON is a part: text is parsed with the bounds of the reader.
struct JSONSchema {
  /// What does not fit: where in the value, and what was expected there.
  struct Mismatch: Hashable {
    var path: String
    var expected: String
  }

  /// How many steps the comparison of one value may take. What takes more is not judged.
  static let maximumSteps = 100_000
  /// How deep references may lead.
  static let maximumDepth = 64

  private let root: YAMLNode

  /// The schema that a node is: an object, or a Boolean.
  init?(_ node: YAMLNode) {
    guard node.entries != nil || Self.boolean(node) != nil else { return nil }
    root = node
  }

  /// Parses JSON text; nil where it is none.
  static func parse(_ text: String, limits: Limits) -> YAMLNode? {
    let table = SourceTable()
    let id = table.add(SourceTable.Source(name: "json", text: nil, path: nil))
    let findings = FindingCollector(table: table, limit: 1)
    guard let node = try? YAMLComposer.compose(Array(text.utf8), file: id, limits: limits, findings: findings),
      !findings.hasErrors, isJSON(node)
    else { return nil }
    return node
  }

  /// A value as a node; nil where a part of it is not known yet.
  static func node(of value: Value, at place: Place) -> YAMLNode? {
    func scalar(_ text: String, _ style: YAMLNode.ScalarStyle = .plain) -> YAMLNode {
      YAMLNode(content: .scalar(text, style), place: place)
    }
    switch value.content {
    case .null: return scalar("null")
    case .boolean(let flag): return scalar(flag ? "true" : "false")
    case .integer(let number): return scalar(String(number))
    case .float(let number): return scalar(String(number))
    case .string(let text), .scalar(_, let text): return scalar(text, .quoted)
    case .list(let items):
      let nodes = items.compactMap { node(of: $0, at: place) }
      return nodes.count == items.count ? YAMLNode(content: .sequence(nodes), place: place) : nil
    case .map(let entries):
      let nodes = entries.compactMap { entry in
        node(of: entry.value, at: place).map { YAMLEntry(key: scalar(entry.key, .quoted), value: $0) }
      }
      return nodes.count == entries.count ? YAMLNode(content: .mapping(nodes), place: place) : nil
    case .unresolved: return nil
    }
  }

  /// Whether a node of YAML is one of JSON: keys and strings in quotes, and no other words than JSON's.
  private static func isJSON(_ node: YAMLNode) -> Bool {
    switch node.content {
    case .scalar(let text, let style):
      style == .quoted || text == "true" || text == "false" || text == "null" || CoreSchema.float(text) != nil
    case .sequence(let items): items.allSatisfy(isJSON)
    case .mapping(let entries):
      entries.allSatisfy { entry in
        if case .scalar(_, .quoted) = entry.key.content { isJSON(entry.value) } else { false }
      }
    }
  }

  /// The first thing in a value that does not fit; nil where all fits, or where that cannot be said within bounds.
  func mismatch(in value: YAMLNode) -> Mismatch? {
    var steps = 0
    return mismatch(value, root, "$", 0, &steps)
  }

  /// The first thing in a part of a value that does not fit a part of the schema.
  func mismatch(
    _ value: YAMLNode, _ schema: YAMLNode, _ path: String, _ depth: Int, _ steps: inout Int
  ) -> Mismatch? {
    steps += 1
    guard steps <= Self.maximumSteps, depth <= Self.maximumDepth else { return nil }
    if let flag = Self.boolean(schema) { return flag ? nil : Mismatch(path: path, expected: "nothing there") }
    guard let entries = schema.entries else { return nil }
    if let reference = schema["$ref"]?.text {
      guard let target = resolve(reference) else { return nil }
      if let found = mismatch(value, target, path, depth + 1, &steps) { return found }
    }
    for entry in entries {
      let found =
        generalMismatch(entry, value, path) ?? numberMismatch(entry, value, path) ?? textMismatch(entry, value, path)
        ?? listMismatch(entry, schema, value, path, depth, &steps)
        ?? objectMismatch(entry, schema, value, path, depth, &steps)
        ?? combinedMismatch(entry, schema, value, path, depth, &steps)
      if let found { return found }
    }
    return nil
  }

  /// The schema that a reference such as `#/definitions/port` leads to.
  private func resolve(_ reference: String) -> YAMLNode? {
    guard reference.hasPrefix("#") else { return nil }
    var node = root
    for part in reference.dropFirst().split(separator: "/") {
      let name = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
      if let items = node.items, let index = Int(name), items.indices.contains(index) {
        node = items[index]
      } else if let next = node[name] {
        node = next
      } else {
        return nil
      }
    }
    return node
  }

  // MARK: Any value

  private func generalMismatch(_ entry: YAMLEntry, _ value: YAMLNode, _ path: String) -> Mismatch? {
    switch entry.name {
    case "type":
      let names = entry.value.items.map { $0.compactMap(\.text) } ?? [entry.value.text ?? ""]
      return names.contains { Self.isType(value, $0) }
        ? nil : Mismatch(path: path, expected: names.joined(separator: " or "))
    case "enum":
      let options = entry.value.items ?? []
      return options.contains { Self.equal($0, value) }
        ? nil : Mismatch(path: path, expected: "one of \(options.prefix(8).map(Self.text).joined(separator: ", "))")
    case "const":
      return Self.equal(entry.value, value) ? nil : Mismatch(path: path, expected: Self.text(entry.value))
    default: return nil
    }
  }

  static func boolean(_ node: YAMLNode) -> Bool? {
    guard case .scalar(let text, let style) = node.content, style != .quoted else { return nil }
    return CoreSchema.boolean(text)
  }

  static func number(_ node: YAMLNode) -> Double? {
    guard case .scalar(let text, let style) = node.content, style != .quoted else { return nil }
    return CoreSchema.float(text)
  }

  /// The string that a node is; nil for numbers, Booleans and nothing.
  static func string(_ node: YAMLNode) -> String? {
    guard case .scalar(let text, let style) = node.content else { return nil }
    return CoreSchema.kind(of: text, style) == .string ? text : nil
  }

  private static func isType(_ node: YAMLNode, _ type: String) -> Bool {
    switch type {
    case "object": node.entries != nil
    case "array": node.items != nil
    case "string": string(node) != nil
    case "number": number(node) != nil
    case "integer": number(node).map { $0 == $0.rounded() && $0.isFinite } ?? false
    case "boolean": boolean(node) != nil
    case "null": node.isNull
    default: true
    }
  }

  static func equal(_ one: YAMLNode, _ other: YAMLNode) -> Bool {
    if let left = one.items, let right = other.items {
      return left.count == right.count && zip(left, right).allSatisfy { equal($0, $1) }
    }
    if let left = one.entries, let right = other.entries {
      return left.count == right.count
        && left.allSatisfy { entry in other[entry.name].map { equal(entry.value, $0) } ?? false }
    }
    if let left = number(one), let right = number(other) { return left == right }
    guard case .scalar(let left, let leftStyle) = one.content, case .scalar(let right, let rightStyle) = other.content
    else { return false }
    return left == right && CoreSchema.kind(of: left, leftStyle) == CoreSchema.kind(of: right, rightStyle)
  }

  private static func text(_ node: YAMLNode) -> String { node.text.map { "`\($0.excerpt)`" } ?? node.kindDescription }
}
