/// A value that an expression of the language can have.
public enum Value: Hashable, Sendable {
  /// True or false.
  case bool(Bool)
  /// A whole number of 64 bits with a sign.
  case long(Int64)
  /// A text.
  case string(CedarString)
  /// A reference to an entity, which need not exist.
  case entity(EntityUID)
  /// Values of which each counts once, in no order.
  case set(Set<Value>)
  /// Values by name.
  case record([CedarString: Value])
  /// A value of one of the extension types.
  case `extension`(ExtensionValue)

  /// The name of this value's type, as messages give it.
  public var typeName: String {
    switch self {
    case .bool: "bool"
    case .long: "long"
    case .string: "string"
    case .entity(let uid): "entity of type `\(uid.type)`"
    case .set: "set"
    case .record: "record"
    case .extension(let value): value.typeName
    }
  }
}

/// A value of an extension type.
public enum ExtensionValue: Hashable, Sendable {
  /// `ipaddr`: an IPv4 or IPv6 address or network.
  case address(IPAddress)
  /// `decimal`: a number with four decimal places.
  case decimal(Decimal)
  /// `datetime`: milliseconds since 1970-01-01 UTC, without leap seconds.
  case datetime(Int64)
  /// `duration`: milliseconds.
  case duration(Int64)

  /// The name of the type.
  public var typeName: String {
    switch self {
    case .address: "ipaddr"
    case .decimal: "decimal"
    case .datetime: "datetime"
    case .duration: "duration"
    }
  }
}

extension Value: CustomStringConvertible {
  /// The value as an expression of the language.
  public var description: String {
    switch self {
    case .bool(let value): return value ? "true" : "false"
    case .long(let value): return String(value)
    case .string(let value): return value.quoted
    case .entity(let uid): return uid.description
    case .set(let items):
      return "[" + items.map(\.description).sorted().joined(separator: ", ") + "]"
    case .record(let fields):
      let parts = fields.sorted { $0.key < $1.key }.map { "\($0.key.quoted): \($0.value)" }
      return "{" + parts.joined(separator: ", ") + "}"
    case .extension(.address(let address)): return "ip(\"\(address)\")"
    case .extension(.decimal(let decimal)): return "decimal(\"\(decimal)\")"
    case .extension(.datetime(let milliseconds)):
      return "datetime(\"1970-01-01\").offset(duration(\"\(milliseconds)ms\"))"
    case .extension(.duration(let milliseconds)): return "duration(\"\(milliseconds)ms\")"
    }
  }
}
