import Cryptography
public import Interchange
public import LibraryOS

/// Sessions of browsers. Whoever shows other credentials with a POST to the login path gets a signed cookie, by which
/// further requests are known until it was not used for a while, or for so long at all, or until a POST to the log-out path.
///
/// The module stands after all others that authenticate, so that credentials which a request shows itself come first. A
/// request that changes something is refused if a page of another origin made it, where browsers send what it is known by of
/// themselves. Nothing is done without TLS. Until it is configured, the module answers 503.
public final class Sessions: RequestModule {
  /// How many sessions that were ended are remembered, until they would be over anyway.
  public static let maximumEnded = 4096
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10

  /// `sessions`.
  public let name: ByteString = "sessions"
  /// Before authorization, which asks who it is.
  public let stage = Stage.authenticate
  /// After all others: see above.
  public let precedence = 100

  private let clock: any Clock
  private let random: any RandomSource
  private let events: any EventSink
  private let failures: FailureLog

  private var settings = Settings()
  private var prepared: Settings?
  private var isConfigured = false
  /// When the sessions that were ended would be over, by their identifiers.
  private var ended: RecencyTable<Int64>
  private var allowance = EventAllowance(perSecond: Sessions.eventsPerSecond)

  private var begun: UInt64 = 0
  private var accepted: UInt64 = 0
  private var refused: UInt64 = 0
  private var logouts: UInt64 = 0
  private var crossSite: UInt64 = 0

  /// A module without keys yet. `failures` is shared by all modules that authenticate.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, failures: FailureLog) {
    self.clock = clock
    self.random = random
    self.events = events
    self.failures = failures
    ended = RecencyTable(capacity: Sessions.maximumEnded, seed: UInt64(leading: random.bytes(8)))
  }

  /// Sessions begun and ended by a log-out, requests known by one, cookies and requests of other origins refused, and
  /// events not recorded.
  public var counters: [Counter] {
    [
      Counter("sessions.begun", begun), Counter("sessions.ended", logouts), Counter("sessions.accepted", accepted),
      Counter("sessions.refused", refused), Counter("sessions.cross-site", crossSite),
      Counter("sessions.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `keys`, `epoch`, `idle-s`, `absolute-s`, `login`, `logout`, `landing`, `origins` and `revoked`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters)
    prepared = settings
  }

  /// Puts settings in force, for cookies that are out as well.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    settings = prepared
    isConfigured = true
  }

  /// Forgets prepared settings.
  public func rollback() {
    prepared = nil
  }

  /// Finds out who asks, and begins and ends sessions.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "sessions are not configured")) }
    let cookies = exchange.withdraw(cookie: SessionCookie.name)
    var session: SessionCookie?
    if exchange.principal.isVisitor, !cookies.isEmpty {
      session = valid(cookies, of: exchange)
      if let session {
        exchange.principal = session.principal
        accepted &+= 1
      }
    }
    if changesSomething(exchange.request), isAmbient(exchange), !isOfOwnPage(exchange) {
      crossSite &+= 1
      record(exchange, "refused", reason: "origin")
      return .respond(.text(403, "not for pages of other origins"))
    }
    if exchange.request.method.equals("POST") {
      if exchange.request.path == settings.login { return logIn(exchange) }
      if exchange.request.path == settings.logout { return logOut(exchange, session ?? valid(cookies, of: exchange)) }
    }
    if let session { renew(session, exchange) }
    return .proceed
  }

  // MARK: Cookies

  /// The session that a request belongs to, if its cookie is one that can be believed now.
  private func valid(_ cookies: [ByteString], of exchange: Exchange) -> SessionCookie? {
    let now = Int64(clamping: clock.wallMilliseconds / 1000)
    guard cookies.count == 1, exchange.isSecure else { return nil }
    do throws(SessionCookie.Fault) {
      let session = try SessionCookie(reading: cookies[0], keys: settings.keys ?? [], host: exchange.request.host)
      if isOpen(session, at: now) { return session }
    } catch {
      if error == .forged {
        failures.add(source: exchange.source.address, at: clock.now)
        record(exchange, "denied", reason: "cookie")
      }
    }
    // The browser is told to forget it, and the request goes on as a visitor's.
    refused &+= 1
    exchange.responseHeaders.append(cookie("", age: 0))
    return nil
  }

  private func isOpen(_ session: SessionCookie, at now: Int64) -> Bool {
    guard let idle = settings.idle, let absolute = settings.absolute else { return false }
    // One that begins in the future is of a clock that was set back, or of another's.
    return session.epoch == settings.epoch && session.begun >= 0 && session.begun <= session.renewed
      && session.renewed <= now + 60 && now - session.renewed < idle && now - session.begun < absolute
      && ended.value(UInt64(leading: session.id)) == nil
      && !settings.isRevoked(session.principal.name, begun: session.begun)
  }

  /// A cookie is made anew when a quarter of the time in which it must be used has passed.
  private func renew(_ session: SessionCookie, _ exchange: Exchange) {
    let now = Int64(clamping: clock.wallMilliseconds / 1000)
    guard let idle = settings.idle, now - session.renewed > idle / 4 else { return }
    var renewed = session
    renewed.renewed = now
    set(renewed, exchange, at: now)
  }

  /// Adds a session's cookie to the response; whether it fits into one.
  @discardableResult
  private func set(_ session: SessionCookie, _ exchange: Exchange, at now: Int64) -> Bool {
    guard let idle = settings.idle, let absolute = settings.absolute, let key = settings.keys?.first,
      let value = session.signed(with: key, host: exchange.request.host)
    else { return false }
    exchange.responseHeaders.append(cookie(value, age: min(idle, session.begun + absolute - now)))
    return true
  }

  /// The field that sets the cookie (RFC 6265bis, 4.1).
  private func cookie(_ value: ByteString, age: Int64) -> HTTPField {
    let attributes: ByteString = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age="
    let name = SessionCookie.name + "="
    return HTTPField("set-cookie", name + value + attributes + ByteString(decimal: Int(clamping: age)))
  }

  // MARK: Login and log-out

  private func logIn(_ exchange: Exchange) -> Verdict {
    guard exchange.isSecure else { return .respond(.text(403, "sessions begin over TLS only")) }
    guard !exchange.principal.isVisitor else { return .respond(Credentials.refusal(exchange.challenges)) }
    // Who has a session already is not given another one: its end would move.
    if exchange.principal.scheme != "session" {
      let now = Int64(clamping: clock.wallMilliseconds / 1000)
      let session = SessionCookie(
        id: random.bytes(SessionCookie.idLength), epoch: settings.epoch, begun: now, principal: exchange.principal)
      guard set(session, exchange, at: now) else {
        return .respond(.text(403, "too many roles for a session"))
      }
      begun &+= 1
      record(exchange, "begun", reason: nil)
    }
    return .respond(landing())
  }

  private func logOut(_ exchange: Exchange, _ session: SessionCookie?) -> Verdict {
    if let session, let absolute = settings.absolute {
      let over = session.begun + absolute
      ended.update(UInt64(leading: session.id), initial: over) { $0 = over }
      logouts &+= 1
      record(exchange, "ended", reason: nil)
    }
    exchange.responseHeaders.append(cookie("", age: 0))
    return .respond(landing())
  }

  private func landing() -> HTTPResponse {
    .text(
      303, "see " + settings.landing,
      headers: [HTTPField("location", settings.landing), HTTPField("cache-control", "no-store")])
  }

  // MARK: Requests of other origins

  /// Methods that are not safe (RFC 9110, 9.2.1); and whatever asks for another protocol, such as WebSocket, over which
  /// anything may follow.
  private func changesSomething(_ request: HTTPRequest) -> Bool {
    request.header(named: "upgrade") != nil
      || !(request.method.equals("GET") || request.method.equals("HEAD") || request.method.equals("OPTIONS"))
  }

  /// Whether browsers send what somebody is known by of themselves: cookies, passwords they keep, certificates. Tokens and
  /// keys are put into a request by whoever makes it. A visitor has nothing that could be misused, but could be logged in as
  /// somebody else.
  private func isAmbient(_ exchange: Exchange) -> Bool {
    if exchange.principal.isVisitor { return exchange.request.path == settings.login }
    return exchange.principal.scheme != "bearer" && exchange.principal.scheme != "api-key"
  }

  /// Whether no page of another origin made the request: `Origin` is this host's or one that is admitted (RFC 6454, 7.3).
  /// Where there is none, the request must not be known by a cookie, unless the browser says that its page is of here
  /// (Fetch Metadata, 2.3).
  private func isOfOwnPage(_ exchange: Exchange) -> Bool {
    let request = exchange.request
    if let origin = request.header(named: "origin") {
      let scheme: ByteString = exchange.isSecure ? "https://" : "http://"
      return origin == scheme + request.host || settings.origins.contains(origin)
    }
    if let site = request.header(named: "sec-fetch-site") { return site == "same-origin" || site == "none" }
    return exchange.principal.scheme != "session"
  }

  /// Records what happened to a session. No part of a cookie is recorded.
  private func record(_ exchange: Exchange, _ action: ByteString, reason: ByteString?) {
    guard allowance.take(at: exchange.arrival) else { return }
    var details = [ParameterField("source", .text(exchange.source.address.text))]
    if let reason { details.append(ParameterField("reason", .text(reason))) }
    if !exchange.principal.isVisitor { details.append(ParameterField("principal", .text(exchange.principal.name))) }
    events.record(
      SecurityEvent(
        module: name, action: action, severity: reason == nil ? .informational : .medium, time: clock.wallMilliseconds,
        details: details))
  }
}
