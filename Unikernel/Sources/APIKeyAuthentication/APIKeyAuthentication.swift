import Cryptography
public import Interchange
public import LibraryOS

/// Authentication of programs by keys, in a header field or, where that is asked for, in the query. Of a key only a salted
/// hash is known here, and no module or application after this one sees it.
///
/// A key is `ID.SECRET`: the identifier finds the hash that the secret is held against, in constant time. Failures slow
/// down the client whose key was tried, and the source they come from. Until it is configured, the module answers 503.
public final class APIKeyAuthentication: RequestModule {
  /// How many verified keys are remembered, so that those who show them are served also while others try to guess.
  public static let maximumRemembered = 1024
  /// For how long they are after their last use, in seconds.
  public static let rememberedSeconds = 60
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10

  /// `api-key-authentication`.
  public let name: ByteString = "api-key-authentication"
  /// Before authorization, which asks who it is.
  public let stage = Stage.authenticate

  private struct RememberedKey {
    var tag: [UInt8]
    var expiry: Instant
  }

  private let clock: any Clock
  private let events: any EventSink
  private let failures: FailureLog
  private let tagKey: HMACSHA256
  private let nameKey: HMACSHA256

  private var settings = Settings()
  private var prepared: Settings?
  private var isConfigured = false
  private var remembered: RecencyTable<RememberedKey>
  private var allowance = EventAllowance(perSecond: APIKeyAuthentication.eventsPerSecond)

  private var accepted: UInt64 = 0
  private var refused: UInt64 = 0
  private var throttled: UInt64 = 0

  /// Where keys are to be shown, once there is a realm. The scheme is not a registered one: there is none for keys.
  public private(set) var challenge: ByteString?
  /// Its place among the modules that authenticate.
  public var precedence: Int { settings.precedence }

  /// A module without keys yet. `random` gives the key that verified keys are remembered under; `failures` is shared by
  /// all modules that authenticate.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, failures: FailureLog) {
    self.clock = clock
    self.events = events
    self.failures = failures
    tagKey = HMACSHA256(key: random.bytes(32))
    nameKey = HMACSHA256(key: failures.nameKey)
    remembered = RecencyTable(
      capacity: APIKeyAuthentication.maximumRemembered, seed: UInt64(leading: random.bytes(8)))
  }

  /// Requests accepted, refused and told to wait, and events not recorded.
  public var counters: [Counter] {
    [
      Counter("api-key-authentication.accepted", accepted), Counter("api-key-authentication.refused", refused),
      Counter("api-key-authentication.throttled", throttled),
      Counter("api-key-authentication.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `realm`, `header`, `query`, `keys` and `precedence`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters)
    prepared = settings
  }

  /// Puts settings in force. If keys changed, no key counts as verified any more.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    if settings.keys != prepared.keys { remembered.removeAll() }
    settings = prepared
    isConfigured = true
    let place: ByteString =
      prepared.header.isEmpty
      ? ", in=\"query\", name=\"" + prepared.query + "\"" : ", in=\"header\", name=\"" + prepared.header + "\""
    challenge = Credentials.challenge(scheme: "ApiKey", realm: prepared.realm ?? "", suffix: place)
  }

  /// Forgets prepared settings.
  public func rollback() {
    prepared = nil
  }

  /// Finds out who asks.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "authentication is not configured")) }
    var shown: [ByteString] = []
    if !settings.header.isEmpty { shown += exchange.withdraw(field: settings.header) }
    if !settings.query.isEmpty { shown += exchange.withdraw(parameter: settings.query) }
    guard exchange.principal.isVisitor, let first = shown.first else { return .proceed }
    guard shown.count == 1 else {
      refused &+= 1
      record(exchange, client: nil, reason: "malformed")
      return .respond(.text(400, "one key is expected"))
    }
    return judge(exchange, text: first)
  }

  private func judge(_ exchange: Exchange, text: ByteString) -> Verdict {
    let now = clock.now
    guard let shown = ShownKey(text) else { return refuse(exchange, nil, reason: "malformed", at: now) }
    let key = settings.keys?.identified(by: shown.id)
    let tag = tagKey.code(text.bytes)
    let number = UInt64(leading: tag)
    let account = key.map { UInt64(leading: nameKey.code($0.client.bytes)) }
    let isKnown = remembered.value(number).map { $0.expiry > now && constantTimeEquals($0.tag, tag) } ?? false
    if !isKnown {
      var wait = failures.wait(source: exchange.source.address, at: now)
      if let account { wait = max(wait, failures.wait(account: account, at: now)) }
      guard wait.nanoseconds <= 0 else {
        throttled &+= 1
        record(exchange, client: nil, reason: "too many failures")
        return .respond(FailureLog.refusal(wait: wait))
      }
    }
    // An identifier that is not there costs what one costs that is.
    let hash = HMACSHA256.code(key: key?.salt ?? [0, 0, 0, 0, 0, 0, 0, 0], message: shown.secret)
    let matches = constantTimeEquals(hash, key?.hash ?? [UInt8](repeating: 0, count: hash.count))
    guard matches, let key, let account else {
      if let account { failures.add(account: account, at: now) }
      return refuse(exchange, key?.client, reason: "key", at: now)
    }
    accepted &+= 1
    failures.clear(account: account)
    let entry = RememberedKey(tag: tag, expiry: now + .seconds(APIKeyAuthentication.rememberedSeconds))
    remembered.update(number, initial: entry) { $0 = entry }
    exchange.principal = Principal(name: key.client, roles: key.roles, scheme: "api-key")
    return .proceed
  }

  private func refuse(_ exchange: Exchange, _ client: ByteString?, reason: ByteString, at now: Instant) -> Verdict {
    refused &+= 1
    failures.add(source: exchange.source.address, at: now)
    record(exchange, client: client, reason: reason)
    return .respond(Credentials.refusal(exchange.challenges))
  }

  /// Records a refusal, with the client whose key was tried, if there is one. No part of a key is recorded.
  private func record(_ exchange: Exchange, client: ByteString?, reason: ByteString) {
    guard allowance.take(at: exchange.arrival) else { return }
    var details = [
      ParameterField("source", .text(exchange.source.address.text)), ParameterField("reason", .text(reason)),
    ]
    if let client { details.append(ParameterField("account", .text(client))) }
    events.record(
      SecurityEvent(
        module: name, action: "denied", severity: .medium, time: clock.wallMilliseconds, details: details))
  }
}
