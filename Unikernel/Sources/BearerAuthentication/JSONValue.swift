import Interchange

/// A JSON value (RFC 8259), as far as tokens need it.
indirect enum JSONValue: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case boolean(Bool)
  /// A number. `whole` is its integer part, rounded towards zero, or `nil` if the number has an exponent or does not
  /// fit.
  case number(whole: Int64?)
  /// A string, unescaped, in valid UTF-8.
  case string(ByteString)
  /// An array.
  case array([JSONValue])
  /// An object, whose names are all different.
  case object([JSONMember])

  /// The string, if this is one.
  var stringValue: ByteString? {
    if case .string(let value) = self { return value }
    return nil
  }

  /// The items, if this is an array of strings and nothing else.
  var stringsValue: [ByteString]? {
    guard case .array(let items) = self else { return nil }
    var strings: [ByteString] = []
    for item in items {
      guard let string = item.stringValue else { return nil }
      strings.append(string)
    }
    return strings
  }

  /// The integer part, if this is a number that has one.
  var wholeValue: Int64? {
    if case .number(let whole) = self { return whole }
    return nil
  }

  /// The value of a member, if this is an object that has it.
  subscript(_ name: ByteString) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    for member in members where member.name == name {
      return member.value
    }
    return nil
  }
}

/// One member of a JSON object.
struct JSONMember: Equatable, Sendable {
  var name: ByteString
  var value: JSONValue
}
