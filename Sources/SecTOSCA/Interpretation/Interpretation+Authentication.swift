import TOSCA

extension Interpretation {
  /// The most users that one requirement may name.
  static let mostAccounts = 10_000
  /// The most bytes that a key file may have.
  static let largestKeyFile = 256 * 1024
  /// How far an issuer's clock may be off, in seconds.
  static let mostLeeway = 300

  mutating func readAuthentication(_ properties: Properties) -> Authentication? {
    let before = findings.count
    let realm = text("realm", of: properties, required: true)
    if let realm { checkRealm(realm, holder: properties.holder) }
    guard value("scheme", of: properties, required: true) != nil,
      let scheme = choice("scheme", of: properties, from: ["basic", "bearer"])
    else { return nil }
    let result: Authentication.Scheme?
    let foreign: [String]
    if scheme.value == "basic" {
      result = readAccounts(properties).map { .basic(accounts: $0) }
      foreign = ["issuer", "audience", "keys", "leeway"]
    } else {
      result = readTokens(properties)
      foreign = ["credentials"]
    }
    for name in foreign {
      guard let value = properties.values[name], value.content != .null else { continue }
      report(
        "misplaced-property", at: value.place,
        "\(properties.holder) has the scheme `\(scheme.value)`, which has no `\(name)`",
        expected: "`\(scheme.value == "basic" ? "bearer" : "basic")` for the scheme, or no `\(name)`")
    }
    guard findings.count == before, let realm, let result else { return nil }
    return Authentication(realm: realm.value, scheme: result)
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
    guard let path = text("keys", of: properties, required: true) else { return nil }
    let keys: [VerificationKey]
    do {
      keys = try VerificationKeySet(json: files.read(path.value, limit: Self.largestKeyFile)).keys
    } catch let fault as ServiceFiles.Fault {
      report(fault, of: path, expected: "a JWK set (RFC 7517), relative to the template")
      return nil
    } catch let fault as VerificationKeySet.Fault {
      report("invalid-key", at: path.place, "\(fault.message) in `\(path.value)`", expected: fault.expected)
      return nil
    } catch {
      return nil
    }
    return issuer.map {
      .bearer(Tokens(issuer: $0.value, audience: audience?.value, keys: keys, leewaySeconds: leeway ?? 0))
    }
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
