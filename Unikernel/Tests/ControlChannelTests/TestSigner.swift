import CBearSSL
import Cryptography
import Interchange

/// Signs as the orchestrator does, with a key derived from a number. For tests only.
struct TestSigner {
  private let secret: [UInt8]
  /// The uncompressed public key.
  let publicKey: [UInt8]

  /// The signer number `seed`.
  init(seed: UInt8) {
    secret = [UInt8](repeating: 0, count: 31) + [seed]
    var key = [UInt8](repeating: 0, count: 65)
    let count = TestSigner.withKey(secret) { br_ec_compute_pub(cbearssl_p256(), nil, &key, $0) }
    precondition(count == 65)
    publicKey = key
  }

  private static func withKey<Result>(
    _ secret: [UInt8], _ body: (UnsafePointer<br_ec_private_key>) -> Result
  ) -> Result {
    var secret = secret
    let length = secret.count
    return secret.withUnsafeMutableBufferPointer { bytes in
      var key = br_ec_private_key(curve: Int32(BR_EC_secp256r1), x: bytes.baseAddress, xlen: length)
      return body(&key)
    }
  }

  /// The message's wire form with its signature, as the boot message has one.
  func signed(_ message: ControlMessage) -> [UInt8] {
    let bytes = message.bytes(sealedBy: .signature)
    let digest = SHA256.hash(bytes)
    var signature = [UInt8](repeating: 0, count: 64)
    let count = TestSigner.withKey(secret) {
      br_ecdsa_i31_sign_raw(cbearssl_p256(), cbearssl_sha256(), digest, $0, &signature)
    }
    precondition(count == 64)
    return bytes + signature
  }
}
