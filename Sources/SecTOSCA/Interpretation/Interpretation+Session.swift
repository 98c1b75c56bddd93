import TOSCA

/// Sessions of browsers.
extension Interpretation {
  /// The longest life of a session, in seconds: 30 days.
  static let longestSession = 30 * 86_400
  /// The most keys that cookies are signed with.
  static let mostSessionKeys = 8

  mutating func readSession(_ properties: Properties) -> Session? {
    let before = findings.count
    let keys = readSessionKeys(properties)
    let epoch = integer("epoch", of: properties, in: 0...Int(Int32.max))
    let idle = amount("idle", of: properties, in: 1...Self.longestSession, unit: "seconds (1 s to 30 d)") ?? 1800
    let absolute =
      amount("absolute", of: properties, in: 1...Self.longestSession, unit: "seconds (1 s to 30 d)") ?? 43_200
    if idle > absolute, findings.count == before {
      report(
        "invalid-value", at: properties.values["idle"]?.place ?? properties.place,
        "\(properties.holder) ends sessions after \(durationText(absolute)), and unused ones later",
        expected: "an `idle` of at most the `absolute` time")
    }
    let login = sessionPath("login", of: properties) ?? "/login"
    let logout = sessionPath("logout", of: properties) ?? "/logout"
    let landing = sessionPath("landing", of: properties) ?? "/"
    if login == logout {
      report(
        "invalid-value", at: properties.values["logout"]?.place ?? properties.place,
        "\(properties.holder) ends sessions where it begins them, at `\(login)`", expected: "another path for `logout`")
    }
    let origins = names("origins", of: properties, expected: "an origin such as `https://shop.example`") {
      Self.isOrigin($0) && $0.hasPrefix("https:")
    }
    guard findings.count == before, let keys else { return nil }
    return Session(
      keys: keys, epoch: epoch ?? 0, idleSeconds: idle, absoluteSeconds: absolute, login: login, logout: logout,
      landing: landing, origins: origins)
  }

  private mutating func sessionPath(_ name: String, of properties: Properties) -> String? {
    guard let path = text(name, of: properties) else { return nil }
    guard path.value.utf8.count <= 256, path.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      report(
        "invalid-path", at: path.place, "`\(name)` of \(properties.holder) is `\(path.value)`",
        expected: "a path of at most 256 printable ASCII characters, such as `/\(name)`")
      return nil
    }
    return pathPrefix(path, "`\(name)` of \(properties.holder)")
  }

  private mutating func readSessionKeys(_ properties: Properties) -> [VerificationKey]? {
    guard let path = text("keys", of: properties, required: true), let keys = readKeySet(path) else { return nil }
    guard keys.count <= Self.mostSessionKeys, keys.allSatisfy({ $0.algorithm == .hs256 && $0.id.utf8.count <= 64 })
    else {
      report(
        "invalid-key", at: path.place, "`\(path.value)` has a key that cookies cannot be signed with, or too many",
        expected: "1 to \(Self.mostSessionKeys) `oct` keys of at least 32 bytes, each with a `kid` of at most 64")
      return nil
    }
    return keys
  }

  /// Sessions begin over TLS, with credentials of another kind.
  mutating func checkSessions() {
    var reported: Set<[String]> = []
    for level in levels {
      for resource in resources {
        let due = due(to: resource.name, at: level)
        guard let session = due.first(where: { $0.protection.kind == Protection.Kind.session.rawValue }) else {
          continue
        }
        let combined = CombinedProtection(due)
        func note(_ code: String, _ message: String, _ expected: String) {
          guard reported.insert([code, resource.name, session.name]).inserted else { return }
          report(
            code, at: place(of: session.name, in: level) ?? session.place, message, expected: expected,
            related: [Finding.Related(place: session.place, message: "`\(session.name)`")])
        }
        if combined.transportSecurity == nil,
          !hasUnreadable(Vocabulary.Policy.transportSecurity, dueTo: resource.name, at: level)
        {
          note(
            "session-without-tls",
            "`\(session.name)` gives browsers of `\(resource.name)` cookies, which `\(level.name)` lets cross the network "
              + "in clear", "a `\(Vocabulary.Policy.transportSecurity)` at the level")
        }
        if combined.authentication == nil,
          !hasUnreadable(Vocabulary.Policy.authentication, dueTo: resource.name, at: level)
        {
          note(
            "session-without-login",
            "nobody can begin a session of `\(session.name)`: `\(level.name)` asks for no credentials at `\(resource.name)`",
            "a `\(Vocabulary.Policy.authentication)` at the level")
        }
      }
    }
  }
}
