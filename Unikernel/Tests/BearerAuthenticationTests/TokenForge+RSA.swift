import CBearSSL
import Cryptography
import Foundation
import Interchange

/// RSA, as an issuer signs with it.
extension TokenForge {
  /// A key made for these tests alone, with `openssl genrsa 2048`.
  static let rsaModulus = number(
    "qdeeFVgOjvPxIShmDjbhu6YmG5Wa0t4LOg36Gk37Pxf0F0FBSU6l1AK0rumJdzE8Zwr5yXIJNK62wfAkt/awd1/pSIzrP9Vw"
      + "pNNGg+2vIN2kcqSHM29q/1TVkLMtmjVMDy1q83lgwIbtU5Qf2SfzXngtc8NWJcA4C6y2IV1wqYObpN1/o7h0bVhPXkOQx4br"
      + "1WizrAjc0LuYgX34P43qNo1/uBoAGtLik+KC1jo+zrs9i9OO8Ojf7syKe+WW06PF7npO0c3J1TVNEzJGYjzDeEvPcp89WVqH"
      + "DrTrMu9SbOuFWpIBB1uF/hb//TQ33A9gMIIQgX1qx/qG04UjKPZsJQ==")
  private static let rsaFirstPrime = number(
    "2O9DpxrOr9ynr8WkrhBZvgEQ2EmWo3x3+cIajChJrfnqEREVxJzgTz3+4RnU/3xABYdLGdLIdkU7RNjWtYquQkNt1ZnnIvOg"
      + "oN+0bd92AafxdzXbzDo4klVLw78DPB1KXYK+GJinLfPs3wpaubrf8nb0XNATqbAy6CP2Dil/6+c=")
  private static let rsaSecondPrime = number(
    "yG1iXbEu174zslutfdfTdF6I52Kn16ZaH475xjPMqK6keknd0PFyQCc6Xacd83p2cX91p2s56qegaI5wSIacL2MhBT+ks8t9"
      + "KnFzEwmgRpiZk8ZSTovLV0cXccXUXuAJEGh0TfHn0RUleV/7QtaLIux5jUVApyxf75YB0iF7hhM=")
  private static let rsaFirstExponent = number(
    "kTReCU1FSaudxma52xTwrOCTwOJI5Xdb6x6EnIoe/0fH59KSyn7jGcd6gnvC+ZvWUp0DpO5U5e1jRasK1ItWJt5xd0dD0j5W"
      + "pzf10pF/sI4Ub2HqlKHn2fMj+osxhBxq+XqY+We8h2K9i3Gn1qgCXI5I9JMGhk99U6s2eLZIfMM=")
  private static let rsaSecondExponent = number(
    "h/suscJ0tYsmJ+xrWOYFYP6Cg/o7ReRnYOHwNLkQMaHLlexnwksN6Ni0kLXBbF+53GdNu7jUIpB4FHgPViV98eifjqAPbqyw"
      + "zwsJt/Df/QWrrMbxMLlHzH8/OMGvxG7bt3Ym8nsdfI2MTzz/i+ljnN4z2dUSeFly/WoY8iglVmE=")
  private static let rsaCoefficient = number(
    "UpC22zsUBepJgVRcZLlqd/p26Eo/cKJRtQ1ts2XcU/vJuVmMUcz4DK3qtfx41FpZuD/TGcHfzJ+jFkqXj7kucABeGYDQdpa8"
      + "/zjBgRzrERGv9SkGIJT356y2QRJwg6AD9wpx+DdheU/JEn01cDq96OGQmimQ/h5K6MOPqGfvcQ0=")

  private static func number(_ text: String) -> [UInt8] { Data(base64Encoded: text).map { Array($0) } ?? [] }

  /// `RSAPublicKey` in DER (RFC 8017, A.1.1).
  static func rsaPublicKey(modulus: [UInt8] = rsaModulus, exponent: [UInt8] = [1, 0, 1]) -> [UInt8] {
    value(0x30, integer(modulus) + integer(exponent))
  }

  static func integer(_ bytes: [UInt8]) -> [UInt8] { value(2, (bytes.first ?? 0x80) >= 0x80 ? [0] + bytes : bytes) }

  static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    switch content.count {
    case ..<0x80: [tag, UInt8(content.count)] + content
    case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
    default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }
  }

  /// An RS256 signature (RFC 7518, 3.3); by another hash where one is given.
  static func rs256(_ message: String) -> [UInt8] {
    rsa(digest: SHA256.hash(Array(message.utf8)), identifier: cbearssl_sha256_identifier())
  }

  /// A signature of a digest, with the identifier of its hash; none for MD5 with SHA-1, as in TLS 1.1.
  static func rsa(digest: [UInt8], identifier: UnsafePointer<UInt8>?) -> [UInt8] {
    var parts = [rsaFirstPrime, rsaSecondPrime, rsaFirstExponent, rsaSecondExponent, rsaCoefficient]
    let lengths = parts.map(\.count)
    var joined = parts.flatMap { $0 }
    parts = []
    var signature = [UInt8](repeating: 0, count: rsaModulus.count)
    joined.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var starts: [UnsafeMutablePointer<UInt8>] = []
      var offset = 0
      for length in lengths {
        starts.append(base + offset)
        offset += length
      }
      var key = br_rsa_private_key(
        n_bitlen: UInt32(rsaModulus.count * 8), p: starts[0], plen: lengths[0], q: starts[1], qlen: lengths[1],
        dp: starts[2], dplen: lengths[2], dq: starts[3], dqlen: lengths[3], iq: starts[4], iqlen: lengths[4])
      _ = br_rsa_i31_pkcs1_sign(identifier, digest, digest.count, &key, &signature)
    }
    return signature
  }

  /// A token with RS256 by the right key.
  static func rs256Token(
    header: String = #"{"alg":"RS256","kid":"r1"}"#, claims: String = claims()
  ) -> String {
    token(header: header, claims: claims) { rs256($0) }
  }
}
