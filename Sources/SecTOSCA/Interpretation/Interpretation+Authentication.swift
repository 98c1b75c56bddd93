import TOSCA

extension Interpretation {
  /// The most users that one requirement may name.
  static let mostAccounts = 10_000
  /// The most bytes that a key file may have.
  static let largestKeyFile = 256 * 1024
  /// How far an issuer's clock may be off, in seconds.
  static let mostLeeway = 300
  /// The most keys that one requirement may name.
  static let mostKeys = 4096

  /// The properties that each scheme has, besides `scheme` itself.
  private static let schemes: [(name: String, properties: [String])] = [
    ("basic", ["realm", "credentials"]),
    ("bearer", ["realm", "issuer", "audience", "keys", "leeway"]),
    ("api_key", ["realm", "header", "query", "api_keys"]),
    ("certificate", []),
    (anyOf, ["of"]),
  ]
  /// The scheme that consists of others.
  static let anyOf = "any_of"

  mutating func readAuthentication(_ properties: Properties) -> Authentication? {
    let before = findings.count
    guard value("scheme", of: properties, required: true) != nil,
      let scheme = choice("scheme", of: properties, from: Self.schemes.map(\.name)),
      let allowed = Self.schemes.first(where: { $0.name == scheme.value })?.properties
    else { return nil }
    let foreign = Set(Self.schemes.flatMap(\.properties)).subtracting(allowed).sorted()
    for name in foreign {
      guard let value = properties.values[name], value.content != .null else { continue }
      let others = Self.schemes.filter { $0.properties.contains(name) }.map(\.name)
      report(
        "misplaced-property", at: value.place,
        "\(properties.holder) has the scheme `\(scheme.value)`, which has no `\(name)`",
        expected: "\(enumeration(others, last: "or")) for the scheme, or no `\(name)`")
    }
    let realm = allowed.contains("realm") ? text("realm", of: properties, required: true) : nil
    if let realm { checkRealm(realm, holder: properties.holder) }
    let result: Authentication.Scheme? =
      switch scheme.value {
      case "basic": readAccounts(properties).map { .basic(accounts: $0) }
      case "bearer": readTokens(properties)
      case "api_key": readKeys(properties)
      case Self.anyOf: readMembers(properties)
      default: .certificate
      }
    guard findings.count == before, let result else { return nil }
    return Authentication(realm: realm?.value, scheme: result)
  }

  /// A realm goes into a quoted string of a header.
  private mutating func checkRealm(_ realm: Located<String>, holder: String) {
    let printable = realm.value.unicodeScalars.allSatisfy {
      (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\"
    }
    if !printable || realm.value.isEmpty || realm.value.utf8.count > 128 {
      report(
        "invalid-value", at: realm.place, "`realm` of \(holder) cannot stand in a header",
        expected: "1 to 128 printable ASCII characters without quotation marks and backslashes")
    }
  }

  private mutating func readTokens(_ properties: Properties) -> Authentication.Scheme? {
    let issuer = text("issuer", of: properties, required: true)
    let audience = text("audience", of: properties)
    let leeway = amount("leeway", of: properties, in: 0...Self.mostLeeway, unit: "seconds")
    if let audience, audience.value.isEmpty {
      report(
        "invalid-value", at: audience.place, "`audience` of \(properties.holder) is empty",
        expected: "what `aud` must have, or no `audience`")
    }
    guard let path = text("keys", of: properties, required: true), let keys = readKeySet(path) else { return nil }
    return issuer.map {
      .bearer(Tokens(issuer: $0.value, audience: audience?.value, keys: keys, leewaySeconds: leeway ?? 0))
    }
  }

  /// The keys of a file with a JWK set.
  mutating func readKeySet(_ path: Located<String>) -> [VerificationKey]? {
    do {
      return try VerificationKeySet(json: files.read(path.value, limit: Self.largestKeyFile)).keys
    } catch let fault as ServiceFiles.Fault {
      report(fault, of: path, expected: "a JWK set (RFC 7517), relative to the template")
    } catch let fault as VerificationKeySet.Fault {
      report("invalid-key", at: path.place, "\(fault.message) in `\(path.value)`", expected: fault.expected)
    } catch {}
    return nil
  }

  private mutating func readAccounts(_ properties: Properties) -> [Account]? {
    guard let value = value("credentials", of: properties, required: true) else { return nil }
    guard let entries = value.map, entries.count <= Self.mostAccounts else {
      report(
        "invalid-value", at: value.place, "`credentials` of \(properties.holder) cannot be used",
        expected: "a map of at most \(Self.mostAccounts) users")
      return nil
    }
    if entries.isEmpty {
      report(
        "invalid-value", at: value.place, "`credentials` of \(properties.holder) names nobody",
        expected: "at least one user")
    }
    return entries.compactMap { readAccount($0) }
  }

  private mutating func readAccount(_ entry: Value.Entry) -> Account? {
    let before = findings.count
    let name = entry.key
    // RFC 7617, 2: a user-id has no colon and no control characters.
    if name.isEmpty || name.utf8.count > 128
      || name.unicodeScalars.contains(where: { $0 == ":" || $0.value < 0x20 || $0.value == 0x7F })
    {
      report(
        "invalid-value", at: entry.place, "`\(name)` cannot be a user's name",
        expected: "1 to 128 bytes without colons and control characters")
    }
    let holder = "the user `\(name)`"
    guard known(entry.value, holder) else { return nil }
    guard let properties = Properties(entry.value, holder: holder) else {
      report(
        "invalid-value", at: entry.value.place, "what is given for \(holder) is not a map",
        expected: "`salt`, `iterations`, `hash` and `roles`")
      return nil
    }
    let salt = bytes("salt", of: properties, count: 8...64)
    let hash = bytes("hash", of: properties, count: 32...32)
    let iterations = integer("iterations", of: properties, in: 1000...10_000_000, required: true)
    let roles = texts("roles", of: properties) ?? []
    guard findings.count == before, let salt, let hash, let iterations else { return nil }
    return Account(name: name, salt: salt, iterations: iterations, hash: hash, roles: roles.map(\.value))
  }

  /// What a key can be shown in, and the keys.
  private mutating func readKeys(_ properties: Properties) -> Authentication.Scheme? {
    let before = findings.count
    let header = text("header", of: properties)
    let query = text("query", of: properties)
    // RFC 9110, 5.6.2, without what other fields are for.
    if let header, !Self.isToken(header.value) || Self.reservedFields.contains(header.value.lowercased()) {
      report(
        "invalid-value", at: header.place, "`header` of \(properties.holder) is `\(header.value)`",
        expected: "the name of a header field of its own, such as `X-API-Key`")
    }
    if let query, !Self.isToken(query.value) {
      report(
        "invalid-value", at: query.place, "`query` of \(properties.holder) is `\(query.value)`",
        expected: "the name of a parameter: letters, digits, `-`, `_` and `.`")
    }
    guard let value = value("api_keys", of: properties, required: true) else { return nil }
    guard let entries = value.map, (1...Self.mostKeys).contains(entries.count) else {
      report(
        "invalid-value", at: value.place, "`api_keys` of \(properties.holder) cannot be used",
        expected: "a map of 1 to \(Self.mostKeys) keys")
      return nil
    }
    let keys = entries.compactMap { readKey($0) }
    guard findings.count == before else { return nil }
    // Where a query is named and no header, the query is meant, and nothing else.
    let usual = query == nil ? APIKeys.usualHeader : nil
    return .apiKey(APIKeys(header: header?.value.lowercased() ?? usual, query: query?.value, keys: keys))
  }

  private mutating func readKey(_ entry: Value.Entry) -> APIKey? {
    let before = findings.count
    if !Self.isToken(entry.key) || entry.key.contains(".") {
      report(
        "invalid-value", at: entry.place, "`\(entry.key)` cannot be the identifier of a key",
        expected: "1 to 64 letters, digits, `-` and `_`")
    }
    let holder = "the key `\(entry.key)`"
    guard known(entry.value, holder) else { return nil }
    guard let properties = Properties(entry.value, holder: holder) else {
      report(
        "invalid-value", at: entry.value.place, "what is given for \(holder) is not a map",
        expected: "`client`, `salt`, `hash` and `roles`, as `testudo token key` prints them")
      return nil
    }
    let client = text("client", of: properties, required: true)
    if let client,
      client.value.isEmpty || client.value.utf8.count > 128
        || client.value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    {
      report(
        "invalid-value", at: client.place, "`client` of \(holder) cannot be a name",
        expected: "1 to 128 bytes without control characters")
    }
    let salt = bytes("salt", of: properties, count: 8...64)
    let hash = bytes("hash", of: properties, count: 32...32)
    let roles = texts("roles", of: properties) ?? []
    guard findings.count == before, let client, let salt, let hash else { return nil }
    return APIKey(id: entry.key, client: client.value, salt: salt, hash: hash, roles: roles.map(\.value))
  }

  /// Fields that say something else already, or that a proxy drops.
  private static let reservedFields: Set<String> = [
    "authorization", "connection", "content-length", "content-type", "cookie", "expect", "forwarded", "host", "origin",
    "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "via",
  ]

  private static func isToken(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }

  /// The requirements that any of will do, which have been read before.
  private mutating func readMembers(_ properties: Properties) -> Authentication.Scheme? {
    guard let names = texts("of", of: properties, required: true) else { return nil }
    let before = findings.count
    var members: [Authentication] = []
    let candidates = policies(of: Vocabulary.Policy.authentication)
    for (index, name) in names.enumerated() {
      guard let policy = candidates.first(where: { $0.name == name.value }),
        policy.properties["scheme"]?.string != Self.anyOf
      else {
        report(
          "unknown-requirement", at: name.place,
          "`of` of \(properties.holder) names `\(name.value)`, which is no way to authenticate",
          expected: "a policy of type `\(Vocabulary.Policy.authentication)` with a scheme of its own",
          suggestion: nearest(
            name.value,
            among: candidates.filter { $0.properties["scheme"]?.string != Self.anyOf }.map(\.name)))
        continue
      }
      // What could not be read has been reported.
      guard case .authentication(let member) = requirements.first(where: { $0.name == name.value })?.protection
      else { return nil }
      if members.contains(where: { $0.scheme.name == member.scheme.name }) {
        report(
          "contradictory-requirements", at: name.place,
          "`of` of \(properties.holder) names a second requirement with the scheme `\(member.scheme.name)`",
          expected: "one requirement of each scheme")
      }
      if member.scheme == .certificate, index > 0 {
        report(
          "contradictory-requirements", at: name.place,
          "`of` of \(properties.holder) names `\(name.value)` after others, but TLS finds out first who asks",
          expected: "`\(name.value)` first")
      }
      members.append(member)
    }
    if names.count < 2 {
      report(
        "invalid-value", at: properties.values["of"]?.place ?? properties.place,
        "`of` of \(properties.holder) names \(names.isEmpty ? "nothing" : "one requirement")",
        expected: "at least two, in the order in which they are looked at")
    }
    return findings.count == before ? .anyOf(members) : nil
  }

  /// Bytes written as text. What was found is never part of the message: it is as good as a secret.
  private mutating func bytes(_ name: String, of properties: Properties, count: ClosedRange<Int>) -> [UInt8]? {
    guard let text = text(name, of: properties, required: true) else { return nil }
    let length = count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
    let expected = "\(length) bytes in base64 or hexadecimal"
    guard let bytes = EncodedBytes.decode(text.value) else {
      report(
        "invalid-hash", at: text.place, "`\(name)` of \(properties.holder) is neither base64 nor hexadecimal",
        expected: expected)
      return nil
    }
    guard count.contains(bytes.count) else {
      report(
        "invalid-hash", at: text.place, "`\(name)` of \(properties.holder) has \(bytes.count) bytes", expected: expected
      )
      return nil
    }
    return bytes
  }
}
