import CBearSSL
import Cryptography
import Foundation
import Interchange
import LibraryOSTesting

/// Makes tokens, good and bad, as an issuer or a forger would. Only tests sign.
enum TokenForge {
  /// The private key of RFC 6979, A.2.5.
  static let privateKey: [UInt8] = [
    0xC9, 0xAF, 0xA9, 0xD8, 0x45, 0xBA, 0x75, 0x16, 0x6B, 0x5C, 0x21, 0x57, 0x67, 0xB1, 0xD6, 0x93, 0x4E, 0x50, 0xC3,
    0xDB, 0x36, 0xE8, 0x9B, 0x12, 0x7B, 0x8A, 0x62, 0x2B, 0x12, 0x0F, 0x67, 0x21,
  ]
  static let publicKey = publicKey(of: privateKey)
  /// Another key of another issuer.
  static let strangerKey = Array(privateKey.reversed())
  static let secret = Array("a secret of more than 32 bytes, shared".utf8)

  /// The uncompressed point that belongs to a private key.
  static func publicKey(of privateKey: [UInt8]) -> [UInt8] {
    var scalar = privateKey
    var point = [UInt8](repeating: 0, count: 65)
    scalar.withUnsafeMutableBufferPointer { buffer in
      var key = br_ec_private_key(curve: Int32(BR_EC_secp256r1), x: buffer.baseAddress, xlen: buffer.count)
      var output = br_ec_public_key()
      _ = br_ec_compute_pub(cbearssl_p256(), &output, &point, &key)
    }
    return point
  }

  /// An ES256 signature (RFC 7518, 3.4).
  static func es256(_ message: String, key: [UInt8] = privateKey) -> [UInt8] {
    let digest = SHA256.hash(Array(message.utf8))
    var scalar = key
    var signature = [UInt8](repeating: 0, count: 64)
    scalar.withUnsafeMutableBufferPointer { buffer in
      var key = br_ec_private_key(curve: Int32(BR_EC_secp256r1), x: buffer.baseAddress, xlen: buffer.count)
      _ = br_ecdsa_i31_sign_raw(cbearssl_p256(), cbearssl_sha256(), digest, &key, &signature)
    }
    return signature
  }

  /// An HS256 signature (RFC 7518, 3.2).
  static func hs256(_ message: String, key: [UInt8] = secret) -> [UInt8] {
    HMACSHA256.code(key: key, message: Array(message.utf8))
  }

  /// base64url without padding.
  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  static func encode(_ text: String) -> String {
    encode(Array(text.utf8))
  }

  /// A token in compact form.
  static func token(header: String, claims: String, sign: (String) -> [UInt8]) -> String {
    let message = encode(header) + "." + encode(claims)
    return message + "." + encode(sign(message))
  }

  /// A token with ES256 by the right key.
  static func es256Token(
    header: String = #"{"alg":"ES256","kid":"e1"}"#, claims: String = claims()
  ) -> String {
    token(header: header, claims: claims) { es256($0) }
  }

  /// A token with HS256 by the right secret.
  static func hs256Token(
    header: String = #"{"alg":"HS256","kid":"h1"}"#, claims: String = claims()
  ) -> String {
    token(header: header, claims: claims) { hs256($0) }
  }

  /// Claims that are in order, but for what is given; `nil` leaves a claim out. Values are JSON.
  static func claims(
    iss: String? = #""https://issuer.example""#, sub: String? = #""alice""#, aud: String? = #""shop""#,
    exp: String? = "1700000600", nbf: String? = "1699999900", roles: String? = #"["clerk","reader"]"#,
    more: String? = nil
  ) -> String {
    var members: [String] = []
    for (name, value) in [("iss", iss), ("sub", sub), ("aud", aud), ("exp", exp), ("nbf", nbf), ("roles", roles)] {
      if let value { members.append("\"\(name)\":\(value)") }
    }
    if let more { members.append(more) }
    return "{" + members.joined(separator: ",") + "}"
  }
}
