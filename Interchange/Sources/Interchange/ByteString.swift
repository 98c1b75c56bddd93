/// A text that is compared and hashed by its bytes, as names, paths and header values on the wire are.
///
/// `String` compares by Unicode canonical equivalence, which would link some 100 KB of tables into every image and is
/// the wrong comparison for protocol elements in any case.
public struct ByteString: Hashable, Sendable, ExpressibleByStringLiteral {
  /// The bytes, in practice UTF-8 or ASCII.
  public var bytes: [UInt8]

  /// Wraps bytes as they are; nothing is checked.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Copies a part of a buffer.
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// A name written in the source.
  public init(stringLiteral value: StaticString) {
    self.bytes = Array(UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  /// Hashes all bytes at once.
  public func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// Whether these are the bytes of `text`; makes no copy of it, as a comparison with a literal would.
  public func equals(_ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && starts(with: text)
  }

  /// Whether this starts with `text`; makes no copy of it.
  public func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count >= count else { return false }
    let start = text.utf8Start
    for index in 0..<count where bytes[index] != start[index] {
      return false
    }
    return true
  }

  /// The number of bytes.
  public var count: Int { bytes.count }

  /// Whether there are no bytes.
  public var isEmpty: Bool { bytes.isEmpty }

  /// Whether this starts with `prefix`, byte by byte.
  public func hasPrefix(_ prefix: ByteString) -> Bool {
    guard bytes.count >= prefix.bytes.count else { return false }
    for index in 0..<prefix.bytes.count where bytes[index] != prefix.bytes[index] {
      return false
    }
    return true
  }

  /// The decimal digits of an integer.
  public init(decimal value: Int) {
    self.bytes = []
    if value == 0 {
      bytes.append(0x30)
      return
    }
    var magnitude = value.magnitude
    while magnitude > 0 {
      bytes.append(UInt8(0x30 + magnitude % 10))
      magnitude /= 10
    }
    if value < 0 { bytes.append(0x2D) }
    bytes.reverse()
  }

  /// Joins two texts.
  public static func + (left: ByteString, right: ByteString) -> ByteString {
    ByteString(left.bytes + right.bytes)
  }
}

extension ByteString: Comparable {
  /// Orders by bytes, shorter first among equal prefixes.
  public static func < (left: ByteString, right: ByteString) -> Bool {
    let shared = min(left.bytes.count, right.bytes.count)
    for index in 0..<shared where left.bytes[index] != right.bytes[index] {
      return left.bytes[index] < right.bytes[index]
    }
    return left.bytes.count < right.bytes.count
  }
}

#if !hasFeature(Embedded)
  extension ByteString: CustomStringConvertible {
    /// The UTF-8 bytes of a string.
    public init(_ string: String) {
      self.init(Array(string.utf8))
    }

    /// The bytes read as UTF-8, with replacement characters where they are not.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
  }
#endif
