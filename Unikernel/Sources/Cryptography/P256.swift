internal import CBearSSL

/// ECDSA on the curve P-256 with SHA-256 (FIPS 186-5, section 6), by BearSSL. An image verifies; it never signs.
public enum P256 {
  /// The number of bytes in a signature `r || s`.
  public static let signatureLength = 64
  /// The number of bytes in an uncompressed public key (SEC 1, 2.3.3): 4, then both coordinates.
  public static let publicKeyLength = 65

  /// Whether `raw`, 64 bytes `r || s`, is a signature of `message` by the owner of `publicKey`, 65 bytes uncompressed.
  /// Wrong lengths, numbers out of range and points off the curve are no valid signature.
  public static func isValidSignature(_ raw: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
    guard raw.count == signatureLength, publicKey.count == publicKeyLength, publicKey[0] == 4 else { return false }
    let digest = SHA256.hash(message)
    var point = publicKey
    let length = point.count
    return point.withUnsafeMutableBufferPointer { point in
      var key = br_ec_public_key(curve: Int32(BR_EC_secp256r1), q: point.baseAddress, qlen: length)
      return br_ecdsa_i31_vrfy_raw(cbearssl_p256(), digest, digest.count, &key, raw, raw.count) == 1
    }
  }

  /// Whether `publicKey` is the uncompressed encoding of a point on the curve.
  public static func isValidPublicKey(_ publicKey: [UInt8]) -> Bool {
    guard publicKey.count == publicKeyLength, publicKey[0] == 4 else { return false }
    var point = publicKey
    let one: [UInt8] = [1]
    return cbearssl_p256().pointee.mul(&point, point.count, one, one.count, Int32(BR_EC_secp256r1)) == 1
  }
}
