import Interchange
import LibraryOS

/// A way in which a file may lie compressed beside itself (RFC 9110, 8.4.1; `br` is RFC 7932).
enum ContentCoding: CaseIterable {
  case brotli
  case gzip

  /// What a compressed file's name adds to that of the file.
  var suffix: ByteString {
    switch self {
    case .brotli: ".br"
    case .gzip: ".gz"
    }
  }

  /// Its name in `Content-Encoding`.
  var name: ByteString {
    switch self {
    case .brotli: "br"
    case .gzip: "gzip"
    }
  }
}

/// What a client's `Accept-Encoding` fields say (RFC 9110, 12.5.3), several as one list (5.3).
///
/// Weights are in thousandths. A member that cannot be read is passed over: compression is never owed, and what is
/// accepted without doubt is enough to choose from.
struct AcceptedCodings {
  /// Where a client says nothing of the file as it is: it is accepted, and wanted less than what is named.
  private static let unsaid = 1

  private var brotli: Int?
  private var gzip: Int?
  private var identity: Int?
  private var others: Int?

  /// Reads a request's fields; `nil` if it has none, and so says nothing.
  init?(_ headers: [HTTPField]) {
    var isThere = false
    for field in headers where field.name.equals("accept-encoding") {
      isThere = true
      for member in field.value.bytes.split(separator: 0x2C) { take(member) }
    }
    guard isThere else { return nil }
  }

  /// How much a coding is wanted; 0 if it is not accepted.
  func weight(of coding: ContentCoding) -> Int {
    switch coding {
    case .brotli: brotli ?? others ?? 0
    case .gzip: gzip ?? others ?? 0
    }
  }

  /// How much the file as it is is wanted; 0 if it was refused by name or by `*`.
  var identityWeight: Int {
    identity ?? others ?? AcceptedCodings.unsaid
  }

  private mutating func take(_ member: ArraySlice<UInt8>) {
    let parts = member.split(separator: 0x3B, omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else { return }
    var weight = 1000
    if parts.count == 2 {
      guard let value = AcceptedCodings.weight(AcceptedCodings.trimmed(parts[1])) else { return }
      weight = value
    }
    let name = ByteString(AcceptedCodings.trimmed(first).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    if name.equals("br") {
      brotli = weight
    } else if name.equals("gzip") || name.equals("x-gzip") {
      gzip = weight
    } else if name.equals("identity") {
      identity = weight
    } else if name.equals("*") {
      others = weight
    }
  }

  /// Reads `q=0.25` (RFC 9110, 12.4.2): at most three digits after the point, and 1 at most.
  private static func weight(_ text: ArraySlice<UInt8>) -> Int? {
    let bytes = Array(text)
    guard bytes.count >= 3, bytes.count <= 7, bytes[0] | 0x20 == 0x71, bytes[1] == 0x3D,
      bytes[2] == 0x30 || bytes[2] == 0x31, bytes.count == 3 || bytes[3] == 0x2E
    else { return nil }
    var thousandths = Int(bytes[2] - 0x30) * 1000
    var unit = 100
    for digit in bytes.dropFirst(4) {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      thousandths += Int(digit - 0x30) * unit
      unit /= 10
    }
    return thousandths <= 1000 ? thousandths : nil
  }

  private static func trimmed(_ slice: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = slice
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }
}
