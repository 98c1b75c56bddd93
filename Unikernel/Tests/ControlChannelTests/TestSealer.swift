import Cryptography
import Interchange

/// Seals messages as the orchestrator does, with a channel's key derived from a number. For tests only.
struct TestSealer {
  /// The channel's key.
  let key: [UInt8]

  /// The sealer number `seed`.
  init(seed: UInt8) {
    key = [UInt8](repeating: seed, count: ControlKeyUse.keyLength)
  }

  private func code(_ use: ControlKeyUse, _ message: [UInt8]) -> [UInt8] {
    HMACSHA256.code(key: HMACSHA256.code(key: key, message: use.label + [1]), message: message)
  }

  /// The message's wire form with its code.
  func sealed(_ message: ControlMessage) -> [UInt8] {
    let bytes = message.bytes(sealedBy: .code)
    return bytes + code(.messages, bytes)
  }

  /// What the image says to it.
  func acknowledgement(of message: [UInt8]) -> Report {
    guard let version = (try? ControlMessage.decode(message, sealedBy: .code))?.message.version else { return .drained }
    return .acknowledged(
      version: version, proof: code(.acknowledgements, Array(message.suffix(ControlSeal.code.length))))
  }
}
