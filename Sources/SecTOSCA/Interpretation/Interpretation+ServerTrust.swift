import Certificates
import Foundation
import TOSCA

/// How external services are known that are spoken to over TLS.
extension Interpretation {
  mutating func readServerTrust(of node: Node) -> BackendSecurity? {
    guard let value = value("tls", of: Properties(of: node)) else { return nil }
    guard var properties = Properties(value, holder: "`tls` of `\(node.name)`") else {
      report(
        "invalid-value", at: value.place, "`tls` of `\(node.name)` is not a map", expected: "`name` and `authorities`")
      return nil
    }
    // Where a key's text stands in the template itself, no finding may show its line.
    if properties.values["key"]?.string?.contains(Self.pemMark) ?? false { properties.place = node.place }
    let name = readServerName(properties)
    let authorities = readCertificates("authorities", of: properties, required: true)
    for authority in authorities ?? [] { checkTrusted(authority, properties) }
    let hasIdentity = ["certificate", "key"].contains { properties.values[$0].map { $0.content != .null } ?? false }
    let identity = hasIdentity ? readIdentity(properties) : nil
    guard let name, let authorities, !hasIdentity || identity != nil else { return nil }
    return BackendSecurity(
      backend: node.name, name: name, authorities: authorities.map(\.bytes), identity: identity)
  }

  private mutating func readServerName(_ properties: Properties) -> String? {
    guard let name = text("name", of: properties, required: true) else { return nil }
    guard NamedServer.isName(name.value), !BackendSecurity.isAddress(name.value) else {
      report(
        "invalid-value", at: name.place, "`name` of \(properties.holder) is `\(name.value)`",
        expected: "the DNS name that its certificate is for, such as `db.example.org`")
      return nil
    }
    return name.value.lowercased()
  }

  private mutating func checkTrusted(_ certificate: Certificate, _ properties: Properties) {
    let place = properties.values["authorities"]?.place ?? properties.place
    if certificate.publicKey == .other {
      report(
        "invalid-certificate", at: place,
        "`authorities` of \(properties.holder) has a certificate with a key of a kind that cannot be verified with",
        expected: "keys on P-256 or RSA")
    } else if certificate.notAfter < now {
      report(
        "expired-certificate", at: place,
        "`authorities` of \(properties.holder) has a certificate that ended on "
          + certificate.notAfter.formatted(.iso8601),
        expected: "certificates that are valid")
    }
  }
}
