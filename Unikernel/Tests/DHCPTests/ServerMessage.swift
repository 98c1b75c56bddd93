import LibraryOS

@testable import DHCP

/// What a server sends, option by option.
struct ServerMessage {
  var type: DHCPMessageType = .offer
  var transaction: UInt32
  var hardware: UInt64 = ServerMessage.clientHardware
  var given: UInt32 = 0x0A00_0009
  var server: UInt32? = 0x0A00_0001
  var lease: UInt32? = 3600
  var mask: UInt32? = 0xFFFF_FF00
  var router: UInt32? = 0x0A00_0001
  var more: [UInt8] = []

  static let clientHardware: UInt64 = 0x0200_0000_0002

  static func number(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

  var bytes: [UInt8] {
    var bytes: [UInt8] = [2, 1, 6, 0] + ServerMessage.number(transaction) + [0, 0, 0, 0, 0, 0, 0, 0]
    bytes += ServerMessage.number(given) + [UInt8](repeating: 0, count: 8)
    bytes += (0..<6).map { UInt8(truncatingIfNeeded: hardware >> UInt64(40 - 8 * $0)) }
    bytes += [UInt8](repeating: 0, count: 236 - bytes.count) + [0x63, 0x82, 0x53, 0x63, 53, 1, type.rawValue]
    for (code, value) in [(UInt8(54), server), (51, lease), (1, mask), (3, router)] {
      if let value { bytes += [code, 4] + ServerMessage.number(value) }
    }
    return bytes + more + [255]
  }

  var message: DHCPMessage? { DHCPMessage(bytes) }
}
