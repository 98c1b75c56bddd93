import Foundation

/// The JSON Schema of a body, as far as the fields of objects go that are closed (`additionalProperties: false`): a field
/// that such an object must not have, which decoding would pass over, is refused by the same text that describes the API,
/// and so is one without a field that it must have.
struct BodySchema: Sendable {
  private let schema: JSON

  private static let components: JSON = {
    guard let schemas = try? JSONDecoder().decode(JSON.self, from: Data(APISchemas.text.utf8)) else { return .null }
    return schemas
  }()

  /// The schema of that name in `components/schemas`; `nil` where there is none.
  init?(named name: String) {
    guard let schema = Self.components[name] else { return nil }
    self.schema = schema
  }

  /// What is wrong with the fields of a body, and what was expected; `nil` where nothing is. What is of another kind than
  /// described is left to decoding.
  func mistake(in body: JSON) -> String? { Self.mistake(in: body, schema, path: "") }

  private static func mistake(in value: JSON, _ schema: JSON, path: String) -> String? {
    let schema = resolved(schema)
    switch value {
    case .object(let fields): return mistake(in: fields, schema, path: path)
    case .list(let items):
      guard let itemSchema = schema["items"] else { return nil }
      for (index, item) in items.enumerated() {
        if let mistake = mistake(in: item, itemSchema, path: "\(path)[\(index)]") { return mistake }
      }
      return nil
    default: return nil
    }
  }

  private static func mistake(in fields: [String: JSON], _ schema: JSON, path: String) -> String? {
    guard case .object(let known)? = schema["properties"] else { return nil }
    let place = path.isEmpty ? "it" : "`\(path)`"
    if schema["additionalProperties"] == false {
      if let name = fields.keys.filter({ known[$0] == nil }).min() {
        let names = known.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        return "\(place) has a field `\(name)`, expected none but \(names)"
      }
      if case .list(let required)? = schema["required"] {
        for case .text(let name) in required where fields[name] == nil { return "\(place) has no `\(name)`" }
      }
    }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      guard let schema = known[name] else { continue }
      if let mistake = mistake(in: value, schema, path: path.isEmpty ? name : "\(path).\(name)") { return mistake }
    }
    return nil
  }

  /// What a schema refers to; of several that a value may be of, the one that has fields.
  private static func resolved(_ schema: JSON) -> JSON {
    if case .text(let reference)? = schema["$ref"], let name = reference.split(separator: "/").last,
      let target = components[String(name)]
    {
      return resolved(target)
    }
    if case .list(let options)? = schema["anyOf"] {
      return options.map(resolved).first { $0["properties"] != nil } ?? schema
    }
    return schema
  }
}
