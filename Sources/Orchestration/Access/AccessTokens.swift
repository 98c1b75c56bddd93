import Crypto
import Foundation
public import State
import Synchronization

/// The tokens of callers of the API, kept in the store as hashes. The text of a token is 32 random bytes after its
/// identifier, so that one hash of SHA-256 protects it: there is nothing to guess.
public final class AccessTokens: Sendable {
  private struct Stored: Codable {
    var token: AccessToken
    /// SHA-256 of the whole text.
    var hash: [UInt8]
  }

  /// No more tokens are kept.
  public static let maximumTokens = 10_000
  /// What every token's text begins with, so that one that leaked is recognized.
  public static let mark = "testudo_"
  /// What stands for all tenants where a request names one.
  public static let everywhere = "*"
  static let prefix = "token/"
  private static let longestLifetime = 10 * 366 * 86_400

  private let store: any StateStore
  private let journal: Journal
  private let tokens: Mutex<[String: Stored]>

  /// The tokens of a store.
  public init(store: any StateStore, journal: Journal) throws(OrchestrationFault) {
    self.store = store
    self.journal = journal
    var tokens: [String: Stored] = [:]
    do {
      for value in try store.values(under: Self.prefix) {
        let stored = try JSONDecoder().decode(Stored.self, from: Data(value.bytes))
        tokens[stored.token.id] = stored
      }
    } catch {
      throw .execution("the tokens cannot be read: \(error)")
    }
    self.tokens = Mutex(tokens)
  }

  /// Makes a token for a tenant, or, with `nil`, for all of them and the machine itself.
  public func create(_ request: AccessTokenRequest, tenant: String?) throws(OrchestrationFault) -> NewAccessToken {
    guard (1...64).contains(request.name.count),
      request.name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw .input("the token's name is `\(request.name)`, expected 1 to 64 characters without control characters")
    }
    if let tenant, !DecisionPoints.isName(tenant) {
      throw .input(
        "the tenant's name is `\(tenant)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
    if let lifetime = request.lifetime, !(1...Self.longestLifetime).contains(lifetime) {
      throw .input("the lifetime is \(lifetime) s, expected 1 to \(Self.longestLifetime)")
    }
    var generator = SystemRandomNumberGenerator()
    func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    let id = random(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    let secret = Data(random(32)).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    let text = "\(Self.mark)\(id)_\(secret)"
    let now = Date()
    let token = AccessToken(
      id: id, name: request.name, tenant: tenant, role: request.role, created: Self.text(now),
      expires: request.lifetime.map { Self.text(now.addingTimeInterval(Double($0))) })
    let stored = Stored(token: token, hash: Array(SHA256.hash(data: Data(text.utf8))))
    try tokens.withLock { tokens throws(OrchestrationFault) in
      guard tokens.count < Self.maximumTokens else {
        throw .input("there are \(tokens.count) tokens already, at most \(Self.maximumTokens) can be kept")
      }
      do {
        let bytes = [UInt8](try JSONEncoder().encode(stored))
        try store.transact(if: [], [.put(key: Self.prefix + id, bytes)])
      } catch {
        throw .execution("the token cannot be stored: \(error)")
      }
      tokens[id] = stored
    }
    note("token-created", token)
    return NewAccessToken(token: token, text: text)
  }

  /// The tokens of a tenant, or all of them, the oldest first.
  public func list(tenant: String?) -> [AccessToken] {
    tokens.withLock { $0.values.map(\.token) }.filter { tenant == nil || $0.tenant == tenant }
      .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  /// Ends a token: whoever shows it from now on is a stranger. With a tenant, only one of its own.
  public func revoke(_ id: String, tenant: String?) throws(OrchestrationFault) -> AccessToken {
    let token = try tokens.withLock { tokens throws(OrchestrationFault) in
      guard let stored = tokens[id], tenant == nil || stored.token.tenant == tenant else {
        throw .notFound("there is no token `\(id)`; `testudo token list` shows those that there are")
      }
      do throws(StateFault) {
        try store.transact(if: [], [.delete(key: Self.prefix + id)])
      } catch {
        throw .execution("the token cannot be taken out of the store: \(error.reason)")
      }
      tokens[id] = nil
      return stored.token
    }
    note("token-revoked", token)
    return token
  }

  /// The token with this text; `nil` where there is none, or it has ended.
  public func token(of text: String) -> AccessToken? {
    guard text.utf8.count <= 128, text.hasPrefix(Self.mark) else { return nil }
    let id = String(text.dropFirst(Self.mark.count).prefix { $0 != "_" })
    guard let stored = tokens.withLock({ $0[id] }) else { return nil }
    // Compared in constant time, as swift-crypto compares digests.
    guard SHA256.hash(data: Data(text.utf8)) == stored.hash else { return nil }
    if let expires = stored.token.expires {
      guard let end = Timestamp.date(expires), end > Date() else { return nil }
    }
    return stored.token
  }

  private static func text(_ date: Date) -> String {
    Timestamp.text(milliseconds: UInt64(max(0, date.timeIntervalSince1970 * 1000)))
  }

  private func note(_ kind: String, _ token: AccessToken) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: "low", tenant: token.tenant ?? "", service: "", kind: kind,
        message: "token \(token.id) of \(token.name), role \(token.role.rawValue)",
        details: ["token": token.id, "role": token.role.rawValue]))
  }
}
