import LibraryOS

// Address resolution (RFC 826): the wire form. Announcements as in RFC 5227, 2.3.

/// An ARP packet for IPv4 over Ethernet.
struct ARPPacket {
  /// How long it is, without the Ethernet header.
  static let length = 28

  /// What is said.
  enum Operation: UInt16 {
    case request = 1
    case reply = 2
  }

  var operation: Operation
  var senderHardware: EthernetAddress
  var senderAddress: IPv4Address
  var targetHardware: EthernetAddress
  var targetAddress: IPv4Address

  init(
    operation: Operation, senderHardware: EthernetAddress, senderAddress: IPv4Address,
    targetHardware: EthernetAddress, targetAddress: IPv4Address
  ) {
    self.operation = operation
    self.senderHardware = senderHardware
    self.senderAddress = senderAddress
    self.targetHardware = targetHardware
    self.targetAddress = targetAddress
  }

  /// Reads what follows the Ethernet header; `nil` unless it is about IPv4 over Ethernet and whole.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= ARPPacket.length,
      bytes.number16(at: 0) == 1, bytes.number16(at: 2) == EtherType.ipv4, bytes[4] == 6, bytes[5] == 4,
      let operation = Operation(rawValue: bytes.number16(at: 6))
    else { return nil }
    self.operation = operation
    senderHardware = EthernetAddress(bytes, at: 8)
    senderAddress = IPv4Address(raw: bytes.number32(at: 14))
    targetHardware = EthernetAddress(bytes, at: 18)
    targetAddress = IPv4Address(raw: bytes.number32(at: 24))
    guard !senderHardware.isGroup, senderHardware.raw != 0 else { return nil }
  }

  /// Writes the 28 bytes.
  func write(to pointer: UnsafeMutableRawPointer) {
    pointer.store(number16: 1, at: 0)
    pointer.store(number16: EtherType.ipv4, at: 2)
    pointer.store(byte: 6, at: 4)
    pointer.store(byte: 4, at: 5)
    pointer.store(number16: operation.rawValue, at: 6)
    senderHardware.write(to: pointer, at: 8)
    pointer.store(number32: senderAddress.raw, at: 14)
    targetHardware.write(to: pointer, at: 18)
    pointer.store(number32: targetAddress.raw, at: 24)
  }
}
