public import Interchange
public import LibraryOS

/// Limits how often a source may ask, with one token bucket per source address and limit. A request must be allowed by
/// every limit that covers its path, and is then paid for in each; a refused one is answered 429 (RFC 6585, section 4)
/// with `Retry-After`, and costs nothing. Where connections count and not requests, each is as a request for `/`, and a
/// refused one is reset. Until it has been given limits, it answers 503. How many connections a source
/// may have open is said here too; who takes connections goes by it.
public final class RateLimit: RequestModule, ArrivalFilter {
  /// How many sources each limit remembers. Of more, those seen least recently are forgotten, and start anew.
  public static let maximumSources = 4096
  /// How many limits can be declared.
  public static let maximumLimits = 64
  /// How many refusals are recorded as events in a second.
  public static let eventsPerSecond = 10

  /// `rate-limit`.
  public let name: ByteString = "rate-limit"
  /// Before anybody is authenticated, since that costs.
  public let stage = Stage.rateLimit

  private struct Rule {
    var limit: Limit
    var buckets: RecencyTable<TokenBucket>
  }

  private let clock: any Clock
  private let events: any EventSink
  private let shares: ConnectionShares
  private let seed: UInt64
  private var rules: [Rule] = []
  private var prepared: [Limit]?
  private var preparedConnections: Int?
  private var isConfigured = false
  private var allowance = EventAllowance(perSecond: RateLimit.eventsPerSecond)

  private var admitted: UInt64 = 0
  private var refused: UInt64 = 0
  /// Evictions of tables that are no longer there.
  private var pastEvictions: UInt64 = 0

  /// The most connections of one source that can be declared.
  public static let maximumConnections = 65_536

  /// A module without limits yet. `random` seeds the tables; `shares` is told how many connections a source may have.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, shares: ConnectionShares) {
    self.shares = shares
    self.clock = clock
    self.events = events
    seed = UInt64(leading: random.bytes(8))
  }

  /// Requests admitted and refused, sources forgotten to make room, and events that were not recorded.
  public var counters: [Counter] {
    var evicted = pastEvictions
    for rule in rules { evicted &+= rule.buckets.evictions }
    return [
      Counter("rate-limit.admitted", admitted), Counter("rate-limit.refused", refused),
      Counter("rate-limit.evicted", evicted), Counter("rate-limit.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `limits`, a list of maps with `paths`, `requests`, `interval-ms` and `burst`, and `connections-per-source`, of
  /// which 0 stands for no limit.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var limits: [Limit]?
    var connections: Int?
    for parameter in parameters {
      if parameter.name == "connections-per-source" {
        guard let read = parameter.value.integerValue, read >= 0, read <= RateLimit.maximumConnections else {
          throw ParameterFault("rate-limit.connections-per-source", expected: "a number from 0 to 65536")
        }
        connections = Int(read)
        continue
      }
      guard parameter.name == "limits" else {
        throw ParameterFault(
          "rate-limit." + parameter.name, expected: "no parameter but limits and connections-per-source")
      }
      guard limits == nil else { throw ParameterFault("rate-limit.limits", expected: "to be given once") }
      guard let items = parameter.value.listValue, items.count <= RateLimit.maximumLimits else {
        throw ParameterFault("rate-limit.limits", expected: "a list of at most 64 limits")
      }
      var read: [Limit] = []
      for item in items { read.append(try Limit(item)) }
      limits = read
    }
    guard limits != nil || isConfigured else {
      throw ParameterFault("rate-limit.limits", expected: "to be given at the start")
    }
    prepared = limits
    preparedConnections = connections
  }

  /// Puts limits in force. A limit that stays as it was keeps its buckets: changing another must not refill them.
  public func commit() {
    if let preparedConnections {
      shares.limit = preparedConnections > 0 ? preparedConnections : nil
      self.preparedConnections = nil
    }
    guard let prepared else { return }
    self.prepared = nil
    isConfigured = true
    var old = rules
    rules = []
    for limit in prepared {
      if let index = old.firstIndex(where: { $0.limit == limit }) {
        rules.append(old.remove(at: index))
      } else {
        let salt = UInt64(rules.count).scattered(by: seed)
        rules.append(
          Rule(limit: limit, buckets: RecencyTable(capacity: RateLimit.maximumSources, seed: seed ^ salt)))
      }
    }
    for rule in old { pastEvictions &+= rule.buckets.evictions }
  }

  /// Forgets prepared limits.
  public func rollback() {
    prepared = nil
    preparedConnections = nil
  }

  /// Admits a request, or answers 429.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "rate limit is not configured")) }
    let wait = charge(exchange.source, for: exchange.request.path, at: exchange.arrival)
    guard wait == 0 else { return refuse(exchange, wait: wait) }
    return .proceed
  }

  /// Admits a connection, or has it reset.
  public func admits(arrival client: Endpoint, at now: Instant) -> Bool {
    guard isConfigured else { return false }
    let wait = charge(client, for: "/", at: now)
    guard wait > 0 else { return true }
    refused &+= 1
    if allowance.take(at: now) {
      events.record(
        SecurityEvent(
          module: name, action: "limited", severity: .medium, time: clock.wallMilliseconds,
          details: [
            ParameterField("source", .text(client.address.text)),
            ParameterField("retry-after", .integer(Int64(RateLimit.seconds(wait)))),
          ]))
    }
    return false
  }

  /// Takes from the buckets of a source, and returns 0; or, where one of them is empty, takes nothing and returns the
  /// microseconds after which none will be.
  private func charge(_ client: Endpoint, for path: ByteString, at instant: Instant) -> UInt64 {
    let now = instant.nanoseconds / 1000
    let source = client.address.sourceKey
    var wait: UInt64 = 0
    for index in 0..<rules.count where rules[index].limit.covers(path) {
      let limit = rules[index].limit
      let own = rules[index].buckets.update(source, initial: TokenBucket(limit, at: now)) { bucket in
        bucket.refill(limit, at: now)
        return bucket.wait(limit)
      }
      wait = max(wait, own)
    }
    guard wait == 0 else { return wait }
    for index in 0..<rules.count where rules[index].limit.covers(path) {
      let limit = rules[index].limit
      rules[index].buckets.update(source, initial: TokenBucket(limit, at: now)) { $0.take(limit) }
    }
    admitted &+= 1
    return 0
  }

  /// Whole seconds, at least as long.
  private static func seconds(_ microseconds: UInt64) -> Int {
    Int(clamping: microseconds / 1_000_000 + (microseconds % 1_000_000 == 0 ? 0 : 1))
  }

  private func refuse(_ exchange: Exchange, wait: UInt64) -> Verdict {
    refused &+= 1
    let seconds = RateLimit.seconds(wait)
    if allowance.take(at: exchange.arrival) {
      events.record(
        SecurityEvent(
          module: name, action: "limited", severity: .medium, time: clock.wallMilliseconds,
          details: [
            ParameterField("source", .text(exchange.source.address.text)),
            ParameterField("method", .text(exchange.request.method)),
            ParameterField("path", .text(ByteString(exchange.request.path.bytes.prefix(256)))),
            ParameterField("retry-after", .integer(Int64(seconds))),
          ]))
    }
    return .respond(
      .text(429, "too many requests", headers: [HTTPField("retry-after", ByteString(decimal: seconds))]))
  }
}
