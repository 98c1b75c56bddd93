import Hosting
import ImageGeneration

/// What an instance and the port forwarder know each other by. Each instance of a public resource has a secret of its own,
/// so that one which was broken into cannot speak as the forwarder to another.
extension InstanceRecord {
  static let forwarderSecretKey = "forwarderSecret"

  /// The secret in hexadecimal digits; `nil` for an instance that no header is sent to.
  var forwarderSecret: String? { metadata[InstanceRecord.forwarderSecretKey] }

  /// The forwarder as the instance's settings name it.
  var forwarderIdentity: ForwarderIdentity? {
    guard let forwarderSecret, let address = network.hostAddress else { return nil }
    let digits = Array(forwarderSecret.utf8)
    let secret = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
    }
    return ForwarderIdentity(address: address, secret: secret)
  }
}

extension ServiceController {
  /// 32 bytes of the system's randomness, in hexadecimal digits.
  static func freshSecret() -> String {
    freshEntropy().prefix(32).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
