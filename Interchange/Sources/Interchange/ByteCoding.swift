/// Why a message could not be read. The reader trusts no length it meets.
public enum DecodingFault: Error, Equatable, Sendable {
  /// The bytes end before the value does.
  case truncated
  /// A tag, kind or number that is not defined.
  case invalid
  /// A length, count or depth beyond the bound given.
  case tooLarge
  /// Bytes remain after the value.
  case trailing
}

/// Appends values to a growing buffer. Integers are little-endian; lengths and counts are `UInt32`.
public struct ByteWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// Starts with nothing written.
  public init() {}

  /// Writes one byte.
  public mutating func write(_ value: UInt8) {
    bytes.append(value)
  }

  /// Writes an integer of fixed width, least significant byte first.
  public mutating func write<Integer: FixedWidthInteger>(fixed value: Integer) {
    var remaining = value
    for _ in 0..<(Integer.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: remaining))
      remaining >>= 8
    }
  }

  /// Writes bytes without a length.
  public mutating func write(raw value: [UInt8]) {
    bytes.append(contentsOf: value)
  }

  /// Writes a length and the bytes.
  public mutating func write(_ value: [UInt8]) {
    write(fixed: UInt32(value.count))
    bytes.append(contentsOf: value)
  }

  /// Writes a length and the bytes of a text.
  public mutating func write(_ value: ByteString) {
    write(value.bytes)
  }
}

/// Reads what `ByteWriter` wrote, checking every length against what is there.
public struct ByteReader: Sendable {
  private let bytes: [UInt8]
  private var position = 0

  /// Reads from the first byte.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The bytes not read yet.
  public var remaining: Int { bytes.count - position }

  /// Reads one byte.
  public mutating func readByte() throws(DecodingFault) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    defer { position += 1 }
    return bytes[position]
  }

  /// Reads an integer of fixed width, least significant byte first.
  public mutating func readFixed<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(DecodingFault) -> Integer {
    let width = Integer.bitWidth / 8
    guard remaining >= width else { throw .truncated }
    var value: Integer = 0
    for index in 0..<width {
      value |= Integer(truncatingIfNeeded: bytes[position + index]) << Integer(8 * index)
    }
    position += width
    return value
  }

  /// Reads `count` bytes without a length before them.
  public mutating func readRaw(_ count: Int) throws(DecodingFault) -> [UInt8] {
    guard count >= 0, remaining >= count else { throw .truncated }
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  /// Reads a length and that many bytes.
  public mutating func readBytes(limit: Int = .max) throws(DecodingFault) -> [UInt8] {
    let count = Int(try readFixed(UInt32.self))
    guard count <= limit else { throw .tooLarge }
    return try readRaw(count)
  }

  /// Reads a length and a text.
  public mutating func readText(limit: Int = .max) throws(DecodingFault) -> ByteString {
    ByteString(try readBytes(limit: limit))
  }

  /// Reads the count of a list whose items take at least one byte each.
  public mutating func readCount() throws(DecodingFault) -> Int {
    let count = Int(try readFixed(UInt32.self))
    guard count <= remaining else { throw .truncated }
    return count
  }

  /// Fails unless everything was read.
  public func finish() throws(DecodingFault) {
    guard remaining == 0 else { throw .trailing }
  }
}
