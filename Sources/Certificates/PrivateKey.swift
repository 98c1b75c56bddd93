public import Crypto
import Foundation

/// A private key that a server can show who it is with: on P-256, or RSA.
public struct PrivateKey: Hashable, Sendable {
  /// The key in DER: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #1 (RFC 8017, A.1.2), as it was written.
  public var bytes: [UInt8]
  /// Its public part.
  public var publicKey: Certificate.PublicKey

  /// Reads the one private key of a PEM text. Parameters and certificates that stand beside it are passed over.
  public static func read(pem text: String) throws(CertificateFault) -> PrivateKey {
    let blocks = PEMBlock.read(text).filter { $0.label.hasSuffix("PRIVATE KEY") }
    guard blocks.count == 1, let block = blocks.first else {
      throw CertificateFault(
        blocks.isEmpty ? "there is no private key" : "there are \(blocks.count) private keys",
        expected: "one private key in PEM")
    }
    guard !block.isEncrypted else {
      throw CertificateFault("the private key is encrypted", expected: "a key without a password")
    }
    guard let bytes = block.bytes, let key = PrivateKey(der: bytes) else {
      throw CertificateFault(
        "the private key cannot be read", expected: "a key on P-256, or RSA with 2048 to 4096 bits, in PEM")
    }
    return key
  }

  /// Reads a key in DER; nil for other kinds, and for anything that is no key.
  public init?(der: [UInt8]) {
    bytes = der
    if let key = try? P256.Signing.PrivateKey(derRepresentation: der) {
      publicKey = .p256(Array(key.publicKey.x963Representation))
    } else if let key = PrivateKey.rsa(der) {
      publicKey = key
    } else {
      return nil
    }
  }

  /// A key of swift-crypto's, in PKCS #8's form.
  public init(_ key: P256.Signing.PrivateKey) {
    bytes = Array(key.derRepresentation)
    publicKey = .p256(Array(key.publicKey.x963Representation))
  }

  /// The public part of an RSA key in PKCS #1's form, or wrapped in PKCS #8.
  private static func rsa(_ der: [UInt8]) -> Certificate.PublicKey? {
    var outer = DERReader(der[...])
    guard var key = outer.enter(DERValue.sequence), outer.isAtEnd, key.next(DERValue.integer) != nil else { return nil }
    if var algorithm = key.enter(DERValue.sequence) {
      guard
        algorithm.next(DERValue.objectIdentifier).map({ Array($0.content) }) == ObjectIdentifier.rsaEncryption.bytes,
        let wrapped = key.next(DERValue.octetString)
      else { return nil }
      return rsa(Array(wrapped.content))
    }
    guard let modulus = key.next(DERValue.integer), let exponent = key.next(DERValue.integer) else { return nil }
    let digits = Array(modulus.content.drop { $0 == 0 })
    let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
    guard (2048...4096).contains(bits) else { return nil }
    return .rsa(modulus: digits, exponent: Array(exponent.content.drop { $0 == 0 }))
  }
}
