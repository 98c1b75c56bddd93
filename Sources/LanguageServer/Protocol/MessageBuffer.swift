/// Cuts a stream of bytes into messages, as the base protocol of the Language Server Protocol frames them: header fields
/// that end with CR LF, an empty line, and as many bytes as `Content-Length` says.
public struct MessageBuffer: Sendable {
  /// What is next in the stream.
  public enum Event: Hashable, Sendable {
    /// The body of a message.
    case message([UInt8])
    /// A header that cannot be understood. What follows it is skipped up to the next header.
    case malformedHeader
    /// A message that is longer than allowed. It is skipped.
    case tooLong(Int)
  }

  /// The bytes that a header may have at most.
  static let headerLimit = 4 << 10

  /// The bytes that a body may have at most.
  public let bodyLimit: Int
  private var bytes: [UInt8] = []
  private var start = 0
  private var skipping = 0

  /// An empty buffer.
  /// - Parameter bodyLimit: The bytes that a body may have at most.
  public init(bodyLimit: Int = 32 << 20) { self.bodyLimit = bodyLimit }

  /// Adds what arrived.
  public mutating func append(_ more: some Sequence<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// What is next; nil where more bytes must arrive first.
  public mutating func next() -> Event? {
    if skipping > 0 {
      let skipped = min(skipping, bytes.count - start)
      start += skipped
      skipping -= skipped
      if skipping > 0 { return nil }
    }
    guard let end = headerEnd() else {
      guard bytes.count - start > Self.headerLimit else { return nil }
      resynchronize(from: start + 1)
      return .malformedHeader
    }
    guard let length = Self.contentLength(bytes[start..<end]) else {
      // What went before may have left something in front of a header that is whole.
      let within = Self.firstName(in: bytes[(start + 1)..<end]).flatMap { bytes[$0 - 1] == 0x0A ? nil : $0 }
      resynchronize(from: within ?? end)
      return .malformedHeader
    }
    guard length <= bodyLimit else {
      start = end
      skipping = length
      return .tooLong(length)
    }
    guard bytes.count - end >= length else { return nil }
    start = end + length
    return .message(Array(bytes[end..<(end + length)]))
  }

  /// Where the body begins: behind the empty line that ends the header.
  private func headerEnd() -> Int? {
    var index = start
    let last = min(bytes.count, start + Self.headerLimit)
    while index + 3 < last {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A {
        return index + 4
      }
      index += 1
    }
    return nil
  }

  private static let name = Array("Content-Length:".utf8)

  /// Goes on at the next header, or keeps as much as could be the beginning of one.
  private mutating func resynchronize(from index: Int) {
    start = Self.firstName(in: bytes[index...]) ?? max(index, bytes.count - Self.name.count + 1)
  }

  /// Where a header's name first stands.
  private static func firstName(in bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    while index + name.count <= bytes.endIndex {
      if bytes[index] == name[0], bytes[index..<(index + name.count)].elementsEqual(name) { return index }
      index += 1
    }
    return nil
  }

  private static func contentLength(_ header: ArraySlice<UInt8>) -> Int? {
    var length: Int?
    for line in String(decoding: header, as: UTF8.self).split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      guard parts[0].lowercased() == "content-length" else { continue }
      let digits = parts[1].filter { $0 != " " }
      guard length == nil, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      length = Int(digits)
      if length == nil { return nil }
    }
    return length
  }

  /// A message with its header.
  public static func framed(_ body: [UInt8]) -> [UInt8] { Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body }
}
