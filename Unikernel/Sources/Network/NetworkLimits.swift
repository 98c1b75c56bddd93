/// What the stack holds at most. At a bound, new work is refused; what is there goes on.
public struct NetworkLimits: Sendable {
  /// TCP connections, half-open ones included. More are not answered, and `connect` gives `nil`.
  public var connections = 4096
  /// Half-open connections to this image. At the bound, one that has waited longer than its handshake should take makes
  /// room; if none has, the new one is not answered.
  public var halfOpenConnections = 512
  /// Ports with a listener.
  public var listeners = 64
  /// Remembered ends of connections (TIME-WAIT). At the bound the oldest is forgotten.
  public var timeWaits = 4096
  /// Bytes that `write` queues on one connection.
  public var sendBuffer = 256 << 10
  /// Bytes received on one connection and not read: the largest window offered.
  public var receiveBuffer = 64 << 10

  /// The defaults.
  public init() {}
}
