import Crypto
import Foundation
import Hosting
import Interchange

/// The key that an instance shares with the orchestrator. It is random, made for this instance, and in two places only:
/// the signed boot message, and the instance's record, both of which nobody but the owner can read. Without it, whoever
/// takes the instance's control channel over can tell the image nothing, and acknowledge nothing in its name.
struct ChannelKey: Sendable {
  static let metadataKey = "channelKey"

  let bytes: [UInt8]

  /// A fresh key.
  init() {
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<ControlKeyUse.keyLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// The key of an instance; `nil` for one that an older version of this program started, which takes signatures.
  init?(of record: InstanceRecord) {
    guard let text = record.metadata[ChannelKey.metadataKey], let data = Data(base64Encoded: text),
      data.count == ControlKeyUse.keyLength
    else { return nil }
    bytes = Array(data)
  }

  /// How it is written in the instance's record.
  var text: String { Data(bytes).base64EncodedString() }

  /// The code that seals a message to the image.
  func code(of message: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: derived(.messages)))
  }

  /// The proof that the image has the message with this code.
  func proof(ofMessageWith code: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: code, using: derived(.acknowledgements)))
  }

  /// Whether an acknowledgement is the image's, of the very message with this code.
  func isProof(_ proof: [UInt8], ofMessageWith code: [UInt8]) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: code, using: derived(.acknowledgements))
  }

  private func derived(_ use: ControlKeyUse) -> SymmetricKey {
    HKDF<SHA256>.expand(
      pseudoRandomKey: bytes, info: use.label, outputByteCount: ControlKeyUse.keyLength)
  }
}
