import Interchange
import LibraryOS

/// How long a client waits, and how much it keeps.
public struct HTTPClientLimits: Sendable {
  /// Until a connection is open.
  public var connectTimeout = TimeSpan.seconds(2)
  /// From sending a request until its response is complete, and for a request that waits for a connection.
  public var responseTimeout = TimeSpan.seconds(20)
  /// How long an unused connection is kept. Shorter than servers keep theirs, so that requests seldom meet one that is
  /// just being closed.
  public var idleTimeout = TimeSpan.seconds(15)
  /// Connections to one backend.
  public var connectionsPerBackend = 128
  /// Requests that wait for a connection to one backend.
  public var waitingPerBackend = 1024
  /// The parts of a response.
  public var message = HTTPLimits(bodyBytes: 4 << 20)

  /// The usual limits.
  public init() {}
}

/// Why there is no response.
public enum HTTPClientFault: Error, Equatable, Sendable {
  /// No connection could be made. Nothing was sent: any request can be sent elsewhere.
  case unreachable
  /// The backend did not accept the connection or answer in time.
  case timedOut
  /// The connection ended before the response did.
  case closed
  /// What came is no response that can be trusted.
  case malformed(HTTPMessageFault)
  /// Too many requests wait for this backend already.
  case overloaded
  /// The request has fields or a target that cannot be written.
  case unwritable
}
