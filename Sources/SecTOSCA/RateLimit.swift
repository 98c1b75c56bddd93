/// How often, how much and with how many connections a resource may be asked: of some of its paths, by some methods.
public struct RateLimit: Hashable, Sendable, Codable {
  /// Whose requests are counted together.
  public enum Party: String, CaseIterable, Hashable, Sendable, Codable {
    /// Those of an IPv4 address, or of an IPv6 network of 64 bits.
    case source
    /// Those of whom credentials name; a visitor's by source.
    case principal
    /// Those of all.
    case all
  }

  /// A token bucket for each party.
  public struct Bucket: Hashable, Sendable, Codable {
    /// Who has one.
    public var party: Party
    /// Requests that refill it in each interval.
    public var requests: Int
    /// The interval in milliseconds.
    public var intervalMilliseconds: Int
    /// What it holds.
    public var burst: Int

    /// A token bucket for each party.
    public init(party: Party, requests: Int, intervalMilliseconds: Int, burst: Int) {
      self.party = party
      self.requests = requests
      self.intervalMilliseconds = intervalMilliseconds
      self.burst = burst
    }
  }

  /// How many bytes each party may send and get in a period.
  public struct Quota: Hashable, Sendable, Codable {
    /// Whose bytes are counted together.
    public var party: Party
    /// The most bytes of requests; nil: any number.
    public var received: Int?
    /// The most bytes of answers; nil: any number.
    public var sent: Int?
    /// The period in seconds.
    public var periodSeconds: Int

    /// How many bytes each party may send and get.
    public init(party: Party, received: Int?, sent: Int?, periodSeconds: Int) {
      self.party = party
      self.received = received
      self.sent = sent
      self.periodSeconds = periodSeconds
    }
  }

  /// The buckets; a request is paid for in each.
  public var buckets: [Bucket]
  /// The quota of bytes; nil: none.
  public var quota: Quota?
  /// The path prefixes that buckets and quota are for; `["/"]` for all.
  public var paths: [String]
  /// The methods that they are for; empty for all.
  public var methods: [String]
  /// The connections that a source may have open at once; nil: as many as its share is.
  public var connections: Int?
  /// The connections that there may be in all; nil: as many as there are places.
  public var totalConnections: Int?
  /// The bytes of an answer that a client must take in a second; nil: those that every image asks for.
  public var minimumRate: Int?
  /// Whether answers say how much is left.
  public var isAnnounced: Bool

  /// Limits.
  public init(
    buckets: [Bucket], quota: Quota? = nil, paths: [String] = ["/"], methods: [String] = [], connections: Int? = nil,
    totalConnections: Int? = nil, minimumRate: Int? = nil, isAnnounced: Bool = false
  ) {
    self.buckets = buckets
    self.quota = quota
    self.paths = paths
    self.methods = methods
    self.connections = connections
    self.totalConnections = totalConnections
    self.minimumRate = minimumRate
    self.isAnnounced = isAnnounced
  }

  /// A token bucket for each source.
  public init(requests: Int, intervalMilliseconds: Int, burst: Int, paths: [String], connections: Int? = nil) {
    self.init(
      buckets: [
        Bucket(party: .source, requests: requests, intervalMilliseconds: intervalMilliseconds, burst: burst)
      ], paths: paths, connections: connections)
  }

  /// Whether there is anything in it besides a quota.
  public var limitsMoreThanBytes: Bool {
    !buckets.isEmpty || connections != nil || totalConnections != nil || minimumRate != nil
  }
}
