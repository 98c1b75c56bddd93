import Interchange
import LibraryOS

/// Decodes the chunked transfer coding (RFC 9112, 7.1). Extensions and trailers are checked, bounded and dropped.
struct ChunkedDecoder: Sendable {
  private enum State: Sendable {
    case size
    case data(remaining: Int)
    case dataEnd
    case trailers
    case done
  }

  /// The longest line with a chunk's size and extensions.
  static let lineLimit = 256

  private var state = State.size
  private var extensionBytes = 0
  private var trailers: FieldSection
  private let limits: HTTPLimits

  init(limits: HTTPLimits) {
    self.limits = limits
    self.trailers = FieldSection(limits: limits)
  }

  /// Moves what has arrived into `body`; `true` when the last chunk and the trailer section are complete.
  mutating func decode(
    from buffer: inout ReceiveBuffer, into body: inout [UInt8]
  ) throws(HTTPMessageFault) -> Bool {
    while true {
      switch state {
      case .size:
        guard let line = try buffer.line(limit: ChunkedDecoder.lineLimit, tooLong: .malformedChunk) else {
          return false
        }
        let size = try size(buffer.bytes[line])
        guard size <= limits.bodyBytes - body.count else { throw .bodyTooLarge }
        state = size == 0 ? .trailers : .data(remaining: size)
      case .data(let remaining):
        let moved = buffer.move(upTo: remaining, into: &body)
        guard moved == remaining else {
          state = .data(remaining: remaining - moved)
          return false
        }
        state = .dataEnd
      case .dataEnd:
        guard buffer.count >= 2 else {
          if let first = buffer.first, first != HTTPSyntax.carriageReturn { throw .malformedChunk }
          return false
        }
        guard buffer.removeFirst() == HTTPSyntax.carriageReturn, buffer.removeFirst() == HTTPSyntax.lineFeed else {
          throw .malformedChunk
        }
        state = .size
      case .trailers:
        guard try trailers.read(from: &buffer) else { return false }
        state = .done
      case .done:
        return true
      }
    }
  }

  /// Reads hexadecimal digits, up to eight of them, and checks the extension that may follow.
  private mutating func size(_ line: ArraySlice<UInt8>) throws(HTTPMessageFault) -> Int {
    var size = 0
    var index = line.startIndex
    while index < line.endIndex, let digit = URISyntax.hexadecimal(line[index]) {
      guard index - line.startIndex < 8 else { throw .malformedChunk }
      size = size << 4 | Int(digit)
      index += 1
    }
    guard index > line.startIndex else { throw .malformedChunk }
    if index < line.endIndex {
      guard line[index] == 0x3B, line[index...].allSatisfy(HTTPSyntax.isFieldContent) else { throw .malformedChunk }
      extensionBytes += line.endIndex - index
      // A stream of tiny chunks with long extensions costs more than it carries.
      guard extensionBytes <= limits.headerBytes else { throw .malformedChunk }
    }
    return size
  }
}
