import Interchange
import LibraryOS
import Prefaces

/// What a PostgreSQL client says before TLS begins (PostgreSQL's documentation, "Frontend/Backend Protocol", Message Flow):
/// it asks whether TLS is spoken, and begins with it once that was answered. A client that begins with TLS at once
/// (`sslnegotiation=direct`) says nothing before. Whatever else comes in clear is refused, but, where that is allowed, a
/// request to cancel: clients before PostgreSQL 17 have no other way.
final class PostgreSQLPreface: Preface {
  /// The name of the protocol within TLS, for negotiation by ALPN.
  static let protocolName: ByteString = "postgresql"
  /// With what a client asks for TLS (SSLRequest): a length of 8, and the code.
  static let encryptionRequest: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
  /// The answer that it is spoken.
  static let encryptionAnswer: [UInt8] = [0x53]  // S

  let refusal: ByteString = "clear-refused"
  /// Who takes requests to cancel that come in clear, if anybody does.
  private let clear: (any StreamAcceptor)?

  init(clear: (any StreamAcceptor)?) {
    self.clear = clear
  }

  func isDue(on stream: any ByteStream) -> Bool { true }
  func makeReader() -> any PrefaceReader { PostgreSQLPrefaceReader(clear: clear) }
  func admits(_ stream: PrefacedStream) -> Bool { true }
}

/// Reads what one client says before TLS.
private final class PostgreSQLPrefaceReader: PrefaceReader {
  /// Requests have the codes of versions that will never be.
  private static let cancel: UInt32 = 80_877_102
  private static let encrypt: UInt32 = 80_877_103
  private static let encryptByGSSAPI: UInt32 = 80_877_104
  /// The first byte of a TLS record with a handshake message (RFC 5246, 6.2.1).
  private static let handshake: UInt8 = 22
  private static let requestLength = 8
  private static let cancelLength = 16

  private let clear: (any StreamAcceptor)?
  private var bytes: [UInt8] = []
  private var askedForGSSAPI = false

  init(clear: (any StreamAcceptor)?) {
    self.clear = clear
  }

  // A byte at first: what begins with TLS has to find all others where they are.
  var missing: Int {
    if bytes.isEmpty { return 1 }
    return (bytes.count < Self.requestLength ? Self.requestLength : Self.cancelLength) - bytes.count
  }

  func take(_ more: [UInt8]) -> PrefaceStep {
    bytes += more
    var outcome = PrefaceOutcome()
    if bytes[0] == Self.handshake {
      outcome.rest = bytes
      return .complete(outcome)
    }
    guard bytes.count >= Self.requestLength else { return .incomplete }
    let length = number(at: 0)
    switch number(at: 4) {
    case Self.encrypt where length == Self.requestLength:
      outcome.answer = PostgreSQLPreface.encryptionAnswer
      return .complete(outcome)
    case Self.encryptByGSSAPI where length == Self.requestLength && !askedForGSSAPI:
      askedForGSSAPI = true
      bytes = []
      return .answer([0x4E])  // N: it may ask for TLS then
    case Self.cancel where length == Self.cancelLength:
      guard let clear else { return .refused("cancel in clear") }
      guard bytes.count == Self.cancelLength else { return .incomplete }
      outcome.rest = bytes
      outcome.isWhole = true
      outcome.acceptor = clear
      return .complete(outcome)
    default:
      return .refused("clear")
    }
  }

  private func number(at start: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in start..<(start + 4) { value = value << 8 | UInt32(bytes[index]) }
    return value
  }
}
