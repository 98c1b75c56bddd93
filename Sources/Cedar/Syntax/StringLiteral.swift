/// What stands between the quotes of a string or pattern, with its escapes resolved.
enum StringLiteral {
  /// A scalar of a literal. `*` without a backslash is a wildcard in a pattern.
  private struct Element {
    var scalar: Unicode.Scalar
    var isEscapedStar: Bool
  }

  /// The text of a string literal.
  static func text(_ raw: String, at span: SourceSpan) throws(CedarSyntaxError) -> CedarString {
    var view = String.UnicodeScalarView()
    for element in try elements(raw, isPattern: false, at: span) { view.append(element.scalar) }
    return CedarString(String(view))
  }

  /// The pattern of a literal to the right of `like`.
  static func pattern(_ raw: String, at span: SourceSpan) throws(CedarSyntaxError) -> Pattern {
    var segments: [CedarString] = []
    var view = String.UnicodeScalarView()
    for element in try elements(raw, isPattern: true, at: span) {
      if element.scalar == "*", !element.isEscapedStar {
        segments.append(CedarString(String(view)))
        view = String.UnicodeScalarView()
      } else {
        view.append(element.scalar)
      }
    }
    segments.append(CedarString(String(view)))
    return Pattern(segments: segments)
  }

  private static func elements(
    _ raw: String, isPattern: Bool, at span: SourceSpan
  ) throws(CedarSyntaxError) -> [Element] {
    var result: [Element] = []
    var rest = Substring(raw).unicodeScalars
    while let scalar = rest.popFirst() {
      if scalar == "\r" {
        throw CedarSyntaxError("a carriage return stands in a string", expected: "`\\r`", at: span)
      }
      guard scalar == "\\" else {
        result.append(Element(scalar: scalar, isEscapedStar: false))
        continue
      }
      guard let escape = rest.popFirst() else { break }
      switch escape {
      case "n": result.append(Element(scalar: "\n", isEscapedStar: false))
      case "r": result.append(Element(scalar: "\r", isEscapedStar: false))
      case "t": result.append(Element(scalar: "\t", isEscapedStar: false))
      case "0": result.append(Element(scalar: "\0", isEscapedStar: false))
      case "\\", "'", "\"": result.append(Element(scalar: escape, isEscapedStar: false))
      case "*" where isPattern: result.append(Element(scalar: "*", isEscapedStar: true))
      case "x":
        let digits = String(rest.prefix(2))
        guard digits.utf8.count == 2, digits.utf8.allSatisfy(isHexDigit), let code = UInt8(digits, radix: 16),
          code < 0x80
        else { throw invalid("\\x" + digits, "`\\x` and two hexadecimal digits up to `7f`", span) }
        rest = rest.dropFirst(2)
        // An escaped code is the character itself, so that `\x2a` in a pattern is a wildcard as `*` is.
        result.append(Element(scalar: Unicode.Scalar(code), isEscapedStar: false))
      case "u":
        result.append(Element(scalar: try unicode(&rest, span), isEscapedStar: false))
      default:
        throw invalid(
          "\\" + String(escape), "one of `\\n`, `\\r`, `\\t`, `\\0`, `\\\\`, `\\\"`, `\\'`, `\\x41`, `\\u{41}`", span)
      }
    }
    return result
  }

  private static func unicode(
    _ rest: inout Substring.UnicodeScalarView, _ span: SourceSpan
  ) throws(CedarSyntaxError) -> Unicode.Scalar {
    let expected = "`\\u{`, one to six hexadecimal digits and `}`"
    guard rest.popFirst() == "{" else { throw invalid("\\u", expected, span) }
    var digits = ""
    while let scalar = rest.popFirst(), scalar != "}" {
      if scalar == "_", !digits.isEmpty { continue }
      digits.unicodeScalars.append(scalar)
      guard digits.utf8.count <= 6, digits.utf8.allSatisfy(isHexDigit) else {
        throw invalid("\\u{" + digits, expected, span)
      }
    }
    guard let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
      throw invalid("\\u{" + digits + "}", expected, span)
    }
    return scalar
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func invalid(_ escape: String, _ expected: String, _ span: SourceSpan) -> CedarSyntaxError {
    CedarSyntaxError("`\(escape)` is not an escape", expected: expected, at: span)
  }
}
