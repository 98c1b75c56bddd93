import Foundation

/// A document with signatures over it and its type (DSSE, version 1.0).
public struct SignedEnvelope: Hashable, Sendable, Codable {
  /// A signature.
  public struct Signature: Hashable, Sendable, Codable {
    /// The digest of the public key.
    public var keyid: String
    /// ECDSA on P-256 with SHA-256, an ASN.1 `ECDSA-Sig-Value`, in Base64.
    public var sig: String
  }

  /// The media type of the document.
  public var payloadType: String
  /// The document, in Base64.
  public var payload: String
  /// Who vouches for it.
  public var signatures: [Signature]

  /// A document that a key signs.
  public init(payload: [UInt8], type: String, signedBy key: SigningKey) throws(ImageFault) {
    payloadType = type
    self.payload = Data(payload).base64EncodedString()
    let signature = try key.signASN1(Self.signedBytes(payload, type: type))
    signatures = [Signature(keyid: key.identifier, sig: Data(signature).base64EncodedString())]
  }

  /// The document; nil where what stands there is not Base64. It is not to be believed before `isSigned` says so.
  public var content: [UInt8]? { Data(base64Encoded: payload).map { Array($0) } }

  /// Whether one of the signatures is that of the holder of a public key, an uncompressed point of 65 bytes.
  public func isSigned(by publicKey: [UInt8]) -> Bool {
    guard let content else { return false }
    let bytes = Self.signedBytes(content, type: payloadType)
    return signatures.contains { signature in
      guard let encoded = Data(base64Encoded: signature.sig) else { return false }
      return SigningKey.isValid(signatureASN1: Array(encoded), of: bytes, publicKey: publicKey)
    }
  }

  /// What is signed: the type and the document with their lengths (DSSE, `PAE`).
  private static func signedBytes(_ payload: [UInt8], type: String) -> [UInt8] {
    Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
  }
}
