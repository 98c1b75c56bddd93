/// Something that was valid by the template, and is no more: until a time, or for good.
public struct Revocation: Hashable, Sendable, Codable {
  /// What is revoked.
  public enum Subject: Hashable, Sendable, Codable {
    /// Sessions that began before the revocation: a principal's; nil: everybody's.
    case sessions(of: String?)
    /// Somebody's account, API keys and tokens.
    case principal(String)
    /// An API key, by its identifier.
    case apiKey(String)
    /// A key that tokens are verified with, by its `kid`.
    case key(String)

    /// In words.
    public var summary: String {
      switch self {
      case .sessions(nil): "all sessions"
      case .sessions(let principal?): "the sessions of `\(principal)`"
      case .principal(let name): "the credentials of `\(name)`"
      case .apiKey(let name): "the API key `\(name)`"
      case .key(let name): "the key `\(name)`"
      }
    }
  }

  /// Its identifier, which no other of the service has.
  public var id: String
  /// What is revoked.
  public var subject: Subject
  /// Since when, in seconds since 1970-01-01 UTC.
  public var since: Int
  /// Until when, likewise; nil: until somebody lifts it.
  public var until: Int?
  /// Why, for people.
  public var cause: String

  /// No more revocations of a service are kept.
  public static let limit = 256

  /// A revocation.
  public init(id: String, subject: Subject, since: Int, until: Int?, cause: String) {
    self.id = id
    self.subject = subject
    self.since = since
    self.until = until
    self.cause = cause
  }
}

extension [Revocation] {
  /// The revocations with one more. Of one subject one is kept, which lasts as long as either.
  public func adding(_ revocation: Revocation) -> [Revocation] {
    var added = revocation
    if let known = first(where: { $0.subject == revocation.subject }) {
      added.since = Swift.max(known.since, revocation.since)
      added.until = known.until.flatMap { former in revocation.until.map { Swift.max(former, $0) } }
    }
    return filter { $0.subject != revocation.subject } + [added]
  }
}

extension ProtectedService {
  /// The service without what is revoked.
  public func revoking(_ revocations: [Revocation]) -> ProtectedService {
    guard !revocations.isEmpty else { return self }
    var copy = self
    for index in copy.requirements.indices {
      switch copy.requirements[index].protection {
      case .authentication(let way):
        copy.requirements[index].protection = .authentication(way.revoking(revocations))
      case .session(var session):
        session.revoked = revocations.compactMap {
          guard case .sessions(let principal) = $0.subject else { return nil }
          return RevokedSessions(principal: principal ?? "", second: $0.since)
        }
        copy.requirements[index].protection = .session(session)
      default: continue
      }
    }
    return copy
  }
}

extension Authentication {
  fileprivate func revoking(_ revocations: [Revocation]) -> Authentication {
    var principals: Set<String> = []
    var apiKeys: Set<String> = []
    var keys: Set<String> = []
    for revocation in revocations {
      switch revocation.subject {
      case .principal(let name): principals.insert(name)
      case .apiKey(let id): apiKeys.insert(id)
      case .key(let id): keys.insert(id)
      case .sessions: continue
      }
    }
    var copy = self
    switch scheme {
    case .basic(let accounts): copy.scheme = .basic(accounts: accounts.filter { !principals.contains($0.name) })
    case .bearer(var tokens):
      tokens.keys.removeAll { keys.contains($0.id) }
      tokens.revokedSubjects = principals.sorted()
      copy.scheme = .bearer(tokens)
    case .apiKey(var own):
      own.keys.removeAll { principals.contains($0.client) || apiKeys.contains($0.id) }
      copy.scheme = .apiKey(own)
    case .certificate: break
    case .anyOf(let members): copy.scheme = .anyOf(members.map { $0.revoking(revocations) })
    }
    return copy
  }
}
