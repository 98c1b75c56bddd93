/// A value of the Distinguished Encoding Rules (ITU-T X.690, 8 and 10).
struct DERValue: Hashable {
  /// Class, form and number in one byte; no value that certificates need has a longer tag.
  var tag: UInt8
  /// What it holds.
  var content: ArraySlice<UInt8>
  /// All of it, tag and length included.
  var encoding: ArraySlice<UInt8>

  static let boolean: UInt8 = 0x01
  static let integer: UInt8 = 0x02
  static let bitString: UInt8 = 0x03
  static let octetString: UInt8 = 0x04
  static let null: UInt8 = 0x05
  static let objectIdentifier: UInt8 = 0x06
  static let utf8String: UInt8 = 0x0C
  static let utcTime: UInt8 = 0x17
  static let generalizedTime: UInt8 = 0x18
  static let sequence: UInt8 = 0x30
  static let set: UInt8 = 0x31

  /// An explicit or constructed tag of the context-specific class.
  static func context(_ number: UInt8) -> UInt8 { 0xA0 | number }
}

/// Takes values off the front of an encoding. Lengths are definite and as short as they can be; anything else is no DER.
struct DERReader {
  /// What has not been taken yet.
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  /// The tag that comes next.
  var nextTag: UInt8? { rest.first }

  /// Takes the next value; nil where there is none that is well formed.
  mutating func next() -> DERValue? {
    var position = rest.startIndex
    guard rest.count >= 2, rest[position] & 0x1F != 0x1F else { return nil }
    let tag = rest[position]
    var length = Int(rest[position + 1])
    position += 2
    if length >= 0x80 {
      let count = length & 0x7F
      guard (1...3).contains(count), rest.endIndex - position >= count else { return nil }
      length = 0
      for _ in 0..<count {
        length = length << 8 | Int(rest[position])
        position += 1
      }
      guard length >= (count == 1 ? 0x80 : 1 << (8 * (count - 1))) else { return nil }
    }
    guard rest.endIndex - position >= length else { return nil }
    let value = DERValue(
      tag: tag, content: rest[position..<position + length], encoding: rest[rest.startIndex..<position + length])
    rest = rest[(position + length)...]
    return value
  }

  /// Takes the next value if it has that tag.
  mutating func next(_ tag: UInt8) -> DERValue? {
    guard nextTag == tag else { return nil }
    return next()
  }

  /// A reader of what the next value holds, if it has that tag.
  mutating func enter(_ tag: UInt8) -> DERReader? {
    next(tag).map { DERReader($0.content) }
  }
}
