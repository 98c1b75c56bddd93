import Interchange
import LibraryOS

/// The other end of a connection to the image under test: collects what it receives.
public final class InMemoryClient: StreamHandler {
  /// Everything received so far.
  public private(set) var received: [UInt8] = []
  /// Whether the image has ended its direction.
  public private(set) var hasEnded = false
  /// Why the connection is gone, if it is.
  public private(set) var closeReason: CloseReason?
  /// Whether it closes its end when the image does, as clients do.
  public var closesInTurn = true
  /// Whether it takes what arrives.
  public var isReading = true
  /// This end of the connection.
  public private(set) var stream: InMemoryStream?

  private let network: InMemoryNetwork
  private var unsent: [UInt8] = []

  /// Opens a connection to the image's `port`.
  public init(_ network: InMemoryNetwork, port: UInt16 = 80, from source: IPv4Address = IPv4Address(10, 77, 0, 9)) {
    self.network = network
    self.stream = network.open(from: source, to: Endpoint(network.address, port: port), handler: self)
  }

  /// Sends bytes, when there is room for them.
  public func send(_ bytes: [UInt8]) {
    unsent.append(contentsOf: bytes)
    sendMore()
  }

  /// Takes what arrived while it was not reading, up to `limit` bytes.
  public func take(_ limit: Int) {
    if let stream { received.append(contentsOf: stream.read(limit: limit)) }
  }

  /// Forgets what it received.
  public func forget() {
    received = []
  }

  private func sendMore() {
    guard let stream, !unsent.isEmpty else { return }
    unsent.removeFirst(stream.write(unsent[...]))
  }

  /// The connection is open.
  public func streamOpened(_ stream: any ByteStream) {}

  /// Takes what arrived.
  public func streamReadable(_ stream: any ByteStream) {
    if isReading { received.append(contentsOf: stream.read(limit: .max)) }
  }

  /// Sends what had no room before.
  public func streamWritable(_ stream: any ByteStream) {
    sendMore()
  }

  /// The image sends no more.
  public func streamEnded(_ stream: any ByteStream) {
    hasEnded = true
    if closesInTurn { stream.close() }
  }

  /// The connection is gone.
  public func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    closeReason = reason
  }
}
