/// Any JSON value, with Booleans and numbers told apart.
enum JSONValue: Decodable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The value as messages name it.
  var description: String {
    switch self {
    case .null: "`null`"
    case .boolean(let value): "`\(value)`"
    case .number(let value): value == value.rounded() && abs(value) < 1e15 ? "`\(Int(value))`" : "`\(value)`"
    case .text(let value): value.isEmpty ? "an empty text" : "`\(value)`"
    case .list: "a list"
    case .object: "an object"
    }
  }
}
