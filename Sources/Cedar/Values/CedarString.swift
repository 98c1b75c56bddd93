/// A text of the Cedar language: two are equal when their Unicode scalars are, as the language defines it.
///
/// `String` compares by canonical equivalence, which would make `"é"` in one spelling equal to `"é"` in another. The
/// language does not, so strings, attribute names and entity identifiers are of this type.
public struct CedarString: Hashable, Comparable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The text.
  public let string: String

  /// A text of the language from one of Swift's.
  public init(_ string: String) {
    var string = string
    string.makeContiguousUTF8()
    self.string = string
  }

  /// A text written in the source.
  public init(stringLiteral value: String) {
    self.init(value)
  }

  /// The text itself.
  public var description: String { string }

  /// Whether both have the same scalars in the same order.
  public static func == (left: CedarString, right: CedarString) -> Bool {
    guard left.string.utf8.count == right.string.utf8.count else { return false }
    return left.string.utf8.elementsEqual(right.string.utf8)
  }

  /// Orders by Unicode scalars, which is the order of the UTF-8 bytes too.
  public static func < (left: CedarString, right: CedarString) -> Bool {
    left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
  }

  /// Feeds the UTF-8 bytes.
  public func hash(into hasher: inout Hasher) {
    var copy = string
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }

  /// The text as a literal of the language, in double quotes with what must be escaped escaped.
  public var quoted: String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\0": result += "\\0"
      default:
        if scalar.properties.generalCategory == .control {
          result += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
