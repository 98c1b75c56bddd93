import Interchange
import SecTOSCA

extension ConfigurationValues {
  /// What modules authenticate with, each with its place among them.
  mutating func addAuthentication(_ ways: [Authentication]) {
    for (place, way) in ways.enumerated()
    where !ways[..<place].contains(where: { $0.scheme.capability == way.scheme.capability }) {
      set(way.scheme.capability, "precedence", .number(place))
      set(way.scheme.capability, "realm", .string(way.realm ?? ""))
      switch way.scheme {
      case .basic: addBasic(ways)
      case .bearer(let tokens): addBearer(tokens, ways)
      case .apiKey(let keys): addKeys(keys, ways)
      // TLS has found out before.
      case .certificate, .anyOf: break
      }
    }
  }

  /// Accounts of all requirements; the first of a name is the one that counts.
  private mutating func addBasic(_ ways: [Authentication]) {
    var accounts: [Account] = []
    for case .basic(let added) in ways.map(\.scheme) {
      for account in added where !accounts.contains(where: { $0.name == account.name }) { accounts.append(account) }
    }
    set("authentication.basic", "accounts", .list(accounts.map(\.value)))
  }

  /// Keys of all requirements that name the first one's issuer and audience. Tokens of another issuer are refused, which
  /// is less than somebody wished but never less than is due.
  private mutating func addBearer(_ tokens: Tokens, _ ways: [Authentication]) {
    var keys: [VerificationKey] = []
    var leeway = tokens.leewaySeconds
    for case .bearer(let added) in ways.map(\.scheme)
    where added.issuer == tokens.issuer && added.audience == tokens.audience {
      for key in added.keys where !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
      leeway = min(leeway, added.leewaySeconds)
    }
    set("authentication.bearer", "issuer", .string(tokens.issuer))
    // Always given, so that a level without takes the place of one with them.
    set("authentication.bearer", "audience", .string(tokens.audience ?? ""))
    set("authentication.bearer", "leeway-s", .number(leeway))
    set("authentication.bearer", "keys", .list(keys.map(\.value)))
    // The same in all of them.
    set("authentication.bearer", "revoked", .strings(tokens.revokedSubjects))
  }

  /// Keys of all requirements; the first of an identifier is the one that counts.
  private mutating func addKeys(_ first: APIKeys, _ ways: [Authentication]) {
    var keys: [APIKey] = []
    for case .apiKey(let added) in ways.map(\.scheme) {
      for key in added.keys where !keys.contains(where: { $0.id == key.id }) { keys.append(key) }
    }
    set("authentication.api-key", "header", .string(first.header ?? ""))
    set("authentication.api-key", "query", .string(first.query ?? ""))
    set("authentication.api-key", "keys", .list(keys.map(\.value)))
  }

  /// Sessions of browsers.
  mutating func addSession(_ session: Session) {
    set(
      "session", "keys",
      .list(session.keys.map { .record(["id": .string($0.id), "key": .bytes($0.key)]) }))
    set("session", "epoch", .number(session.epoch))
    set("session", "idle-s", .number(session.idleSeconds))
    set("session", "absolute-s", .number(session.absoluteSeconds))
    set("session", "login", .string(session.login))
    set("session", "logout", .string(session.logout))
    set("session", "landing", .string(session.landing))
    set("session", "origins", .strings(session.origins))
    set(
      "session", "revoked",
      .list(session.revoked.map { .record(["principal": .string($0.principal), "before": .number($0.second)]) }))
  }
}

extension Account {
  fileprivate var value: ParameterValue {
    .record([
      "name": .string(name), "salt": .bytes(salt), "iterations": .number(iterations), "hash": .bytes(hash),
      "roles": .strings(roles),
    ])
  }
}

extension VerificationKey {
  fileprivate var value: ParameterValue {
    .record(["id": .string(id), "algorithm": .string(algorithm.rawValue), "key": .bytes(key)])
  }
}

extension APIKey {
  fileprivate var value: ParameterValue {
    .record([
      "id": .string(id), "client": .string(client), "salt": .bytes(salt), "hash": .bytes(hash),
      "roles": .strings(roles),
    ])
  }
}
