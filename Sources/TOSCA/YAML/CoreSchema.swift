/// The core schema of YAML 1.2 (section 10.3): what a plain scalar is where no TOSCA schema says what it should be.
enum CoreSchema {
  /// What a scalar can be.
  enum Kind: Hashable, Sendable {
    case null, boolean, integer, float, string

    /// The kind with its article, for messages.
    var article: String {
      switch self {
      case .null: "nothing"
      case .boolean: "the boolean"
      case .integer: "the integer"
      case .float: "the float"
      case .string: "the string"
      }
    }
  }

  /// What a scalar is.
  static func kind(of text: String, _ style: YAMLNode.ScalarStyle) -> Kind {
    guard style != .quoted else { return .string }
    guard let first = text.utf8.first else { return .null }
    // The first character rules most of it out.
    switch first {
    case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"): return isNull(text) ? .null : .string
    case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
      return boolean(text) == nil ? .string : .boolean
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return integer(text) != nil ? .integer : float(text) != nil ? .float : .string
    default: return .string
    }
  }

  /// Whether the text stands for nothing.
  static func isNull(_ text: String) -> Bool {
    guard text.utf8.count <= 4 else { return false }
    return switch text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }

  /// The Boolean the text stands for. `yes` and `on` are strings.
  static func boolean(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  /// The Boolean that YAML 1.1 reads from a word that is a string in YAML 1.2.
  static func oldBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "on", "y": true
    case "no", "off", "n": false
    default: nil
    }
  }

  /// The integer the text stands for: decimal, `0o17` or `0xF`; nil where it is none or has more than 64 bits.
  static func integer(_ text: String) -> Int? {
    guard let first = text.utf8.first, first < UInt8(ascii: ":") else { return nil }
    if text.hasPrefix("0o") { return digits(text.dropFirst(2)) ? Int(text.dropFirst(2), radix: 8) : nil }
    if text.hasPrefix("0x") {
      return text.dropFirst(2).utf8.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") } == true
        ? Int(text.dropFirst(2), radix: 16) : nil
    }
    return Int(text)
  }

  /// The number the text stands for, integers included.
  static func float(_ text: String) -> Double? {
    guard let first = text.utf8.first, first < UInt8(ascii: ":") else { return nil }
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
    case "-.inf", "-.Inf", "-.INF": return -.infinity
    case ".nan", ".NaN", ".NAN": return .nan
    default: break
    }
    var hasDigit = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): hasDigit = true
      case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
      default: return nil
      }
    }
    return hasDigit ? Double(text) : nil
  }

  private static func digits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
