internal import CBearSSL
import Interchange
import LibraryOS

/// Whom the other end's certificate must come from: a name and a key that are trusted as given (RFC 5280, 6.1.1 d).
struct Authority {
  let subject: [UInt8]
  let key: PublicKey.Value
  /// Whether it signs certificates; else it is one server's own, and trusted for that server alone.
  let signs: Bool

  /// Reads one item of the parameter `client-authorities`: an authority's certificate in DER.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard let bytes = value.bytesValue, bytes.count <= Identity.maximumCertificate,
      let certificate = PublicKey(certificate: bytes), certificate.isAuthority
    else { throw Authority.fault("certificates of authorities, in DER, with keys for RSA or P-256") }
    subject = certificate.subject
    key = certificate.value
    signs = true
  }

  /// Reads one item of `authorities` of a backend: an authority's certificate, or the backend's own.
  init(ofBackend value: ParameterValue) throws(ParameterFault) {
    guard let bytes = value.bytesValue, bytes.count <= Identity.maximumCertificate,
      let certificate = PublicKey(certificate: bytes)
    else { throw Backend.fault("authorities: certificates in DER, with keys for RSA or P-256") }
    subject = certificate.subject
    key = certificate.value
    signs = certificate.isAuthority
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("transport-security.client-authorities", expected: expected)
  }
}

/// Authorities in the form that BearSSL takes. Handshakes that began with them keep them.
final class TrustAnchors {
  let anchors: UnsafeMutableBufferPointer<br_x509_trust_anchor>
  private var storage: [UnsafeMutableBufferPointer<UInt8>] = []

  init(_ authorities: [Authority]) {
    anchors = .allocate(capacity: authorities.count)
    for (index, authority) in authorities.enumerated() {
      let subject = keep(authority.subject)
      var key = br_x509_pkey()
      switch authority.key {
      case .p256(let point):
        key.key_type = UInt8(BR_KEYTYPE_EC)
        key.key.ec = br_ec_public_key(curve: Int32(BR_EC_secp256r1), q: keep(point).baseAddress, qlen: point.count)
      case .rsa(let modulus, let exponent):
        key.key_type = UInt8(BR_KEYTYPE_RSA)
        key.key.rsa = br_rsa_public_key(
          n: keep(modulus).baseAddress, nlen: modulus.count, e: keep(exponent).baseAddress, elen: exponent.count)
      }
      anchors.initializeElement(
        at: index,
        to: br_x509_trust_anchor(
          dn: br_x500_name(data: subject.baseAddress, len: subject.count),
          flags: authority.signs ? UInt32(BR_X509_TA_CA) : 0, pkey: key))
    }
  }

  deinit {
    for bytes in storage { bytes.deallocate() }
    anchors.deallocate()
  }

  private func keep(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    storage.append(copy)
    return copy
  }
}
