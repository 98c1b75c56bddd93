import Interchange

/// Somebody who is told how each connection ended, where connections count and not requests.
public protocol ConnectionObserver: AnyObject {
  /// Called once per connection that was taken, when it is over.
  func connectionEnded(_ connection: ConnectionRecord)
}

/// What became of a connection.
public struct ConnectionRecord: Sendable {
  /// How a connection ends.
  public enum Outcome: UInt8, Sendable {
    /// Its ends closed it.
    case finished
    /// It was cut off: by one of its ends, or since nothing was said on it for too long.
    case broken
    /// This image ended it: its settings have changed, or it is about to go.
    case withdrawn
    /// Whoever it was for cannot be reached.
    case unreachable
  }

  /// The client.
  public var source: Endpoint
  /// Who that proved to be.
  public var principal: Principal
  /// Where it went, if anywhere.
  public var backend: Endpoint?
  /// Bytes that the client sent.
  public var received: UInt64
  /// Bytes that the client got.
  public var sent: UInt64
  /// How long it was open.
  public var duration: TimeSpan
  /// How it ended.
  public var outcome: Outcome

  /// What became of a connection.
  public init(
    source: Endpoint, principal: Principal, backend: Endpoint?, received: UInt64, sent: UInt64, duration: TimeSpan,
    outcome: Outcome
  ) {
    self.source = source
    self.principal = principal
    self.backend = backend
    self.received = received
    self.sent = sent
    self.duration = duration
    self.outcome = outcome
  }
}
