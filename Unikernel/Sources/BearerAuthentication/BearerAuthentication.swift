import Cryptography
public import Interchange
public import LibraryOS

/// Authentication by signed tokens: the Bearer scheme (RFC 6750) with JSON Web Tokens (RFC 7519), signed ES256,
/// RS256 or HS256.
///
/// A token that was verified is remembered, as a hash under a key that this image drew at its start, until it expires
/// or the settings change. Until it is configured, the module answers 503.
public final class BearerAuthentication: RequestModule {
  /// How many verified tokens are remembered.
  public static let maximumRemembered = 1024
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10

  /// `bearer-authentication`.
  public let name: ByteString = "bearer-authentication"
  /// Before authorization, which asks who it is.
  public let stage = Stage.authenticate

  private struct RememberedToken {
    var tag: [UInt8]
    var token: WebToken
  }

  private let clock: any Clock
  private let events: any EventSink
  private let failures: FailureLog
  private let tagKey: HMACSHA256
  private let bearer: ByteString = "bearer"

  /// The challenge of the scheme, once there is a realm.
  public private(set) var challenge: ByteString?
  /// Its place among the modules that authenticate.
  public var precedence: Int { settings.precedence }

  private var settings = Settings()
  private var prepared: Settings?
  private var isConfigured = false
  private var remembered: RecencyTable<RememberedToken>
  private var allowance = EventAllowance(perSecond: BearerAuthentication.eventsPerSecond)

  private var accepted: UInt64 = 0
  private var refused: UInt64 = 0
  private var throttled: UInt64 = 0
  private var verified: UInt64 = 0

  /// A module without keys yet. `random` gives the key that tokens are remembered under; `failures` is shared by all modules
  /// that authenticate.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, failures: FailureLog) {
    self.clock = clock
    self.events = events
    self.failures = failures
    tagKey = HMACSHA256(key: random.bytes(32))
    remembered = RecencyTable(
      capacity: BearerAuthentication.maximumRemembered, seed: UInt64(leading: random.bytes(8)))
  }

  /// Requests accepted, refused and told to wait, tokens verified, and events not recorded.
  public var counters: [Counter] {
    [
      Counter("bearer-authentication.accepted", accepted), Counter("bearer-authentication.refused", refused),
      Counter("bearer-authentication.verified", verified), Counter("bearer-authentication.throttled", throttled),
      Counter("bearer-authentication.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `realm`, `issuer`, `audience`, `keys`, `leeway-s`, `precedence`, `required` and `revoked`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters)
    prepared = settings
  }

  /// Puts settings in force. If anything changed, no token counts as verified any more.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    if settings != prepared { remembered.removeAll() }
    settings = prepared
    isConfigured = true
    challenge = Credentials.challenge(scheme: "Bearer", realm: prepared.realm ?? "")
  }

  /// Forgets prepared settings.
  public func rollback() {
    prepared = nil
  }

  /// Finds out who asks.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "authentication is not configured")) }
    guard exchange.principal.isVisitor else { return .proceed }
    switch Credentials(of: exchange.request) {
    case .shown(let scheme, let value) where scheme == bearer:
      let wall = clock.wallMilliseconds
      do throws(TokenFault) {
        exchange.principal = try principal(of: value, from: exchange, now: Int64(clamping: wall / 1000))
        accepted &+= 1
        return .proceed
      } catch {
        return .respond(refusal(of: exchange, error, time: wall))
      }
    case .malformed:
      refused &+= 1
      record(exchange, reason: "malformed", time: clock.wallMilliseconds)
      return .respond(.text(400, "one Authorization field with a scheme is expected"))
    case .absent, .shown:
      return settings.isRequired ? .respond(Credentials.refusal(exchange.challenges)) : .proceed
    }
  }

  /// Who a token speaks of. A source with too many failures is not listened to, but for tokens that are known already:
  /// verifying costs, and nobody is to be slowed down by a neighbour behind the same address.
  private func principal(of text: ByteString, from exchange: Exchange, now seconds: Int64) throws(TokenFault)
    -> Principal
  {
    guard text.count <= WebToken.maximumLength else { throw .form }
    let tag = tagKey.code(text.bytes)
    let number = UInt64(leading: tag)
    if let known = remembered.value(number), constantTimeEquals(known.tag, tag) {
      try known.token.check(now: seconds, leeway: settings.leeway)
      return known.token.principal
    }
    guard failures.wait(source: exchange.source.address, at: exchange.arrival).nanoseconds <= 0 else { throw .tooMany }
    let token = try WebToken(verifying: text, settings: settings, now: seconds)
    verified &+= 1
    guard !settings.revoked.contains(token.principal.name) else { throw .revoked }
    let known = RememberedToken(tag: tag, token: token)
    remembered.update(number, initial: known) { $0 = known }
    return token.principal
  }

  private func refusal(of exchange: Exchange, _ fault: TokenFault, time: UInt64) -> HTTPResponse {
    record(exchange, reason: fault.name, time: time)
    if fault == .tooMany {
      throttled &+= 1
      return FailureLog.refusal(wait: failures.wait(source: exchange.source.address, at: exchange.arrival))
    }
    refused &+= 1
    if fault.isForgery { failures.add(source: exchange.source.address, at: exchange.arrival) }
    // What the others offer, and of this one why it did not do (RFC 6750, 3).
    var challenges = exchange.challenges
    let own = Credentials.challenge(scheme: "Bearer", realm: settings.realm ?? "", suffix: ", error=\"invalid_token\"")
    if let challenge, let index = challenges.firstIndex(of: challenge) {
      challenges[index] = own
    } else {
      challenges.append(own)
    }
    return Credentials.refusal(challenges)
  }

  private func record(_ exchange: Exchange, reason: ByteString, time: UInt64) {
    guard allowance.take(at: exchange.arrival) else { return }
    events.record(
      SecurityEvent(
        module: name, action: "denied", severity: .medium, time: time,
        details: [
          ParameterField("source", .text(exchange.source.address.text)), ParameterField("reason", .text(reason)),
        ]))
  }
}
