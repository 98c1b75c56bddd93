/// The sort of a term of SMT-LIB 2.6.
enum SMTSort: Hashable, Sendable {
  case bool, integer, string
  /// Bit vectors of a width.
  case bits(Int)

  var text: String {
    switch self {
    case .bool: "Bool"
    case .integer: "Int"
    case .string: "String"
    case .bits(let width): "(_ BitVec \(width))"
    }
  }
}

/// A term of SMT-LIB 2.6: short, since what is long is given a name in the script.
struct SMTTerm: Hashable, Sendable {
  let text: String
  let sort: SMTSort

  init(_ text: String, _ sort: SMTSort) {
    self.text = text
    self.sort = sort
  }

  static let yes = SMTTerm("true", .bool)
  static let no = SMTTerm("false", .bool)

  static func bool(_ value: Bool) -> SMTTerm { value ? .yes : .no }

  static func integer(_ value: Int) -> SMTTerm { SMTTerm(value < 0 ? "(- \(value.magnitude))" : "\(value)", .integer) }

  static func bits(_ value: some FixedWidthInteger, width: Int) -> SMTTerm {
    let digits = String(UInt128(truncatingIfNeeded: value) & (UInt128.max >> UInt128(128 - width)), radix: 16)
    return SMTTerm("#x" + String(repeating: "0", count: width / 4 - digits.count) + digits, .bits(width))
  }

  /// A text; `nil` where it has a scalar beyond what SMT-LIB strings have (theory of Unicode strings, U+2FFFF).
  static func string(_ value: String) -> SMTTerm? {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar.value {
      case 0x22: text += "\"\""
      case 0x20...0x5B, 0x5D...0x7E: text.unicodeScalars.append(scalar)
      case ...0x2FFFF: text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: return nil
      }
    }
    return SMTTerm(text + "\"", .string)
  }

  var isTrue: Bool { self == .yes }
  var isFalse: Bool { self == .no }

  /// Whether this is a value written out, so that it differs from every other one.
  var isConstant: Bool {
    switch sort {
    case .bool: isTrue || isFalse
    case .integer: text.utf8.first.map { $0 == 0x28 ? text.hasPrefix("(- ") : $0 < 0x3A } ?? false
    case .string: text.hasPrefix("\"")
    case .bits: text.hasPrefix("#")
    }
  }
}

/// A value that a solver gives a term.
enum SMTValue: Hashable, Sendable {
  case bool(Bool)
  case integer(Int)
  case string(String)
  case bits(UInt128)
}
