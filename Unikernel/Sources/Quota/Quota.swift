public import Interchange
public import LibraryOS

/// Bounds how many bytes somebody may send and get in a period, per source, per principal, or in all. Who has used what is
/// due is answered 429 with `Retry-After` until the period is over. The message that reaches the bound still passes: how
/// long an answer is, is known when it is there. Until it has been given quotas, it answers 503.
///
/// Quotas per principal are looked at in a second stage, `QuotasAfterAuthentication`. What goes over a connection that
/// has changed its protocol is not counted.
public final class Quota: RequestModule, ResponseAmender {
  /// How many parties each quota remembers. Of more, those seen least recently are forgotten, and start anew.
  public static let maximumParties = 4096
  /// How many quotas can be declared.
  public static let maximumQuotas = 16
  /// How many refusals are recorded as events in a second.
  public static let eventsPerSecond = 10

  /// `quota`.
  public let name: ByteString = "quota"
  /// Before anybody is authenticated, since that costs.
  public let stage = Stage.rateLimit

  private struct Rule {
    var quota: ByteQuota
    var usages: RecencyTable<Usage>
  }

  private let clock: any Clock
  private let events: any EventSink
  private let seed: UInt64
  private var rules: [Rule] = []
  private var prepared: [ByteQuota]?
  private var isConfigured = false
  private var allowance = EventAllowance(perSecond: Quota.eventsPerSecond)
  private var refused: UInt64 = 0
  private var received: UInt64 = 0
  private var sent: UInt64 = 0

  /// A module without quotas yet. `random` seeds the tables.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink) {
    self.clock = clock
    self.events = events
    seed = UInt64(leading: random.bytes(8))
  }

  /// Requests refused, bytes counted, and events that were not recorded.
  public var counters: [Counter] {
    [
      Counter("quota.refused", refused), Counter("quota.received-bytes", received), Counter("quota.sent-bytes", sent),
      Counter("quota.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `quotas`, a list of maps.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var quotas: [ByteQuota]?
    for parameter in parameters {
      guard parameter.name == "quotas" else {
        throw ParameterFault("quota." + parameter.name, expected: "no parameter but quotas")
      }
      guard quotas == nil, let items = parameter.value.listValue, items.count <= Quota.maximumQuotas else {
        throw ParameterFault("quota.quotas", expected: "a list of at most 16 quotas, once")
      }
      var read: [ByteQuota] = []
      for item in items { read.append(try ByteQuota(item)) }
      quotas = read
    }
    guard quotas != nil || isConfigured else {
      throw ParameterFault("quota.quotas", expected: "to be given at the start")
    }
    prepared = quotas
  }

  /// Puts quotas in force. One that stays as it was keeps what was used of it.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    isConfigured = true
    var old = rules
    rules = []
    for quota in prepared {
      if let index = old.firstIndex(where: { $0.quota == quota }) {
        rules.append(old.remove(at: index))
      } else {
        let capacity = quota.party == .everybody ? 1 : Quota.maximumParties
        let salt = UInt64(rules.count).scattered(by: seed)
        rules.append(Rule(quota: quota, usages: RecencyTable(capacity: capacity, seed: seed ^ salt)))
      }
    }
  }

  /// Forgets prepared quotas.
  public func rollback() {
    prepared = nil
  }

  /// Admits a request as far as sources and all together have something left, or answers 429.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "quota is not configured")) }
    received &+= UInt64(Quota.size(of: exchange.request))
    return examine(exchange, isAuthenticated: false)
  }

  /// What the quotas say that are looked at in one of the two stages.
  func examine(_ exchange: Exchange, isAuthenticated: Bool) -> Verdict {
    let now = exchange.arrival.nanoseconds / 1000
    let size = Quota.size(of: exchange.request)
    var wait: UInt64 = 0
    var party = Party.source
    for index in 0..<rules.count where (rules[index].quota.party == .principal) == isAuthenticated {
      let quota = rules[index].quota
      guard quota.selection.covers(exchange.request) else { continue }
      let own = update(index, exchange, at: now) { $0.wait(at: now, quota) }
      if own > wait {
        wait = own
        party = quota.party
      }
    }
    guard wait == 0 else { return refuse(exchange, wait: wait, party: party) }
    for index in 0..<rules.count where (rules[index].quota.party == .principal) == isAuthenticated {
      guard rules[index].quota.selection.covers(exchange.request) else { continue }
      update(index, exchange, at: now) { $0.count(received: size) }
    }
    return .proceed
  }

  /// Counts what is sent, whoever answers.
  public func amend(_ response: inout HTTPResponse, of exchange: Exchange) {
    var size = Quota.size(of: response.headers)
    if !exchange.request.method.equals("HEAD") { size += response.body.count }
    sent &+= UInt64(size)
    let now = clock.now.nanoseconds / 1000
    for index in 0..<rules.count where rules[index].quota.selection.covers(exchange.request) {
      update(index, exchange, at: now) { $0.count(sent: size) }
    }
  }

  private func update<Result>(
    _ index: Int, _ exchange: Exchange, at now: UInt64, _ body: (inout Usage) -> Result
  ) -> Result {
    let quota = rules[index].quota
    let key = quota.party.key(of: exchange, seed: seed)
    return rules[index].usages.update(key, initial: Usage(at: now)) { usage in
      usage.advance(to: now, quota)
      return body(&usage)
    }
  }

  private func refuse(_ exchange: Exchange, wait: UInt64, party: Party) -> Verdict {
    refused &+= 1
    let seconds = Int(clamping: wait / 1_000_000 + (wait % 1_000_000 == 0 ? 0 : 1))
    if allowance.take(at: exchange.arrival) {
      events.record(
        Excess.event(
          exchange, module: name, action: "exhausted", party: party, time: clock.wallMilliseconds, retryAfter: seconds))
    }
    return .respond(Excess.response("the quota is used up", retryAfter: seconds))
  }

  private static func size(of request: HTTPRequest) -> Int {
    request.method.count + request.path.count + request.query.count + size(of: request.headers) + request.body.count
  }

  private static func size(of fields: [HTTPField]) -> Int {
    var size = 0
    for field in fields { size += field.name.count + field.value.count + 4 }
    return size
  }
}

/// The stage in which quotas per principal are looked at. It has no settings of its own.
public final class QuotasAfterAuthentication: RequestModule {
  /// `quota`.
  public var name: ByteString { quota.name }
  /// Once it is known who asks.
  public let stage = Stage.allowance

  private let quota: Quota

  /// The second stage of a module.
  public init(of quota: Quota) {
    self.quota = quota
  }

  /// The module's own are counted there.
  public var counters: [Counter] { [] }
  /// Nothing to set.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  /// Nothing was set.
  public func commit() {}
  /// Nothing was set.
  public func rollback() {}

  /// Admits a request as far as its principal has something left, or answers 429.
  public func examine(_ exchange: Exchange) -> Verdict {
    quota.examine(exchange, isAuthenticated: true)
  }
}
