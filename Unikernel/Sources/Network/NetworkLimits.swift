import LibraryOS

/// What the stack holds at most. At a bound, new work is refused; what is there goes on.
public struct NetworkLimits: Sendable {
  /// TCP connections, half-open ones included. More are not answered, and `connect` gives `nil`.
  public var connections = 4096
  /// What `network.maximum-connections` may ask for: as many as there is memory for.
  public var largestConnections = 65_536
  /// Half-open connections to this image. At the bound, a SYN is answered without being remembered (SYN cookies).
  public var halfOpenConnections = 512
  /// Ports with a listener.
  public var listeners = 64
  /// Remembered ends of connections (TIME-WAIT). At the bound the oldest is forgotten.
  public var timeWaits = 4096
  /// Bytes that `write` queues on one connection.
  public var sendBuffer = 256 << 10
  /// Bytes received on one connection and not read: the largest window offered.
  public var receiveBuffer = 256 << 10
  /// Bytes of memory for what was received and not read, on all connections. At the bound no window opens, and only what
  /// somebody waits for is taken.
  public var receiveMemory = 4 << 20
  /// How long a connection may be silent before its other end is asked whether it is there (RFC 9293, 3.8.4); `nil`: for
  /// ever.
  public var keepAlive: TimeSpan? = .seconds(7200)

  /// How the congestion window of a connection grows.
  public var congestionControl = CongestionAlgorithm.cubic

  /// What one idle connection takes in all, rounded up: its own state, that of HTTP, and its places in tables.
  public static let connectionMemory = 3072

  /// The window of a new connection.
  static let initialWindow = 64 << 10

  /// The defaults.
  public init() {}
}
