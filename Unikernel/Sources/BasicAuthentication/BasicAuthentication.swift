import Cryptography
public import Interchange
public import LibraryOS

/// Authentication by user name and password: the Basic scheme (RFC 7617).
///
/// Passwords are verified with PBKDF2, which is slow on purpose, in slices between packets, while the request waits.
/// What was verified is remembered for a minute, as a hash under a key that this image drew at its start. Failures slow
/// down the account and the source they come from. Until it is configured, the module answers 503.
public final class BasicAuthentication: RequestModule, BackgroundWork {
  /// How many requests can wait for verification. Beyond it, the answer is 503.
  public static let maximumWaiting = 64
  /// How many verified credentials are remembered.
  public static let maximumRemembered = 1024
  /// For how long they are, in seconds.
  public static let rememberedSeconds = 60
  /// How many events are recorded in a second.
  public static let eventsPerSecond = 10
  /// A slice of work ends after this time, or after this many iterations if the clock stands still.
  static let slice = TimeSpan(nanoseconds: 400_000)
  static let iterationsPerStep = 64
  static let iterationsPerSlice = 2048

  /// `basic-authentication`.
  public let name: ByteString = "basic-authentication"
  /// Before authorization, which asks who it is.
  public let stage = Stage.authenticate

  let clock: any Clock
  let events: any EventSink
  /// Drawn at the start: what the tags of credentials are made with.
  let tagKey: HMACSHA256
  /// What names of accounts are made to numbers with, as all modules do.
  let nameKey: HMACSHA256
  let basic: ByteString = "basic"

  var settings = Settings()
  /// The challenge of the scheme, once there is a realm.
  public private(set) var challenge: ByteString?
  /// Its place among the modules that authenticate.
  public var precedence: Int { settings.precedence }
  var isConfigured = false
  private var prepared: Settings?

  var remembered: RecencyTable<RememberedSuccess>
  let failures: FailureLog
  /// The first is being verified; the others wait for their turn.
  var verifications: [Verification] = []
  var waitingCount = 0
  var allowance = EventAllowance(perSecond: BasicAuthentication.eventsPerSecond)

  var accepted: UInt64 = 0
  var refused: UInt64 = 0
  var throttled: UInt64 = 0
  var overloaded: UInt64 = 0
  var computed: UInt64 = 0

  /// A module without accounts yet. `random` gives the key that credentials are remembered under; `failures` is shared by
  /// all modules that authenticate.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink, failures: FailureLog) {
    self.clock = clock
    self.events = events
    tagKey = HMACSHA256(key: random.bytes(32))
    remembered = RecencyTable(
      capacity: BasicAuthentication.maximumRemembered, seed: UInt64(leading: random.bytes(8)))
    self.failures = failures
    nameKey = HMACSHA256(key: failures.nameKey)
  }

  /// Requests accepted, refused, told to wait because of failures or of too much work, passwords verified, and events
  /// not recorded.
  public var counters: [Counter] {
    [
      Counter("basic-authentication.accepted", accepted), Counter("basic-authentication.refused", refused),
      Counter("basic-authentication.throttled", throttled), Counter("basic-authentication.overloaded", overloaded),
      Counter("basic-authentication.computed", computed),
      Counter("basic-authentication.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `realm`, `accounts`, `precedence` and `required`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var settings = settings
    try settings.apply(parameters)
    prepared = settings
  }

  /// Puts settings in force. If accounts changed, nothing that was verified counts any more, and what waits is verified
  /// against the new ones.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    if settings.accounts != prepared.accounts {
      remembered.removeAll()
      for index in 0..<verifications.count { verifications[index].computation = nil }
    }
    settings = prepared
    isConfigured = true
    challenge = Credentials.challenge(
      scheme: "Basic", realm: prepared.realm ?? "", suffix: ", charset=\"UTF-8\"")
  }

  /// Forgets prepared settings.
  public func rollback() {
    prepared = nil
  }

  /// Finds out who asks, at once or later.
  public func examine(_ exchange: Exchange) -> Verdict {
    guard isConfigured else { return .respond(.text(503, "authentication is not configured")) }
    guard exchange.principal.isVisitor else { return .proceed }
    switch Credentials(of: exchange.request) {
    case .shown(let scheme, let value) where scheme == basic: return examine(exchange, token: value)
    case .malformed:
      record(exchange.source.address, account: nil, reason: "malformed", at: exchange.arrival)
      refused &+= 1
      return .respond(.text(400, "one Authorization field with a scheme is expected"))
    case .absent, .shown:
      return settings.isRequired ? .respond(Credentials.refusal(exchange.challenges)) : .proceed
    }
  }
}
