import LibraryOS

// Messages of DHCP (RFC 2131, 2 and 4.3; options of RFC 2132). What arrives is bounded by the datagram; an option that
// leads out of it makes all of it unreadable. Options may go on in the fields `sname` and `file` (RFC 2132, 9.3); those
// that come twice are not joined (RFC 3396): none that is read here is longer than one part.

/// What kind a message is (RFC 2132, 9.6).
enum DHCPMessageType: UInt8 {
  case discover = 1
  case offer = 2
  case request = 3
  case decline = 4
  case acknowledge = 5
  case refuse = 6
}

/// A message from a client, or to one.
struct DHCPMessage: Equatable {
  static let clientPort: UInt16 = 68
  static let serverPort: UInt16 = 67
  /// All before the options: the fixed fields and the cookie that says that options follow.
  static let fixedLength = 240
  /// The length that relays and servers of BOOTP take for granted (RFC 1542, 2.1).
  static let shortest = 300
  /// Domain name servers that are read of one message.
  static let maximumServers = 3

  var type: DHCPMessageType
  var transaction: UInt32
  /// Seconds since the client began.
  var seconds: UInt16 = 0
  /// The client's address, where it has one and can be reached there.
  var client: IPv4Address?
  /// The address that a server gives.
  var given: IPv4Address?
  /// The client's Ethernet address, in the low 48 bits.
  var hardware: UInt64
  /// The address that a client asks for (option 50).
  var requested: IPv4Address?
  /// Which server a message is from, or for (54).
  var server: IPv4Address?
  /// The length of the network's prefix (1).
  var prefixLength: Int?
  /// The first router (3).
  var router: IPv4Address?
  /// Domain name servers (6).
  var nameServers: [IPv4Address] = []
  /// Seconds for which the address is the client's (51), until it asks that server for more (58), and any server (59).
  var leaseSeconds: UInt32?
  var renewalSeconds: UInt32?
  var rebindingSeconds: UInt32?

  /// Options that a client asks for (55): mask, router, name servers, and times.
  static let wanted: [UInt8] = [1, 3, 6, 51, 58, 59]

  init(_ type: DHCPMessageType, transaction: UInt32, hardware: UInt64) {
    self.type = type
    self.transaction = transaction
    self.hardware = hardware
  }

  /// The message as a client sends it.
  var bytes: [UInt8] {
    var bytes: [UInt8] = [1, 1, 6, 0]
    DHCPMessage.append(transaction, to: &bytes)
    bytes += [UInt8(seconds >> 8), UInt8(seconds & 255), 0, 0]
    DHCPMessage.append(client?.raw ?? 0, to: &bytes)
    for _ in 0..<12 { bytes.append(0) }
    let identifier = (0..<6).map { UInt8(truncatingIfNeeded: hardware >> UInt64(40 - 8 * $0)) }
    bytes += identifier
    while bytes.count < DHCPMessage.fixedLength - 4 { bytes.append(0) }
    bytes += [0x63, 0x82, 0x53, 0x63, 53, 1, type.rawValue, 61, 7, 1]
    bytes += identifier
    if let requested {
      bytes += [50, 4]
      DHCPMessage.append(requested.raw, to: &bytes)
    }
    if let server {
      bytes += [54, 4]
      DHCPMessage.append(server.raw, to: &bytes)
    }
    if type != .decline {
      bytes += [55, UInt8(DHCPMessage.wanted.count)]
      bytes += DHCPMessage.wanted
    }
    bytes.append(255)
    while bytes.count < DHCPMessage.shortest { bytes.append(0) }
    return bytes
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [UInt32(24), 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// Reads what a server sent; `nil` if it is no such message.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= DHCPMessage.fixedLength, bytes[0] == 2, bytes[1] == 1, bytes[2] == 6,
      DHCPMessage.number(bytes, 236) == 0x6382_5363
    else { return nil }
    type = .offer
    transaction = DHCPMessage.number(bytes, 4)
    hardware = UInt64(DHCPMessage.number(bytes, 28)) << 16 | UInt64(DHCPMessage.number(bytes, 32) >> 16)
    given = DHCPMessage.address(bytes, 16)
    var found = false
    var overload: UInt8 = 0
    guard read(bytes, DHCPMessage.fixedLength..<bytes.count, &found, &overload) else { return nil }
    var ignored: UInt8 = 0
    if overload & 1 != 0, !read(bytes, 108..<236, &found, &ignored) { return nil }
    if overload & 2 != 0, !read(bytes, 44..<108, &found, &ignored) { return nil }
    guard found else { return nil }
  }

  /// Reads options; `false` where one leads out of its place, or has a length that it cannot have.
  private mutating func read(
    _ bytes: [UInt8], _ place: Range<Int>, _ found: inout Bool, _ overload: inout UInt8
  ) -> Bool {
    var position = place.lowerBound
    while position < place.upperBound {
      let code = bytes[position]
      position += 1
      if code == 0 { continue }
      if code == 255 { return true }
      guard position < place.upperBound else { return false }
      let length = Int(bytes[position])
      let start = position + 1
      position = start + length
      guard position <= place.upperBound else { return false }
      switch code {
      case 1, 50, 51, 54, 58, 59:
        guard length == 4 else { return false }
        let number = DHCPMessage.number(bytes, start)
        switch code {
        case 1:
          // Ones, then zeros.
          guard (~number &+ 1) & ~number == 0 else { return false }
          prefixLength = number.nonzeroBitCount
        case 51: leaseSeconds = number
        case 54: server = DHCPMessage.address(bytes, start)
        case 58: renewalSeconds = number
        case 59: rebindingSeconds = number
        default: break
        }
      case 3, 6:
        guard length >= 4, length % 4 == 0 else { return false }
        if code == 3 { router = DHCPMessage.address(bytes, start) }
        if code == 6 {
          nameServers = []
          for index in 0..<min(length / 4, DHCPMessage.maximumServers) {
            if let server = DHCPMessage.address(bytes, start + 4 * index) { nameServers.append(server) }
          }
        }
      case 52:
        guard length == 1 else { return false }
        overload = bytes[start]
      case 53:
        guard length == 1, let type = DHCPMessageType(rawValue: bytes[start]) else { return false }
        self.type = type
        found = true
      default: break
      }
    }
    return true
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    var number: UInt32 = 0
    for index in 0..<4 { number = number << 8 | UInt32(bytes[offset + index]) }
    return number
  }

  private static func address(_ bytes: [UInt8], _ offset: Int) -> IPv4Address? {
    let raw = number(bytes, offset)
    return raw == 0 ? nil : IPv4Address(raw: raw)
  }
}
