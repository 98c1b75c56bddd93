import Interchange

/// A reliable stream of bytes in both directions: a TCP connection, or TLS over one. Class-bound, because Embedded Swift
/// has existentials of classes only.
public protocol ByteStream: AnyObject {
  /// The other end.
  var remote: Endpoint { get }
  /// This end.
  var local: Endpoint { get }
  /// Bytes received and not read yet.
  var readableCount: Int { get }
  /// Bytes that `write` would take now.
  var writableCount: Int { get }
  /// Takes up to `limit` received bytes, which opens the receive window by as much. Empty: none are there now.
  func read(limit: Int) -> [UInt8]
  /// Queues bytes to be sent and returns how many were taken, from the front; 0 when the send buffer is full.
  func write(_ bytes: ArraySlice<UInt8>) -> Int
  /// Like `read(limit:)`, into memory of the caller's. Returns how many bytes were taken.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int
  /// Like `write`, from memory of the caller's.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int
  /// Who the other end proved to be while the stream was set up; `nil` for nobody in particular.
  var peer: Principal? { get }
  /// Whether nobody between the ends can read or change what passes.
  var isSecure: Bool { get }
  /// The `admissionVersion` of what secures it when that let it in, or opened it; 0 where nothing does.
  var admission: UInt64 { get }
  /// Sends what is queued, then ends this direction. Idempotent.
  func close()
  /// Ends both directions at once (RST) and forgets what is queued. No further event follows.
  func abort()
}

extension ByteStream {
  /// Copies out of `read(limit:)`.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let bytes = read(limit: buffer.count)
    buffer.copyBytes(from: bytes)
    return bytes.count
  }

  /// Copies into `write`.
  public func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    let copy = [UInt8](bytes)
    return write(copy[...])
  }

  /// Nobody in particular.
  public var peer: Principal? { nil }

  /// Not by itself.
  public var isSecure: Bool { false }

  /// By nothing.
  public var admission: UInt64 { 0 }
}

/// Who owns a stream is told what happens to it. Calls come from the event loop, never from inside `write` or `read`.
public protocol StreamHandler: AnyObject {
  /// The connection asked for with `connect` is open.
  func streamOpened(_ stream: any ByteStream)
  /// Bytes arrived: `readableCount` grew.
  func streamReadable(_ stream: any ByteStream)
  /// Space became free in the send buffer after `write` took less than it was given.
  func streamWritable(_ stream: any ByteStream)
  /// The other end sends no more. What was received before can still be read, and this end can still write.
  func streamEnded(_ stream: any ByteStream)
  /// The connection is gone: closed on both sides, reset, timed out or refused. The last event.
  func streamClosed(_ stream: any ByteStream, reason: CloseReason)
  /// What would be lost if the stream ended now.
  func stillness(at now: Instant) -> Stillness
}

extension StreamHandler {
  /// Nobody knows.
  public func stillness(at now: Instant) -> Stillness { .busy }
}

/// Why a connection is gone.
public enum CloseReason: UInt8, Sendable {
  /// Both sides closed it.
  case finished
  /// The other side reset it.
  case reset
  /// The other side did not answer.
  case timedOut
  /// Nobody listens there, or the firewall forbids it.
  case refused
}

/// Who takes connections on a port.
public protocol StreamAcceptor: AnyObject {
  /// A connection is open. Returns who handles it, or `nil` to reset it.
  func accept(_ stream: any ByteStream) -> (any StreamHandler)?
}

/// Puts itself between the network and who takes or opens connections, as TLS does.
public protocol StreamSecurity: AnyObject {
  /// Who is to take connections from the network in place of `acceptor`, and passes on to it what is secured. `protocol`:
  /// what is spoken on them, by its name for application-layer protocol negotiation (RFC 7301); `nil` for what has none.
  func securing(_ acceptor: any StreamAcceptor, protocol: ByteString?) -> any StreamAcceptor
  /// Before a connection to a backend is secured, says `request` and waits for `answer`, byte by byte; any other ends it.
  func greetBackends(saying request: [UInt8], expecting answer: [UInt8])
  /// Whether connections from the network are secured; else all pass as they are. Known once settings are in force, and
  /// does not change.
  var securesArrivals: Bool { get }
  /// Counts the settings by which connections are let in, or opened: those of an earlier number might not be now.
  var admissionVersion: UInt64 { get }
  /// What modules are to open connections through in place of `network`.
  func securing(_ network: any StreamNetwork) -> any StreamNetwork
}

/// The transport layer as the parts above it see it.
public protocol StreamNetwork: AnyObject {
  /// Takes connections on `port`; `false` if it is taken.
  func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool
  /// Opens a connection from a random port. `nil` when no connection can be made now (bound reached).
  func connect(to remote: Endpoint, handler: any StreamHandler) -> (any ByteStream)?
}
