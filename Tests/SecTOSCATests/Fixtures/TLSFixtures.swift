import Certificates
import Crypto
import Foundation
import TOSCA

/// Certificates and keys, made anew in each run, as texts that a template may hold.
enum TLSFixtures {
  /// When findings are judged; certificates are valid around it.
  static let now = Date(timeIntervalSince1970: 1_750_000_000)
  static let day: TimeInterval = 86_400
  static let authorityKey = P256.Signing.PrivateKey()
  static let serverKey = P256.Signing.PrivateKey()
  static let otherKey = P256.Signing.PrivateKey()

  static let authorityCertificate = certificate(.authority, "Test authority", authorityKey)
  static let serverCertificate = certificate(
    .server, "portal.example", serverKey, names: ["portal.example", "127.0.0.1"], signed: true)

  static let authority = Literal.text(Certificate.pem(authorityCertificate))
  static let identities: Literal = [identity(serverCertificate)]

  /// One entry of `identities`.
  static func identity(_ certificates: [UInt8]..., key: P256.Signing.PrivateKey = serverKey) -> Literal {
    [
      "certificate": .text(certificates.map(Certificate.pem).joined()), "key": .text(key.pemRepresentation),
    ]
  }

  /// A requirement of TLS of the storefront.
  static func policy(
    _ name: String, _ properties: [String: Literal], identities: Literal = TLSFixtures.identities
  ) -> Policy {
    Portal.policy(
      name, "TransportSecurity", ["storefront"], properties.merging(["identities": identities]) { own, _ in own })
  }

  static func certificate(
    _ purpose: CertificateRequest.Purpose, _ name: String, _ key: P256.Signing.PrivateKey, names: [String] = [],
    signed: Bool = false, from start: TimeInterval = -2000 * day, to end: TimeInterval = 20_000 * day
  ) -> [UInt8] {
    let request = CertificateRequest(
      purpose: purpose, commonName: name, names: names, validity: now + start...now + end)
    let issuer = signed ? Certificate(der: authorityCertificate).map { ($0, authorityKey) } : nil
    return (try? request.certificate(for: key, issuer: issuer, serialNumber: [1])) ?? []
  }
}
