import Patterns

/// A JSON Schema that the constraint `schema` has as its operand (1.3, 3.6.3 and 5.3.2).
///
/// The validating keywords of drafts 4 to 2020-12 are evaluated, except those about what other keywords have left over
/// (`unevaluatedItems`, `unevaluatedProperties`) and `format`. Keywords that are not known are ignored, as JSON Schema
/// asks for. References are followed inside the schema; those that lead outside are not looked up, and everything fits
/// them.
struct JSONSchema {
  /// The schema.
  let root: JSONDocument
  /// How many steps the checking of one document may take.
  private static let steps = 200_000
  /// How deep schemas may lead into each other.
  private static let depth = 256

  /// A schema.
  init(_ root: JSONDocument) { self.root = root }

  /// Why a document does not fit; nil where it does.
  func mistake(of document: JSONDocument) -> String? {
    var walk = Walk(root: root, left: Self.steps)
    let mistake = walk.mistake(document, root, "", 0)
    return walk.left < 0 ? "the schema takes more than \(Self.steps) steps" : mistake
  }

  /// One checking of a document.
  fileprivate struct Walk {
    let root: JSONDocument
    var left: Int

    mutating func mistake(_ value: JSONDocument, _ schema: JSONDocument, _ path: String, _ depth: Int) -> String? {
      left -= 1
      guard left >= 0, depth < JSONSchema.depth else {
        left = -1
        return "too much"
      }
      if case .boolean(let allowed) = schema { return allowed ? nil : "\(Self.shown(path)) must not be there" }
      guard let keywords = schema.members else { return nil }
      if let reference = keywords["$ref"]?.text, let target = resolve(reference) {
        if let mistake = mistake(value, target, path, depth + 1) { return mistake }
      }
      return typeMistake(value, keywords, path) ?? scalarMistake(value, keywords, path)
        ?? arrayMistake(value, keywords, path, depth) ?? objectMistake(value, keywords, path, depth)
        ?? combinedMistake(value, keywords, path, depth)
    }

    /// What a reference leads to; nil where it leads outside, or nowhere.
    private func resolve(_ reference: String) -> JSONDocument? {
      guard reference.hasPrefix("#") else { return nil }
      if reference == "#" { return root }
      guard reference.hasPrefix("#/") else { return nil }
      var current = root
      for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
        let name = part.split(separator: "~1", omittingEmptySubsequences: false)
          .map { $0.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~") }
          .joined(separator: "/")
        if let member = current.members?[name] {
          current = member
        } else if let items = current.items, let index = Int(name), items.indices.contains(index) {
          current = items[index]
        } else {
          return nil
        }
      }
      return current
    }

    private func typeMistake(_ value: JSONDocument, _ keywords: OrderedMap<JSONDocument>, _ path: String) -> String? {
      if let type = keywords["type"] {
        let names = type.items?.compactMap(\.text) ?? type.text.map { [$0] } ?? []
        if !names.contains(where: { Self.isType(value, $0) }) {
          return "\(Self.shown(path)) is not of the type \(names.map { "`\($0.excerpt)`" }.joined(separator: " or "))"
        }
      }
      if let options = keywords["enum"]?.items, !options.contains(value) {
        return "\(Self.shown(path)) is none of the values that are listed"
      }
      if let constant = keywords["const"], constant != value { return "\(Self.shown(path)) has another value" }
      return nil
    }

    static func isType(_ value: JSONDocument, _ name: String) -> Bool {
      switch (value, name) {
      case (.null, "null"), (.boolean, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"),
        (.object, "object"):
        true
      case (.number(let number), "integer"): number.rounded() == number
      default: false
      }
    }

    private func scalarMistake(_ value: JSONDocument, _ keywords: OrderedMap<JSONDocument>, _ path: String) -> String? {
      if case .number(let number) = value {
        let minimum = keywords["minimum"]?.amount
        let maximum = keywords["maximum"]?.amount
        // In draft 4 a bound is made exclusive by a Boolean.
        let above = keywords["exclusiveMinimum"] == .boolean(true) ? minimum : keywords["exclusiveMinimum"]?.amount
        let below = keywords["exclusiveMaximum"] == .boolean(true) ? maximum : keywords["exclusiveMaximum"]?.amount
        if let minimum, number < minimum { return "\(Self.shown(path)) is less than \(Self.shown(minimum))" }
        if let maximum, number > maximum { return "\(Self.shown(path)) is more than \(Self.shown(maximum))" }
        if let above, number <= above { return "\(Self.shown(path)) is not more than \(Self.shown(above))" }
        if let below, number >= below { return "\(Self.shown(path)) is not less than \(Self.shown(below))" }
        if let step = keywords["multipleOf"]?.amount, step > 0 {
          let times = number / step
          if abs(times - times.rounded()) > 1e-9 * max(1, abs(times)) {
            return "\(Self.shown(path)) is no multiple of \(Self.shown(step))"
          }
        }
      }
      if case .string(let text) = value {
        let count = text.unicodeScalars.count
        if let least = keywords["minLength"]?.amount, Double(count) < least {
          return "\(Self.shown(path)) is too short"
        }
        if let most = keywords["maxLength"]?.amount, Double(count) > most { return "\(Self.shown(path)) is too long" }
        if let pattern = keywords["pattern"]?.text, Self.finds(pattern, in: text) == false {
          return "\(Self.shown(path)) is not of the form `\(pattern.excerpt)`"
        }
      }
      return nil
    }

    /// Whether a pattern is found anywhere in a text; nil where it is none that can be matched.
    private static func finds(_ pattern: String, in text: String) -> Bool? {
      var inner = pattern
      // Patterns of constraints match whole texts, those of JSON Schema any part.
      if inner.hasPrefix("^") { inner.removeFirst() } else { inner = "(.|\\s)*(" + inner + ")" }
      let isEscaped = inner.hasSuffix("\\$")
      if inner.hasSuffix("$"), !isEscaped {
        inner.removeLast()
      } else if inner.hasSuffix("$)"), !inner.hasSuffix("\\$)") {
        inner.removeLast(2)
        inner += ")"
      } else {
        inner = "(" + inner + ")(.|\\s)*"
      }
      return (try? Pattern(inner))?.matches(text)
    }

    private mutating func arrayMistake(
      _ value: JSONDocument, _ keywords: OrderedMap<JSONDocument>, _ path: String, _ depth: Int
    ) -> String? {
      guard let items = value.items else { return nil }
      if let least = keywords["minItems"]?.amount, Double(items.count) < least {
        return "\(Self.shown(path)) has too few items"
      }
      if let most = keywords["maxItems"]?.amount, Double(items.count) > most {
        return "\(Self.shown(path)) has too many items"
      }
      if keywords["uniqueItems"] == .boolean(true) {
        for (number, item) in items.enumerated() {
          left -= number
          guard left >= 0 else { return "too much" }
          if items[..<number].contains(item) { return "\(Self.shown(path)) has an item twice" }
        }
      }
      let first = keywords["prefixItems"]?.items ?? keywords["items"]?.items ?? []
      let others = keywords["items"]?.items == nil ? keywords["items"] : keywords["additionalItems"]
      for (number, item) in items.enumerated() {
        guard let schema = number < first.count ? first[number] : others else { continue }
        if let mistake = mistake(item, schema, path + "/\(number)", depth + 1) { return mistake }
      }
      if let wanted = keywords["contains"] {
        var found = 0
        for item in items where mistake(item, wanted, path, depth + 1) == nil { found += 1 }
        let least = keywords["minContains"]?.amount ?? 1
        if Double(found) < least { return "\(Self.shown(path)) lacks an item that is asked for" }
        if let most = keywords["maxContains"]?.amount, Double(found) > most {
          return "\(Self.shown(path)) has too many items of a kind"
        }
      }
      return nil
    }

    private mutating func objectMistake(
      _ value: JSONDocument, _ keywords: OrderedMap<JSONDocument>, _ path: String, _ depth: Int
    ) -> String? {
      guard let members = value.members else { return nil }
      for name in keywords["required"]?.items?.compactMap(\.text) ?? [] where !members.contains(name) {
        return "\(Self.shown(path)) lacks `\(name.excerpt)`"
      }
      if let least = keywords["minProperties"]?.amount, Double(members.count) < least {
        return "\(Self.shown(path)) has too few members"
      }
      if let most = keywords["maxProperties"]?.amount, Double(members.count) > most {
        return "\(Self.shown(path)) has too many members"
      }
      let properties = keywords["properties"]?.members ?? OrderedMap()
      let patterns = keywords["patternProperties"]?.members ?? OrderedMap()
      for (name, member) in members {
        let inner = path + "/" + name
        var isKnown = false
        if let schema = properties[name] {
          isKnown = true
          if let mistake = mistake(member, schema, inner, depth + 1) { return mistake }
        }
        for (pattern, schema) in patterns where Self.finds(pattern, in: name) ?? true {
          isKnown = true
          if let mistake = mistake(member, schema, inner, depth + 1) { return mistake }
        }
        if !isKnown, let others = keywords["additionalProperties"],
          let mistake = mistake(member, others, inner, depth + 1)
        {
          return mistake
        }
        if let names = keywords["propertyNames"], let mistake = mistake(.string(name), names, inner, depth + 1) {
          return mistake
        }
      }
      let needs = ["dependencies", "dependentRequired", "dependentSchemas"].compactMap { keywords[$0]?.members }
      for (name, need) in needs.flatMap({ Array($0) }) where members.contains(name) {
        if let others = need.items {
          for other in others.compactMap(\.text) where !members.contains(other) {
            return "\(Self.shown(path)) has `\(name.excerpt)`, but lacks `\(other.excerpt)`"
          }
        } else if let mistake = mistake(value, need, path, depth + 1) {
          return mistake
        }
      }
      return nil
    }

    private mutating func combinedMistake(
      _ value: JSONDocument, _ keywords: OrderedMap<JSONDocument>, _ path: String, _ depth: Int
    ) -> String? {
      for schema in keywords["allOf"]?.items ?? [] {
        if let mistake = mistake(value, schema, path, depth + 1) { return mistake }
      }
      for keyword in ["anyOf", "oneOf"] {
        guard let options = keywords[keyword]?.items else { continue }
        var fitting = 0
        for schema in options where mistake(value, schema, path, depth + 1) == nil { fitting += 1 }
        if fitting == 0 { return "\(Self.shown(path)) fits none of the alternatives" }
        if keyword == "oneOf", fitting > 1 { return "\(Self.shown(path)) fits several alternatives, not one" }
      }
      if let other = keywords["not"], mistake(value, other, path, depth + 1) == nil, left >= 0 {
        return "\(Self.shown(path)) is what it must not be"
      }
      if let condition = keywords["if"] {
        let holds = mistake(value, condition, path, depth + 1) == nil
        if let next = keywords[holds ? "then" : "else"] { return mistake(value, next, path, depth + 1) }
      }
      return nil
    }

    private static func shown(_ path: String) -> String { path.isEmpty ? "the document" : "`\(path.excerpt)`" }

    private static func shown(_ number: Double) -> String {
      number.rounded() == number && abs(number) < 1e15 ? String(Int(number)) : String(number)
    }
  }
}
