import Interchange
import LibraryOS

/// Reads a header or trailer section line by line (RFC 9112, 5), within limits.
struct FieldSection: Sendable {
  private(set) var fields: [HTTPField] = []
  private var byteCount = 0
  private let limits: HTTPLimits

  init(limits: HTTPLimits) {
    self.limits = limits
  }

  /// The fields of a section that was read; the next one may follow.
  mutating func take() -> [HTTPField] {
    let taken = fields
    fields = []
    byteCount = 0
    return taken
  }

  /// Consumes lines up to and including the empty one that ends the section; `false` until that has arrived.
  mutating func read(from buffer: inout ReceiveBuffer) throws(HTTPMessageFault) -> Bool {
    while let line = try buffer.line(limit: limits.headerBytes - byteCount, tooLong: .headerTooLarge) {
      if line.isEmpty { return true }
      byteCount += line.count + 2
      guard byteCount <= limits.headerBytes, fields.count < limits.fieldCount else { throw .headerTooLarge }
      fields.append(try FieldSection.field(buffer.bytes[line]))
    }
    return false
  }

  /// Reads `name: value`. A line that starts with white space (obs-fold) has no token before its colon and is refused, as
  /// is white space before the colon.
  private static func field(_ line: ArraySlice<UInt8>) throws(HTTPMessageFault) -> HTTPField {
    var colon = line.startIndex
    let end = line.endIndex
    while colon < end, HTTPSyntax.isToken(line[colon]) { colon += 1 }
    guard colon > line.startIndex, colon < end, line[colon] == 0x3A else { throw .malformedField }
    let name = HTTPNames.field(line[line.startIndex..<colon])
    var first = colon + 1
    var last = end
    while first < last, HTTPSyntax.isBlank(line[first]) { first += 1 }
    while last > first, HTTPSyntax.isBlank(line[last - 1]) { last -= 1 }
    let value = line[first..<last]
    for byte in value where !HTTPSyntax.isFieldContent(byte) { throw .malformedField }
    return HTTPField(name, ByteString(value))
  }
}

/// How the content of a message is delimited (RFC 9112, 6.3), as its fields say.
enum MessageFraming: Equatable {
  case none
  case length(Int)
  case chunked

  /// Reads `Content-Length` and `Transfer-Encoding` and refuses whatever two recipients could read differently.
  init(fields: [HTTPField], minorVersion: Int, limit: Int) throws(HTTPMessageFault) {
    var length: Int?
    var isChunked = false
    for field in fields {
      if field.name.equals("content-length") {
        guard length == nil else { throw .malformedLength }
        length = try MessageFraming.length(field.value)
      } else if field.name.equals("transfer-encoding") {
        guard !isChunked else { throw .ambiguousLength }
        guard field.value.equalsIgnoringCase("chunked") else { throw .unsupportedTransferCoding }
        isChunked = true
      }
    }
    if isChunked {
      guard length == nil, minorVersion >= 1 else { throw .ambiguousLength }
      self = .chunked
    } else if let length {
      guard length <= limit else { throw .bodyTooLarge }
      self = .length(length)
    } else {
      self = .none
    }
  }

  /// A number of digits only. One that no machine could hold counts as the largest that one can.
  private static func length(_ value: ByteString) throws(HTTPMessageFault) -> Int {
    guard !value.isEmpty else { throw .malformedLength }
    var length = 0
    for byte in value.bytes {
      guard HTTPSyntax.isDigit(byte) else { throw .malformedLength }
      let (product, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = product.addingReportingOverflow(Int(byte - 0x30))
      length = overflow || overflow2 ? .max : sum
    }
    return length
  }
}
