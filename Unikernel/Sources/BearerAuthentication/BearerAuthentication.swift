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
  private let tagKey: HMACSHA256
  private let bearer: ByteString = "bearer"

  private var settings = Settings()
  private var prepared: Settings?
  private var isConfigured = false
  private var remembered: RecencyTable<RememberedToken>
  private var allowance = EventAllowance(perSecond: BearerAuthentication.eventsPerSecond)

  private var accepted: UInt64 = 0
  private var refused: UInt64 = 0
  private var verified: UInt64 = 0

  /// A module without keys yet. `random` gives the key that tokens are remembered under.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink) {
    self.clock = clock
    self.events = events
    tagKey = HMACSHA256(key: random.bytes(32))
    remembered = RecencyTable(
      capacity: BearerAuthentication.maximumRemembered, seed: UInt64(leading: random.bytes(8)))
  }

  /// Requests accepted and refused, tokens verified, and events not recorded.
  public var counters: [Counter] {
    [
      Counter("bearer-authentication.accepted", accepted), Counter("bearer-authentication.refused", refused),
      Counter("bearer-authentication.verified", verified),
      Counter("bearer-authentication.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `realm`, `issuer`, `audience`, `keys`, `leeway-s` and `required`.
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
        exchange.principal = try principal(of: value, now: Int64(clamping: wall / 1000))
        accepted &+= 1
        return .proceed
      } catch {
        refused &+= 1
        record(exchange, reason: error.name, time: wall)
        return .respond(Credentials.refusal(exchange.challenges + [challenge(", error=\"invalid_token\"")]))
      }
    case .malformed:
      refused &+= 1
      record(exchange, reason: "malformed", time: clock.wallMilliseconds)
      return .respond(.text(400, "one Authorization field with a scheme is expected"))
    case .absent, .shown:
      exchange.challenges.append(challenge())
      return settings.isRequired ? .respond(Credentials.refusal(exchange.challenges)) : .proceed
    }
  }

  private func principal(of text: ByteString, now seconds: Int64) throws(TokenFault) -> Principal {
    guard text.count <= WebToken.maximumLength else { throw .form }
    let tag = tagKey.code(text.bytes)
    let number = UInt64(leading: tag)
    if let known = remembered.value(number), constantTimeEquals(known.tag, tag) {
      try known.token.check(now: seconds, leeway: settings.leeway)
      return known.token.principal
    }
    let token = try WebToken(verifying: text, settings: settings, now: seconds)
    verified &+= 1
    let known = RememberedToken(tag: tag, token: token)
    remembered.update(number, initial: known) { $0 = known }
    return token.principal
  }

  private func challenge(_ suffix: ByteString = "") -> ByteString {
    Credentials.challenge(scheme: "Bearer", realm: settings.realm ?? "", suffix: suffix)
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
