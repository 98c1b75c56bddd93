import Interchange

/// What a `Range` field asks for (RFC 9110, 14.1.2).
enum ByteRange: Equatable {
  /// The whole: the field is malformed, in another unit, or asks for several ranges, which a server may ignore
  /// (RFC 9110, 14.2), and which is the way to ask for much more than there is.
  case all
  /// These bytes.
  case part(Range<Int>)
  /// Bytes that are not there.
  case unsatisfiable

  /// Reads `bytes=first-last`, `bytes=first-` or `bytes=-length`.
  init(_ field: ByteString, size: Int) {
    let unit: ByteString = "bytes="
    let rest = field.bytes.dropFirst(unit.count)
    guard field.hasPrefix(unit), let dash = rest.firstIndex(of: 0x2D) else {
      self = .all
      return
    }
    let first = rest[rest.startIndex..<dash]
    let last = rest[(dash + 1)...]
    guard let start = ByteRange.number(first), let end = ByteRange.number(last), !(first.isEmpty && last.isEmpty) else {
      self = .all
      return
    }
    if first.isEmpty {
      self = end == 0 || size == 0 ? .unsatisfiable : .part((size - min(end, size))..<size)
    } else if !last.isEmpty, end < start {
      self = .all
    } else if start >= size {
      self = .unsatisfiable
    } else {
      self = .part(start..<(last.isEmpty ? size : min(end, size - 1) + 1))
    }
  }

  /// A number of at most 18 digits; 0 for none.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard digits.count <= 18 else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }
}
