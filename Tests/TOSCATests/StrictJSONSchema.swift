import Foundation

/// A JSON Schema (2020-12), as far as `Documentation/topology.schema.json` uses it. Keywords that it does not know are
/// an error, so that none is passed over.
struct StrictJSONSchema {
  private let root: [String: Any]
  private static let known: Set<String> = [
    "$schema", "$ref", "$defs", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "enum", "const", "anyOf", "pattern",
  ]

  init(_ path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// What of a document does not fit, each with its path.
  func errors(of document: Any) -> [String] { errors(document, root, "$") }

  private func errors(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    var errors: [String] = []
    for keyword in schema.keys where !Self.known.contains(keyword) { errors.append("\(path): keyword \(keyword)") }
    if let reference = schema["$ref"] as? String {
      let name = String(reference.split(separator: "/").last ?? "")
      guard let definition = (root["$defs"] as? [String: Any])?[name] as? [String: Any] else {
        return ["\(path): no definition \(name)"]
      }
      errors += self.errors(value, definition, path)
    }
    if let type = schema["type"] {
      let types = type as? [String] ?? [type as? String ?? ""]
      if !types.contains(where: { Self.isType(value, $0) }) { errors.append("\(path): is no \(types)") }
    }
    if let options = schema["enum"] as? [String], !options.contains(value as? String ?? "") {
      errors.append("\(path): is none of \(options)")
    }
    if let constant = schema["const"] as? String, value as? String != constant {
      errors.append("\(path): is not \(constant)")
    }
    if let pattern = schema["pattern"] as? String, let text = value as? String,
      text.range(of: pattern, options: .regularExpression) == nil
    {
      errors.append("\(path): does not match \(pattern)")
    }
    if let options = schema["anyOf"] as? [[String: Any]],
      !options.contains(where: { self.errors(value, $0, path).isEmpty })
    {
      errors.append("\(path): fits none of the alternatives")
    }
    if let items = schema["items"] as? [String: Any], let values = value as? [Any] {
      for (index, item) in values.enumerated() { errors += self.errors(item, items, "\(path)[\(index)]") }
    }
    if let members = value as? [String: Any] { errors += memberErrors(members, schema, path) }
    return errors
  }

  private func memberErrors(_ members: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
    var errors: [String] = []
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    for name in schema["required"] as? [String] ?? [] where members[name] == nil {
      errors.append("\(path): lacks \(name)")
    }
    for (name, value) in members {
      if let property = properties[name] {
        errors += self.errors(value, property, "\(path).\(name)")
      } else if let others = schema["additionalProperties"] as? [String: Any] {
        errors += self.errors(value, others, "\(path).\(name)")
      } else if schema["additionalProperties"] as? Bool == false {
        errors.append("\(path): has \(name)")
      }
    }
    return errors
  }

  private static func isType(_ value: Any, _ type: String) -> Bool {
    let number = value as? NSNumber
    let isBoolean = number.map { String(cString: $0.objCType) == "c" } ?? (value is Bool)
    switch type {
    case "string": return value is String
    case "object": return value is [String: Any]
    case "array": return value is [Any]
    case "null": return value is NSNull
    case "boolean": return isBoolean
    case "integer": return !isBoolean && number.map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
    default: return false
    }
  }
}
