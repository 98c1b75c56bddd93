import Foundation
import ImageGeneration
import Interchange

/// Makes the signed messages of control channels. Versions come from the clock, so that one is greater than any before it
/// even if the last one sent was not written down before a crash.
struct ControlSigner: Sendable {
  let key: SigningKey

  /// A version greater than `last`: the time in microseconds, unless the clock was set back.
  static func version(after last: UInt64) -> UInt64 {
    max(last + 1, UInt64(max(0, Date().timeIntervalSince1970 * 1_000_000)))
  }

  /// The wire form of a message with its signature.
  func signed(_ message: ControlMessage) throws(OrchestrationFault) -> [UInt8] {
    let bytes = message.signedBytes
    do {
      return bytes + (try key.sign(bytes))
    } catch {
      throw .execution("a control message cannot be signed: \(error)")
    }
  }
}
