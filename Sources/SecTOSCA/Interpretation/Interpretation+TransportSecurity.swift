import Certificates
import Foundation
import TOSCA

/// TLS, with its certificates and keys.
extension Interpretation {
  /// The most identities, and the most authorities, that a requirement may name.
  static let mostIdentities = 16
  /// A certificate that ends sooner is worth a warning, in seconds.
  static let soon: TimeInterval = 14 * 86_400
  /// What every PEM text has, and no name of a file.
  private static let pemMark = "-----BEGIN "

  mutating func readTransportSecurity(_ properties: Properties) -> TransportSecurity? {
    let before = findings.count(where: { $0.severity == .error })
    let version = choice("minimum_version", of: properties, from: ["1.2", "1.3"])
    let clients = choice(
      "clients", of: properties, from: TransportSecurity.ClientAuthentication.allCases.map(\.rawValue))
    let strict = amount("strict", of: properties, in: 0...(10 * 365 * 86_400), unit: "seconds")
    let identities = readIdentities(properties)
    let mode = clients.flatMap { TransportSecurity.ClientAuthentication(rawValue: $0.value) } ?? .none
    let authorities = readAuthorities(properties, mode)
    guard findings.count(where: { $0.severity == .error }) == before else { return nil }
    return TransportSecurity(
      minimumVersion: version?.value ?? "1.2", identities: identities, clients: mode, clientAuthorities: authorities,
      strictSeconds: strict ?? 0)
  }

  private mutating func readIdentities(_ properties: Properties) -> [ServerIdentity] {
    guard let items = list("identities", of: properties, required: true) else { return [] }
    guard (1...Self.mostIdentities).contains(items.count) else {
      report(
        "invalid-value", at: properties.values["identities"]?.place ?? properties.place,
        "`identities` of \(properties.holder) has \(items.count) entries", expected: "1 to \(Self.mostIdentities)")
      return []
    }
    return items.compactMap { item in
      guard var entry = Properties(item, holder: "an identity of \(properties.holder)") else {
        report(
          "invalid-value", at: item.place, "an identity of \(properties.holder) is not a map",
          expected: "`certificate` and `key`")
        return nil
      }
      // Where a key's text stands in the template itself, no finding may show its line: the policy is the place then.
      if entry.values["key"]?.string?.contains(Self.pemMark) ?? false { entry.place = properties.place }
      return readIdentity(entry)
    }
  }

  private mutating func readIdentity(_ properties: Properties) -> ServerIdentity? {
    let certificates = readCertificates("certificate", of: properties, required: true)
    let key = readKey(properties)
    if let certificates { checkChain(certificates, properties) }
    guard let certificates, let own = certificates.first, let key else { return nil }
    guard key.publicKey == own.publicKey else {
      report(
        "mismatched-key", at: keyPlace(of: properties),
        "`key` of \(properties.holder) is not the key of its certificate",
        expected: "the private key of the certificate",
        related: properties.values["certificate"].map {
          [Finding.Related(place: $0.place, message: "the certificate")]
        } ?? [])
      return nil
    }
    return ServerIdentity(
      names: own.names.map { $0.lowercased() }, certificates: certificates.map(\.bytes), key: key.bytes)
  }

  /// Where a key is named, if what stands there is a name.
  private func keyPlace(of properties: Properties) -> SourceRange {
    guard let key = properties.values["key"], key.string?.contains(Self.pemMark) == false else {
      return properties.place
    }
    return key.place
  }

  private mutating func readKey(_ properties: Properties) -> PrivateKey? {
    guard let text = pem("key", of: properties, required: true) else { return nil }
    do {
      return try PrivateKey.read(pem: text)
    } catch {
      report(
        "invalid-private-key", at: keyPlace(of: properties), "`key` of \(properties.holder): \(error.message)",
        expected: error.expected)
      return nil
    }
  }

  mutating func readCertificates(
    _ name: String, of properties: Properties, required: Bool
  ) -> [Certificate]? {
    guard let text = pem(name, of: properties, required: required) else { return nil }
    do throws(CertificateFault) {
      let certificates = try Certificate.read(pem: text)
      if certificates.count <= Self.mostIdentities { return certificates }
      throw CertificateFault(
        "there are \(certificates.count) certificates", expected: "at most \(Self.mostIdentities)")
    } catch {
      report(
        "invalid-certificate", at: properties.values[name]?.place ?? properties.place,
        "`\(name)` of \(properties.holder): \(error.message)", expected: error.expected)
      return nil
    }
  }

  /// A PEM text: the property itself, as inputs bring it, or the file that it names. The text is in no message.
  private mutating func pem(_ name: String, of properties: Properties, required: Bool) -> String? {
    guard let text = text(name, of: properties, required: required) else { return nil }
    if text.value.contains(Self.pemMark) {
      if text.value.utf8.count <= Certificate.largestText { return text.value }
      report(
        "invalid-value", at: properties.place, "`\(name)` of \(properties.holder) is too long",
        expected: "at most \(Certificate.largestText) bytes")
      return nil
    }
    do {
      return String(decoding: try files.read(text.value, limit: Certificate.largestText), as: UTF8.self)
    } catch {
      report(error, of: text, expected: "a file in PEM, relative to the template")
      return nil
    }
  }

  /// What clients would find wrong with a chain.
  private mutating func checkChain(_ chain: [Certificate], _ properties: Properties) {
    guard let own = chain.first else { return }
    let place = properties.values["certificate"]?.place ?? properties.place
    let label = "`certificate` of \(properties.holder)"
    func report(_ code: String, _ message: String, _ expected: String) {
      self.report(code, at: place, "\(label) \(message)", expected: expected)
    }
    if chain.count > Certificate.longestChain {
      report(
        "invalid-certificate", "has \(chain.count) certificates", "a chain of at most \(Certificate.longestChain)")
    }
    switch own.publicKey {
    case .p256: break
    case .rsa(let modulus, _) where modulus.count >= 256 && modulus.count <= 512: break
    case .rsa, .other:
      report("invalid-certificate", "has a key of a kind that is not served", "P-256, or RSA with 2048 to 4096 bits")
    }
    for (certificate, issuer) in zip(chain, chain.dropFirst()) where certificate.issuer != issuer.subject {
      report(
        "invalid-certificate", "is not in order: \(certificate.label) was not issued by \(issuer.label) after it",
        "the server's own certificate first, then each one's issuer")
    }
    for certificate in chain {
      if certificate.notAfter < now {
        report(
          "expired-certificate", "ended on \(certificate.notAfter.formatted(.iso8601)): \(certificate.label)",
          "a certificate that is valid")
      } else if certificate.notBefore > now {
        report(
          "expired-certificate",
          "is not valid before \(certificate.notBefore.formatted(.iso8601)): \(certificate.label)",
          "a certificate that is valid")
      } else if certificate.notAfter < now + Self.soon {
        warn(
          "certificate-ends-soon", at: place,
          "\(label) ends on \(certificate.notAfter.formatted(.iso8601)): \(certificate.label)", expected: "a later one")
      }
    }
    if own.names.isEmpty {
      warn(
        "certificate-without-names", at: place, "\(label) has no DNS names, so that no client takes it for a host's",
        expected: "DNS names among its alternative names")
    }
  }

  private mutating func readAuthorities(
    _ properties: Properties, _ mode: TransportSecurity.ClientAuthentication
  ) -> [[UInt8]] {
    let given = properties.values["client_authorities"]
    guard mode != .none else {
      if let given, given.content != .null {
        report(
          "misplaced-property", at: given.place, "\(properties.holder) does not ask clients for certificates",
          expected: "`clients: requested` or `clients: required`, or no `client_authorities`")
      }
      return []
    }
    let authorities = readCertificates("client_authorities", of: properties, required: true) ?? []
    for authority in authorities {
      let place = given?.place ?? properties.place
      if !authority.isAuthority || authority.publicKey == .other {
        report(
          "invalid-certificate", at: place,
          "`client_authorities` of \(properties.holder) has \(authority.label), which cannot sign clients' certificates",
          expected: "certificates of authorities, with keys on P-256 or RSA")
      } else if authority.notAfter < now {
        report(
          "expired-certificate", at: place,
          "`client_authorities` of \(properties.holder): \(authority.label) ended on "
            + authority.notAfter.formatted(.iso8601), expected: "an authority that is valid")
      }
    }
    return authorities.map(\.bytes)
  }
}

extension Certificate {
  /// The certificate as messages name it.
  fileprivate var label: String { commonName.map { "`\($0)`" } ?? names.first.map { "`\($0)`" } ?? "a certificate" }
}
