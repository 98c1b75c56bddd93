import Foundation
import Hosting
import ImageGeneration
import Interchange

/// Makes the sealed messages of control channels. Versions come from the clock, so that one is greater than any before it
/// even if the last one sent was not written down before a crash.
struct ControlSigner: Sendable {
  let key: SigningKey

  /// A message in its wire form, and how its acknowledgement is told from others.
  struct Sealed: Sendable {
    let bytes: [UInt8]
    /// The channel's key and the message's code; nothing where the message is signed.
    private let expected: (key: ChannelKey, code: [UInt8])?

    fileprivate init(_ bytes: [UInt8], _ expected: (key: ChannelKey, code: [UInt8])?) {
      self.bytes = bytes
      self.expected = expected
    }

    /// Whether this is what the image says to this message.
    func isAcknowledged(with proof: [UInt8]) -> Bool {
      guard let expected else { return true }
      return expected.key.isProof(proof, ofMessageWith: expected.code)
    }
  }

  /// A version greater than `last`: the time in microseconds, unless the clock was set back.
  static func version(after last: UInt64) -> UInt64 {
    max(last + 1, UInt64(max(0, Date().timeIntervalSince1970 * 1_000_000)))
  }

  /// The wire form of a boot message.
  func signed(_ message: ControlMessage) throws(OrchestrationFault) -> [UInt8] {
    let bytes = message.bytes(sealedBy: .signature)
    do {
      return bytes + (try key.sign(bytes))
    } catch {
      throw .execution("a control message cannot be signed: \(error)")
    }
  }

  /// The wire form of a message to an image that runs.
  func sealed(_ message: ControlMessage, for record: InstanceRecord) throws(OrchestrationFault) -> Sealed {
    guard let key = ChannelKey(of: record) else { return Sealed(try signed(message), nil) }
    let bytes = message.bytes(sealedBy: .code)
    let code = key.code(of: bytes)
    return Sealed(bytes + code, (key, code))
  }
}
