internal import CBearSSL

/// The public key in a certificate.
struct PublicKey {
  /// Which key, with what makes it up, most significant byte first and without leading zeros.
  enum Value {
    /// An uncompressed point on P-256.
    case p256(point: [UInt8])
    /// Modulus and exponent.
    case rsa(modulus: [UInt8], exponent: [UInt8])
  }

  let value: Value
  /// The subject's distinguished name, in DER.
  let subject: [UInt8]
  /// Whether the certificate says of itself that it is an authority's.
  let isAuthority: Bool

  /// Reads a certificate in DER; `nil` if it cannot be read, has bytes behind it, or has another kind of key.
  init?(certificate: [UInt8]) {
    let decoder = UnsafeMutablePointer<br_x509_decoder_context>.allocate(capacity: 1)
    let subject = SubjectCollector()
    defer { decoder.deallocate() }
    let key = withExtendedLifetime(subject) { () -> Value? in
      br_x509_decoder_init(
        decoder,
        { context, bytes, count in
          guard let context, let bytes else { return }
          Unmanaged<SubjectCollector>.fromOpaque(context).takeUnretainedValue()
            .bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        }, Unmanaged.passUnretained(subject).toOpaque())
      br_x509_decoder_push(decoder, certificate, certificate.count)
      guard let key = br_x509_decoder_get_pkey(decoder) else { return nil }
      return PublicKey.value(of: key.pointee)
    }
    guard let key else { return nil }
    value = key
    self.subject = subject.bytes
    isAuthority = br_x509_decoder_isCA(decoder) != 0
  }

  private static func value(of key: br_x509_pkey) -> Value? {
    if Int32(key.key_type) == BR_KEYTYPE_EC {
      guard key.key.ec.curve == BR_EC_secp256r1, key.key.ec.qlen == 65 else { return nil }
      return .p256(point: bytes(key.key.ec.q, key.key.ec.qlen))
    }
    guard Int32(key.key_type) == BR_KEYTYPE_RSA else { return nil }
    return .rsa(
      modulus: bytes(key.key.rsa.n, key.key.rsa.nlen), exponent: bytes(key.key.rsa.e, key.key.rsa.elen))
  }

  /// Without leading zeros, which a point does not have.
  private static func bytes(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    return Array(bytes.drop { $0 == 0 })
  }

  /// Whether a key on P-256 has this public part.
  func isPublicPart(of key: br_ec_private_key, curves: UnsafePointer<br_ec_impl>) -> Bool {
    guard case .p256(let point) = value, key.curve == BR_EC_secp256r1 else { return false }
    var key = key
    var computed = [UInt8](repeating: 0, count: Int(BR_EC_KBUF_PUB_MAX_SIZE))
    let length = br_ec_compute_pub(curves, nil, &computed, &key)
    return length == point.count && Array(computed[..<length]) == point
  }

  /// Whether an RSA key of 2048 to 4096 bits has this public part: what it signs, this verifies.
  func isPublicPart(of key: UnsafePointer<br_rsa_private_key>) -> Bool {
    guard case .rsa(var modulus, var exponent) = value, key.pointee.n_bitlen >= 2048, key.pointee.n_bitlen <= 4096
    else { return false }
    let identifier = Identity.objectIdentifier(ofHash: Int32(br_sha256_ID))
    let hash = [UInt8](repeating: 0x5A, count: 32)
    var signature = [UInt8](repeating: 0, count: (Int(key.pointee.n_bitlen) + 7) / 8)
    guard cbearssl_rsa_sign()(identifier, hash, hash.count, key, &signature) == 1 else { return false }
    var recovered = [UInt8](repeating: 0, count: hash.count)
    let (modulusLength, exponentLength) = (modulus.count, exponent.count)
    let isValid = modulus.withUnsafeMutableBufferPointer { modulus in
      exponent.withUnsafeMutableBufferPointer { exponent in
        var part = br_rsa_public_key(
          n: modulus.baseAddress, nlen: modulusLength, e: exponent.baseAddress, elen: exponentLength)
        return cbearssl_rsa_verify()(signature, signature.count, identifier, hash.count, &part, &recovered) == 1
      }
    }
    return isValid && recovered == hash
  }
}

/// Where the decoder puts a subject.
private final class SubjectCollector {
  var bytes: [UInt8] = []
}
