/// Bytes that arrived and were not consumed yet, with a search for line ends that never looks at a byte twice.
struct ReceiveBuffer: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var start = 0
  private var scanned = 0

  /// The number of bytes not consumed yet.
  var count: Int { bytes.count - start }

  var isEmpty: Bool { start == bytes.count }

  /// The next byte, if there is one.
  var first: UInt8? { isEmpty ? nil : bytes[start] }

  /// Adds bytes. When nothing is waiting, the array is taken over without a copy.
  mutating func append(_ new: [UInt8]) {
    if isEmpty {
      bytes = new
      start = 0
      scanned = 0
      return
    }
    if start > 0, start >= bytes.count / 2 {
      bytes.removeFirst(start)
      scanned -= start
      start = 0
    }
    bytes.append(contentsOf: new)
  }

  /// Gives the memory back where everything was consumed.
  mutating func releaseIfEmpty() {
    guard isEmpty else { return }
    bytes = []
    start = 0
    scanned = 0
  }

  /// Consumes a line and returns where it is, without its CR LF; `nil` until it is complete. The range is valid until
  /// the next `append`.
  mutating func line(limit: Int, tooLong: HTTPMessageFault) throws(HTTPMessageFault) -> Range<Int>? {
    var index = max(scanned, start)
    let end = bytes.count
    while index < end, bytes[index] != HTTPSyntax.lineFeed { index += 1 }
    scanned = index
    guard index < end else {
      if count > limit + 1 { throw tooLong }
      return nil
    }
    guard index - start <= limit + 1 else { throw tooLong }
    guard index > start, bytes[index - 1] == HTTPSyntax.carriageReturn else { throw .malformedLineEnd }
    let line = start..<(index - 1)
    start = index + 1
    return line
  }

  /// Consumes up to `limit` bytes without copying them.
  mutating func take(upTo limit: Int) -> ArraySlice<UInt8> {
    let length = min(limit, count)
    start += length
    return bytes[(start - length)..<start]
  }

  /// Consumes up to `limit` bytes, to the end of `target`.
  mutating func move(upTo limit: Int, into target: inout [UInt8]) -> Int {
    let length = min(limit, count)
    target.append(contentsOf: bytes[start..<(start + length)])
    start += length
    return length
  }

  /// Consumes one byte.
  mutating func removeFirst() -> UInt8? {
    guard !isEmpty else { return nil }
    start += 1
    return bytes[start - 1]
  }
}
