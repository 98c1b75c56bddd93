/// Sessions of browsers, which a login by another mechanism begins.
public struct Session: Hashable, Sendable, Codable {
  /// What cookies are signed with, secrets for HMAC: the first signs, all verify.
  public var keys: [VerificationKey]
  /// Sessions that began in another epoch are over.
  public var epoch: Int
  /// After how many seconds without a request a session is over.
  public var idleSeconds: Int
  /// After how many seconds a session is over in any case.
  public var absoluteSeconds: Int
  /// The path at which a session begins.
  public var login: String
  /// The path at which it ends.
  public var logout: String
  /// The path that browsers are sent to then.
  public var landing: String
  /// Other origins whose pages may make requests that change something.
  public var origins: [String]

  /// Sessions that were ended from outside.
  public var revoked: [RevokedSessions]

  /// Sessions of browsers.
  public init(
    keys: [VerificationKey], epoch: Int = 0, idleSeconds: Int = 1800, absoluteSeconds: Int = 43_200,
    login: String = "/login", logout: String = "/logout", landing: String = "/", origins: [String] = [],
    revoked: [RevokedSessions] = []
  ) {
    self.revoked = revoked
    self.keys = keys
    self.epoch = epoch
    self.idleSeconds = idleSeconds
    self.absoluteSeconds = absoluteSeconds
    self.login = login
    self.logout = logout
    self.landing = landing
    self.origins = origins
  }
}

/// That sessions which began at a time or before are over.
public struct RevokedSessions: Hashable, Sendable, Codable {
  /// Whose; empty: everybody's.
  public var principal: String
  /// The last second in which one began, since 1970-01-01 UTC.
  public var second: Int

  /// That sessions are over.
  public init(principal: String, second: Int) {
    self.principal = principal
    self.second = second
  }
}

extension Session {
  /// Whether a login serves no longer than the other's, and no more origins may change something.
  func isAtLeast(asStrongAs other: Session) -> Bool {
    idleSeconds <= other.idleSeconds && absoluteSeconds <= other.absoluteSeconds
      && Set(origins).isSubset(of: other.origins)
  }

  var summary: String {
    "at most \(durationText(absoluteSeconds)), \(durationText(idleSeconds)) unused; login at \(login)"
  }
}
