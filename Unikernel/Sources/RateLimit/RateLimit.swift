public import Interchange
public import LibraryOS

/// Limits how often somebody may ask, with one token bucket per party and limit: per source, per principal, or one for
/// all. A request must be allowed by every limit that covers it, and is then paid for in each; a refused one is answered
/// 429 (RFC 6585, section 4) with `Retry-After`, and costs nothing. Until it has been given limits, it answers 503. How
/// many connections there may be, and how slow clients may be, is said here too; who takes connections goes by it. Where
/// connections count and not requests, each is as a request for `/`, and a refused one is reset.
///
/// Limits per principal are looked at in a second stage, `afterAuthentication`.
public final class RateLimit: RequestModule, ArrivalFilter {
  /// How many parties each limit remembers. Of more, those seen least recently are forgotten, and start anew.
  public static let maximumParties = 4096
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
  private var announces = false
  private var prepared: RateLimitSettings?
  private var isConfigured = false
  private var allowance = EventAllowance(perSecond: RateLimit.eventsPerSecond)

  private var admitted: UInt64 = 0
  private var refused: UInt64 = 0
  /// Evictions of tables that are no longer there.
  private var pastEvictions: UInt64 = 0

  /// A module without limits yet. `random` seeds the tables; `shares` is told what connections are allowed.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, shares: ConnectionShares) {
    self.shares = shares
    self.clock = clock
    self.events = events
    seed = UInt64(leading: random.bytes(8))
  }

  /// Requests admitted and refused, parties forgotten to make room, and events that were not recorded.
  public var counters: [Counter] {
    var evicted = pastEvictions
    for rule in rules { evicted &+= rule.buckets.evictions }
    return [
      Counter("rate-limit.admitted", admitted), Counter("rate-limit.refused", refused),
      Counter("rate-limit.evicted", evicted), Counter("rate-limit.events-suppressed", allowance.suppressed),
    ]
  }

  /// How many parties are remembered, by all limits together.
  public var rememberedParties: Int {
    var count = 0
    for rule in rules { count += rule.buckets.count }
    return count
  }

  /// Reads `limits`, `announced`, and what is for connections.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    let read = try RateLimitSettings(parameters)
    guard read.limits != nil || isConfigured else {
      throw ParameterFault("rate-limit.limits", expected: "to be given at the start")
    }
    prepared = read
  }

  /// Puts limits in force. A limit that stays as it was keeps its buckets: changing another must not refill them.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    if let count = prepared.connectionsPerSource { shares.limit = count > 0 ? count : nil }
    if let count = prepared.connections { shares.total = count > 0 ? count : nil }
    if let rate = prepared.minimumRate { shares.minimumRate = rate }
    if let announced = prepared.announces { announces = announced }
    guard let limits = prepared.limits else { return }
    isConfigured = true
    var old = rules
    rules = []
    for limit in limits {
      if let index = old.firstIndex(where: { $0.limit == limit }) {
        rules.append(old.remove(at: index))
      } else {
        let salt = UInt64(rules.count).scattered(by: seed)
        let capacity = limit.party == .everybody ? 1 : RateLimit.maximumParties
        rules.append(Rule(limit: limit, buckets: RecencyTable(capacity: capacity, seed: seed ^ salt)))
      }
    }
    for rule in old { pastEvictions &+= rule.buckets.evictions }
  }

  /// Forgets prepared limits.
  public func rollback() {
    prepared = nil
  }

  /// Admits a request as far as sources and all together are limited, or answers 429.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "rate limit is not configured")) }
    let verdict = examine(exchange, isAuthenticated: false)
    if case .proceed = verdict { admitted &+= 1 }
    return verdict
  }

  /// What the limits say that are looked at in one of the two stages.
  func examine(_ exchange: Exchange, isAuthenticated: Bool) -> Verdict {
    switch charge(.request(exchange, isAuthenticated: isAuthenticated), at: exchange.arrival) {
    case .free: return .proceed
    case .paid(let standing):
      if announces { exchange.responseHeaders.append(contentsOf: standing.fields) }
      return .proceed
    case .refused(let standing): return refuse(exchange, standing)
    }
  }

  /// Admits a connection, or has it reset: where connections count and not requests.
  public func admits(arrival client: Endpoint, at now: Instant) -> Bool {
    guard isConfigured else { return false }
    guard case .refused(let standing) = charge(.connection(client), at: now) else {
      admitted &+= 1
      return true
    }
    refused &+= 1
    if allowance.take(at: now) {
      events.record(
        Excess.event(
          client, module: name, action: "limited", time: clock.wallMilliseconds,
          retryAfter: Standing.seconds(standing.wait)))
    }
    return false
  }

  /// What is asked for.
  private enum Asked {
    case request(Exchange, isAuthenticated: Bool)
    case connection(Endpoint)

    func concerns(_ limit: Limit) -> Bool {
      switch self {
      case .request(let exchange, let isAuthenticated):
        (limit.party == .principal) == isAuthenticated && limit.selection.covers(exchange.request)
      case .connection: limit.selection.coversConnections
      }
    }

    func key(_ party: Party, seed: UInt64) -> UInt64 {
      switch self {
      case .request(let exchange, _): party.key(of: exchange, seed: seed)
      case .connection(let client): party.key(of: client)
      }
    }
  }

  /// What came of asking, with how things stand with the tightest limit.
  private enum Charge {
    /// No limit is concerned.
    case free
    case paid(Standing)
    case refused(Standing)
  }

  /// Takes from the buckets of all limits that are concerned; where one of them is empty, takes nothing.
  private func charge(_ asked: Asked, at instant: Instant) -> Charge {
    let now = instant.nanoseconds / 1000
    var tightest: Standing?
    for index in 0..<rules.count where asked.concerns(rules[index].limit) {
      let limit = rules[index].limit
      let key = asked.key(limit.party, seed: seed)
      let own = rules[index].buckets.update(key, initial: TokenBucket(limit, at: now)) { bucket in
        bucket.refill(limit, at: now)
        return Standing(limit, bucket)
      }
      if tightest.map({ own.isTighter(than: $0) }) ?? true { tightest = own }
    }
    guard var tightest else { return .free }
    guard tightest.wait == 0 else { return .refused(tightest) }
    for index in 0..<rules.count where asked.concerns(rules[index].limit) {
      let limit = rules[index].limit
      let key = asked.key(limit.party, seed: seed)
      let own = rules[index].buckets.update(key, initial: TokenBucket(limit, at: now)) { bucket in
        bucket.take(limit)
        return Standing(limit, bucket)
      }
      if own.limit == tightest.limit { tightest = own }
    }
    return .paid(tightest)
  }

  private func refuse(_ exchange: Exchange, _ standing: Standing) -> Verdict {
    refused &+= 1
    let seconds = Standing.seconds(standing.wait)
    if allowance.take(at: exchange.arrival) {
      events.record(
        Excess.event(
          exchange, module: name, action: "limited", party: standing.limit.party, time: clock.wallMilliseconds,
          retryAfter: seconds))
    }
    return .respond(
      Excess.response("too many requests", retryAfter: seconds, fields: announces ? standing.fields : []))
  }
}

/// The stage in which limits per principal are looked at. It has no settings of its own.
public final class LimitsAfterAuthentication: RequestModule {
  /// `rate-limit`.
  public var name: ByteString { limits.name }
  /// Once it is known who asks.
  public let stage = Stage.allowance

  private let limits: RateLimit

  /// The second stage of a module.
  public init(of limits: RateLimit) {
    self.limits = limits
  }

  /// The module's own are counted there.
  public var counters: [Counter] { [] }
  /// Nothing to set.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  /// Nothing was set.
  public func commit() {}
  /// Nothing was set.
  public func rollback() {}

  /// Admits a request as far as its principal is limited, or answers 429.
  public func examine(_ exchange: Exchange) -> Verdict {
    limits.examine(exchange, isAuthenticated: true)
  }
}
