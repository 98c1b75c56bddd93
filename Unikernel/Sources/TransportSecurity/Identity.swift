internal import CBearSSL
import Interchange
import LibraryOS

/// What a server shows of itself: a certificate chain, the private key of its first certificate, and the names it stands
/// for. Connections that began with one keep it until their handshake is over; then its key is wiped.
final class Identity {
  /// The most certificates in a chain, and the most bytes in one.
  static let maximumChain = 8
  static let maximumCertificate = 16 << 10
  /// The most names of one identity.
  static let maximumNames = 64

  /// DNS names in lower case; one may begin with `*.`.
  let names: [ByteString]
  /// The chain as BearSSL takes it, the server's own certificate first.
  let chain: UnsafeMutableBufferPointer<br_x509_certificate>
  /// The certificates themselves, for comparison.
  let certificates: [[UInt8]]
  /// Whether the key is for RSA; else it is for ECDSA on P-256.
  let isRSA: Bool

  // BearSSL's decoded keys point into the context that decoded them.
  private let decoder: UnsafeMutablePointer<br_skey_decoder_context>

  /// Reads one item of the parameter `identities`. A chain that cannot be read, a key of another kind, and a key that is
  /// not the certificate's are refused.
  init(_ value: ParameterValue, curves: UnsafePointer<br_ec_impl>) throws(ParameterFault) {
    let (names, certificates, key) = try Identity.fields(value)
    guard let publicKey = PublicKey(certificate: certificates[0]) else {
      throw Identity.fault("certificates in DER that can be read, with a key for RSA or P-256")
    }
    let decoder = UnsafeMutablePointer<br_skey_decoder_context>.allocate(capacity: 1)
    br_skey_decoder_init(decoder)
    br_skey_decoder_push(decoder, key, key.count)
    guard Identity.decoder(decoder, isFor: publicKey, curves: curves) else {
      Identity.discard(decoder)
      throw Identity.fault(
        "keys in DER, each that of the first certificate beside it: RSA of 2048 to 4096 bits, or P-256")
    }
    self.names = names
    self.certificates = certificates
    self.decoder = decoder
    isRSA = br_skey_decoder_get_rsa(decoder) != nil
    chain = UnsafeMutableBufferPointer<br_x509_certificate>.allocate(capacity: certificates.count)
    for (index, certificate) in certificates.enumerated() {
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: certificate.count)
      _ = copy.initialize(from: certificate)
      chain.initializeElement(at: index, to: br_x509_certificate(data: copy.baseAddress, data_len: copy.count))
    }
  }

  deinit {
    Identity.discard(decoder)
    for certificate in chain { certificate.data.deallocate() }
    chain.deallocate()
  }

  private static func fields(
    _ value: ParameterValue
  ) throws(ParameterFault) -> (names: [ByteString], certificates: [[UInt8]], key: [UInt8]) {
    guard case .map(let fields) = value, fields.count == 3, let names = value["names"]?.listValue,
      let items = value["certificates"]?.listValue, let key = value["key"]?.bytesValue
    else { throw fault("maps with names, certificates and key, each once") }
    guard names.count <= maximumNames else { throw fault("at most 64 names") }
    var texts: [ByteString] = []
    for name in names {
      guard let text = name.textValue, !text.isEmpty, text.count <= 253, text.isPrintable else {
        throw fault("names of 1 to 253 bytes")
      }
      texts.append(ByteString(text.bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }))
    }
    guard !items.isEmpty, items.count <= maximumChain else { throw fault("1 to 8 certificates") }
    var certificates: [[UInt8]] = []
    for item in items {
      guard let bytes = item.bytesValue, !bytes.isEmpty, bytes.count <= maximumCertificate else {
        throw fault("certificates of at most 16384 bytes")
      }
      certificates.append(bytes)
    }
    guard !key.isEmpty, key.count <= 8192 else { throw fault("keys of at most 8192 bytes") }
    return (texts, certificates, key)
  }

  /// Whether a name that a client asks for, in lower case, is one of this identity's (RFC 6125, 6.4.3: a star stands for
  /// one whole label).
  func isNamed(_ name: ByteString) -> Bool {
    for own in names {
      if own == name { return true }
      guard own.count > 2, own.bytes[0] == 0x2A, own.bytes[1] == 0x2E,
        let dot = name.bytes.firstIndex(of: 0x2E), dot > 0
      else { continue }
      if own.bytes[1...] == name.bytes[dot...] { return true }
    }
    return false
  }

  /// Has a client show this to a server that asks for a certificate. It is kept until the handshake is over.
  func show(to client: UnsafeMutablePointer<br_ssl_client_context>, curves: UnsafePointer<br_ec_impl>) {
    if let key = br_skey_decoder_get_rsa(decoder) {
      br_ssl_client_set_single_rsa(client, chain.baseAddress, chain.count, key, cbearssl_rsa_sign())
    } else if let key = br_skey_decoder_get_ec(decoder) {
      // The authority of its certificate may have an RSA key or one for ECDSA; the key signs, and does not agree on keys.
      br_ssl_client_set_single_ec(
        client, chain.baseAddress, chain.count, key, UInt32(BR_KEYTYPE_SIGN), UInt32(BR_KEYTYPE_EC), curves,
        br_ecdsa_i31_sign_asn1)
    }
  }

  /// Signs a hash into `output`; returns the signature's length, 0 where it cannot be done.
  func sign(
    _ hash: UnsafePointer<UInt8>, count: Int, with algorithm: Int32, into output: UnsafeMutablePointer<UInt8>,
    capacity: Int, curves: UnsafePointer<br_ec_impl>
  ) -> Int {
    if let key = br_skey_decoder_get_rsa(decoder) {
      let length = (Int(key.pointee.n_bitlen) + 7) / 8
      guard length <= capacity, let identifier = Identity.objectIdentifier(ofHash: algorithm) else { return 0 }
      var copy: [UInt8] = []
      copy.append(contentsOf: UnsafeBufferPointer(start: hash, count: count))
      return cbearssl_rsa_sign()(identifier, copy, count, key, output) == 1 ? length : 0
    }
    guard let key = br_skey_decoder_get_ec(decoder), let function = cbearssl_hash(algorithm) else { return 0 }
    // The longest ECDSA signature on P-256 in ASN.1.
    var signature = [UInt8](repeating: 0, count: 80)
    let length = br_ecdsa_i31_sign_asn1(curves, function, hash, key, &signature)
    guard length > 0, length <= capacity else { return 0 }
    output.update(from: signature, count: length)
    return length
  }

  /// The object identifier of SHA-256, SHA-384 or SHA-512 (RFC 8017, B.1), with its length in front.
  static func objectIdentifier(ofHash algorithm: Int32) -> [UInt8]? {
    let last: UInt8
    switch algorithm {
    case Int32(br_sha256_ID): last = 1
    case Int32(br_sha384_ID): last = 2
    case Int32(br_sha512_ID): last = 3
    default: return nil
    }
    return [0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last]
  }

  private static func decoder(
    _ decoder: UnsafePointer<br_skey_decoder_context>, isFor publicKey: PublicKey, curves: UnsafePointer<br_ec_impl>
  ) -> Bool {
    guard br_skey_decoder_last_error(decoder) == 0 else { return false }
    if let key = br_skey_decoder_get_ec(decoder) { return publicKey.isPublicPart(of: key.pointee, curves: curves) }
    if let key = br_skey_decoder_get_rsa(decoder) { return publicKey.isPublicPart(of: key) }
    return false
  }

  private static func discard(_ decoder: UnsafeMutablePointer<br_skey_decoder_context>) {
    cbearssl_wipe(decoder, MemoryLayout<br_skey_decoder_context>.size)
    decoder.deallocate()
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("transport-security.identities", expected: expected)
  }
}
