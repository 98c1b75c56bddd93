/// What a caller of the API may do, over TCP.
public enum AccessRole: String, CaseIterable, Sendable, Codable {
  /// Asks the decision point, and nothing else: for enforcement points.
  case decisionCaller = "decision-caller"
  /// Sees what runs and what happened.
  case viewer
  /// Takes services down and sets levels, and sees what viewers see.
  case `operator`
  /// Changes policies, sets levels, asks the decision point and reads its log, and sees what viewers see.
  case securityOfficer = "security-officer"
  /// Does everything.
  case administrator
}

/// A bearer token of a caller of the API. Of its secret only a hash is known here.
public struct AccessToken: Hashable, Sendable, Codable {
  /// Its name in the token itself and in commands: 16 hexadecimal digits.
  public var id: String
  /// Whom it was made for, as people say it.
  public var name: String
  /// The tenant that it is for; `nil` for all tenants and the machine itself.
  public var tenant: String?
  /// What its bearer may do.
  public var role: AccessRole
  /// When it was made (RFC 3339).
  public var created: String
  /// When it ends (RFC 3339); `nil` for never.
  public var expires: String?
}

/// A token that was just made: the one time that its text can be seen.
public struct NewAccessToken: Hashable, Sendable, Codable {
  /// What is kept of it.
  public var token: AccessToken
  /// What its bearer shows: `Authorization: Bearer TEXT`.
  public var text: String
}

/// What a token is made of: the body of `POST /api/v1/tokens`.
public struct AccessTokenRequest: Hashable, Sendable, Codable {
  /// Whom it is for, as people say it: 1 to 64 characters.
  public var name: String
  /// What its bearer may do.
  public var role: AccessRole
  /// For how many seconds it is valid; `nil` for ever.
  public var lifetime: Int?

  /// A token for somebody.
  public init(name: String, role: AccessRole, lifetime: Int? = nil) {
    self.name = name
    self.role = role
    self.lifetime = lifetime
  }
}
