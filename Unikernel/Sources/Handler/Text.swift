/// A text in UTF-8, as requests and responses carry it. It is written as a literal, with values in it:
///
///     let greeting: Text = "Hello, \(request.caller.subject): you are visitor \(count)"
///
/// Texts are compared byte by byte, as protocols do; there is no notion of characters.
public struct Text: Hashable, Sendable {
  /// The bytes.
  public var bytes: [UInt8]

  /// A text of these bytes. They are not checked.
  @export(interface)
  public init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// A number in decimal digits.
  @export(interface)
  public init(_ number: Int) {
    bytes = []
    var magnitude = number.magnitude
    repeat {
      bytes.append(UInt8(0x30 + magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    if number < 0 { bytes.append(0x2D) }
    bytes.reverse()
  }

  /// The number of bytes.
  public var count: Int {
    @export(interface) get { bytes.count }
  }

  /// Whether there are no bytes.
  public var isEmpty: Bool {
    @export(interface) get { bytes.isEmpty }
  }

  /// Whether both have the same bytes.
  @export(interface)
  public static func == (left: Text, right: Text) -> Bool {
    left.bytes == right.bytes
  }

  /// Feeds the bytes to a hash function, so that texts can be keys of dictionaries.
  @export(interface)
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    for byte in bytes { hasher.combine(byte) }
  }

  /// One text after another.
  @export(interface)
  public static func + (left: Text, right: Text) -> Text {
    Text(bytes: left.bytes + right.bytes)
  }

  /// Puts a text at the end.
  @export(interface)
  public static func += (left: inout Text, right: Text) {
    left.bytes.append(contentsOf: right.bytes)
  }
}

extension Text: Comparable {
  /// Orders by bytes; of two texts one of which begins the other, the shorter comes first.
  @export(interface)
  public static func < (left: Text, right: Text) -> Bool {
    let shared = left.bytes.count < right.bytes.count ? left.bytes.count : right.bytes.count
    for index in 0..<shared where left.bytes[index] != right.bytes[index] {
      return left.bytes[index] < right.bytes[index]
    }
    return left.bytes.count < right.bytes.count
  }
}

extension Text: ExpressibleByStringInterpolation {
  /// A text that is written in the source.
  @export(interface)
  public init(stringLiteral literal: StaticString) {
    bytes = []
    append(literal)
  }

  /// A text that is written in the source, with values in it.
  @export(interface)
  public init(stringInterpolation parts: Parts) {
    self = parts.text
  }

  /// What a literal with values in it is put together from.
  public struct Parts: StringInterpolationProtocol {
    var text: Text

    /// No parts yet.
    @export(interface)
    public init(literalCapacity: Int, interpolationCount: Int) {
      text = Text(bytes: [])
      text.bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    /// What is written in the source.
    @export(interface)
    public mutating func appendLiteral(_ literal: StaticString) {
      text.append(literal)
    }

    /// A text.
    @export(interface)
    public mutating func appendInterpolation(_ value: Text) {
      text += value
    }

    /// A number, in decimal digits.
    @export(interface)
    public mutating func appendInterpolation(_ value: Int) {
      text += Text(value)
    }

    /// Text that came from outside, made fit for HTML: `\(html: name)`.
    @export(interface)
    public mutating func appendInterpolation(html value: Text) {
      text += value.escapedForHTML
    }

    /// Text that came from outside, as a string of JSON with its quotation marks: `\(json: name)`.
    @export(interface)
    public mutating func appendInterpolation(json value: Text) {
      text += value.quotedForJSON
    }
  }

  private mutating func append(_ literal: StaticString) {
    for index in 0..<literal.utf8CodeUnitCount { bytes.append(unsafe literal.utf8Start[index]) }
  }
}
