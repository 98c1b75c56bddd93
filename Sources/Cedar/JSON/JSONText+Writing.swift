extension JSONText: CustomStringConvertible {
  /// The document, names in order, two spaces a level.
  package var description: String { text(indent: 0) }

  private func text(indent: Int) -> String {
    let inner = String(repeating: "  ", count: indent + 1)
    let outer = String(repeating: "  ", count: indent)
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let text): return text
    case .string(let value): return Self.quoted(value)
    case .array(let items):
      guard !items.isEmpty else { return "[]" }
      let parts = items.map { inner + $0.text(indent: indent + 1) }
      return "[\n" + parts.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let fields):
      guard !fields.isEmpty else { return "{}" }
      let parts = fields.sorted { $0.key < $1.key }.map {
        "\(inner)\(Self.quoted($0.key)): \($0.value.text(indent: indent + 1))"
      }
      return "{\n" + parts.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  /// A string of JSON (RFC 8259, section 7).
  static func quoted(_ text: CedarString) -> String {
    var result = "\""
    for scalar in text.string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension JSONText {
  /// The document on one line, names in order.
  package var compact: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null, .bool, .integer, .number: text += description
    case .string(let value): text += Self.quoted(value)
    case .array(let items):
      text += "["
      for (index, item) in items.enumerated() {
        if index > 0 { text += "," }
        item.write(to: &text)
      }
      text += "]"
    case .object(let fields):
      text += "{"
      for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { text += "," }
        text += Self.quoted(field.key) + ":"
        field.value.write(to: &text)
      }
      text += "}"
    }
  }
}

extension Value {
  /// The value in the JSON format of entities, escapes included.
  package var json: JSONText {
    switch self {
    case .bool(let value): .bool(value)
    case .long(let value): .integer(value)
    case .string(let value): .string(value)
    case .entity(let uid): .object(["__entity": uid.json])
    case .set(let items): .array(items.map { ($0.description, $0.json) }.sorted { $0.0 < $1.0 }.map(\.1))
    case .record(let fields): .object(fields.mapValues(\.json))
    case .extension(let value): .object(["__extn": .object(value.call)])
    }
  }
}

extension EntityUID {
  /// `{"type", "id"}`.
  var json: JSONText { .object(["type": .string(type.name), "id": .string(id)]) }
}

extension ExtensionValue {
  /// The function that makes it and what it makes it of; a point in time that cannot be written lies some time after
  /// one that can.
  fileprivate var call: [CedarString: JSONText] {
    if case .datetime(let milliseconds) = self, Timestamps.text(milliseconds) == nil {
      let parts = [Value.extension(.datetime(0)), .extension(.duration(milliseconds))]
      return ["fn": "offset", "args": .array(parts.map(\.json))]
    }
    return ["fn": .string(CedarString(constructor.rawValue)), "arg": .string(argument)]
  }

  /// The function that makes it.
  package var constructor: ExtensionFunction {
    switch self {
    case .address: .ip
    case .decimal: .decimal
    case .datetime: .datetime
    case .duration: .duration
    }
  }

  /// What the function makes it of.
  var argument: CedarString {
    switch self {
    case .address(let address): CedarString("\(address)")
    case .decimal(let decimal): CedarString("\(decimal)")
    case .datetime(let milliseconds): CedarString(Timestamps.text(milliseconds) ?? "")
    case .duration(let milliseconds): CedarString("\(milliseconds)ms")
    }
  }
}

extension Entities {
  /// The entities in their JSON format, by identity.
  public var json: String {
    let items = all.sorted { $0.uid < $1.uid }.map { entity in
      var fields: [CedarString: JSONText] = [
        "uid": entity.uid.json, "attrs": .object(entity.attributes.mapValues(\.json)),
        "parents": .array(entity.parents.sorted().map(\.json)),
      ]
      if !entity.tags.isEmpty { fields["tags"] = .object(entity.tags.mapValues(\.json)) }
      return JSONText.object(fields)
    }
    return JSONText.array(items).description
  }
}

extension Request {
  /// The request as JSON: `principal`, `action`, `resource` and `context`.
  public var json: String {
    JSONText.object([
      "principal": principal.json, "action": action.json, "resource": resource.json,
      "context": .object(context.mapValues(\.json)),
    ]).description
  }
}
