import LibraryOS

// Neighbor discovery (RFC 4861, 4): the wire form. Validity (6.1, 7.1): all of these have a hop limit of 255, which no
// router leaves in place, code 0, and options with a length; none may be in a fragment (RFC 6980, 5).

/// A message that was checked.
struct DiscoveryMessage {
  static let routerSolicitation: UInt8 = 133
  static let routerAdvertisement: UInt8 = 134
  static let neighborSolicitation: UInt8 = 135
  static let neighborAdvertisement: UInt8 = 136
  static let redirect: UInt8 = 137
  /// Options looked at in one message.
  static let maximumOptions = 16

  /// The bits of a neighbor advertisement (RFC 4861, 4.4).
  struct Flags: OptionSet {
    let rawValue: UInt8
    static let router = Flags(rawValue: 0x80)
    static let solicited = Flags(rawValue: 0x40)
    static let overriding = Flags(rawValue: 0x20)
  }

  /// A prefix that a router announces (RFC 4861, 4.6.2).
  struct Prefix {
    var address: IPv6Address
    var length: Int
    var isOnLink: Bool
    var isAutonomous: Bool
    /// In seconds; `UInt32.max` is for ever.
    var validLifetime: UInt32
    var preferredLifetime: UInt32
  }

  var type: UInt8
  var bytes: UnsafeRawBufferPointer
  /// Of a solicitation the source's, of an advertisement the target's.
  var linkLayerAddress: EthernetAddress?
  private(set) var prefixes: [Prefix] = []

  /// Checks a message of these types.
  init?(_ message: ICMPMessage, hopLimit: UInt8) {
    guard hopLimit == 255, message.code == 0 else { return nil }
    type = message.type
    bytes = message.bytes
    let start: Int
    switch type {
    case DiscoveryMessage.routerSolicitation: start = 8
    case DiscoveryMessage.routerAdvertisement: start = 16
    case DiscoveryMessage.neighborSolicitation, DiscoveryMessage.neighborAdvertisement: start = 24
    default: return nil
    }
    guard bytes.count >= start, start < 24 || !IPv6Address(bytes, at: 8).isMulticast else { return nil }
    let wanted: UInt8 = type == DiscoveryMessage.neighborAdvertisement ? 2 : 1
    var index = start
    var count = 0
    while index < bytes.count {
      guard index + 8 <= bytes.count else { return nil }
      let length = Int(bytes[index + 1]) * 8
      guard length > 0, index + length <= bytes.count else { return nil }
      count += 1
      guard count <= DiscoveryMessage.maximumOptions else { return nil }
      if bytes[index] == wanted, length == 8 {
        let address = EthernetAddress(bytes, at: index + 2)
        guard !address.isGroup, address.raw != 0 else { return nil }
        linkLayerAddress = address
      } else if bytes[index] == 3, length == 32, type == DiscoveryMessage.routerAdvertisement {
        prefixes.append(
          Prefix(
            address: IPv6Address(bytes, at: index + 16), length: Int(bytes[index + 2]),
            isOnLink: bytes[index + 3] & 0x80 != 0, isAutonomous: bytes[index + 3] & 0x40 != 0,
            validLifetime: bytes.number32(at: index + 4), preferredLifetime: bytes.number32(at: index + 8)))
      }
      index += length
    }
  }

  /// Whom a neighbor solicitation or advertisement is about.
  var target: IPv6Address { IPv6Address(bytes, at: 8) }
  /// Of a neighbor advertisement.
  var flags: Flags { Flags(rawValue: bytes[4]) }
  /// Of a router advertisement; 0 where it does not say.
  var hopLimit: UInt8 { bytes[4] }
  /// Of a router advertisement, in seconds.
  var routerLifetime: UInt16 { bytes.number16(at: 6) }
}
