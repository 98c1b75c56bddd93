import CBearSSL
import Interchange
import LibraryOS
import LibraryOSTesting

@testable import TransportSecurity

/// A server behind TLS: echoes what it gets, in upper case, and notes what happens.
final class SecureFixture {
  let network = InMemoryNetwork()
  let clock = ManualClock()
  let events = EventRecorder()
  let module: TransportSecurity
  let server = EchoServer()

  init(
    identities: [ParameterValue] = [identity(["portal.test"], TestCertificates.ecCertificate, TestCertificates.ecKey)],
    _ more: [(ByteString, ParameterValue)] = []
  ) throws {
    module = TransportSecurity(
      clock: clock, random: RepeatableRandom(), events: events,
      shares: ConnectionShares(clock: clock, events: events))
    try module.configure([("identities", .list(identities))] + more)
    _ = network.listen(port: 443, acceptor: module.securing(server, protocol: "http/1.1"))
  }

  convenience init(_ more: [(ByteString, ParameterValue)]) throws {
    try self.init(
      identities: [identity(["portal.test"], TestCertificates.ecCertificate, TestCertificates.ecKey)], more)
  }

  /// Asks clients for certificates of the test authority.
  static func asking(_ mode: ByteString) -> [(ByteString, ParameterValue)] {
    [
      ("client-authentication", .text(mode)),
      ("client-authorities", .list([.bytes(TestCertificates.authorityCertificate)])),
    ]
  }

  /// Lets everything happen, what was put off included.
  func run() {
    for _ in 0..<4 {
      network.run()
      if let deadline = module.deadline, deadline <= clock.now { module.expire(at: clock.now) }
    }
  }

  /// A client whose handshake has run.
  func client(_ options: TLSClient.Options = TLSClient.Options()) -> TLSClient {
    let client = TLSClient(network, options)
    run()
    return client
  }

  /// A client that shows a certificate.
  func client(showing certificate: [UInt8], key: [UInt8]) -> TLSClient {
    client(TLSClient.Options(certificate: (chain: [certificate], key: key)))
  }
}

/// One item of `identities`.
func identity(_ names: [ByteString], _ certificate: [UInt8], _ key: [UInt8]) -> ParameterValue {
  map([
    ("names", .list(names.map { .text($0) })),
    ("certificates", .list([.bytes(certificate), .bytes(TestCertificates.authorityCertificate)])), ("key", .bytes(key)),
  ])
}

/// Answers in upper case.
final class EchoServer: StreamAcceptor, StreamHandler {
  private(set) var streams: [any ByteStream] = []
  private(set) var received: [UInt8] = []
  private(set) var ends = 0
  private(set) var closes: [CloseReason] = []
  var isReading = true
  var refuses = false
  private var unsent: [UInt8] = []

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    guard !refuses else { return nil }
    streams.append(stream)
    return self
  }

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    guard isReading else { return }
    while true {
      let bytes = stream.read(limit: 1000)
      guard !bytes.isEmpty else { return }
      received.append(contentsOf: bytes)
      send(bytes.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, on: stream)
    }
  }

  func send(_ bytes: [UInt8], on stream: any ByteStream) {
    unsent.append(contentsOf: bytes)
    streamWritable(stream)
  }

  func streamWritable(_ stream: any ByteStream) {
    while !unsent.isEmpty {
      let taken = stream.write(unsent[...])
      if taken == 0 { return }
      unsent.removeFirst(taken)
    }
  }

  func streamEnded(_ stream: any ByteStream) {
    ends += 1
    stream.close()
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) { closes.append(reason) }
}
