/// Frames as the other host writes and reads them, independently of the stack under test.
enum Wire {
  static let ethernetLength = 14
  static let peerAddress: UInt32 = 0x0A4D_0001
  static let imageAddress: UInt32 = 0x0A4D_0002
  static let peerHardware: [UInt8] = [2, 0, 0, 0, 0, 1]
  static let imageHardware: [UInt8] = [2, 0, 0, 0, 0, 2]

  static func big16(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }
  static func big32(_ value: UInt32) -> [UInt8] { big16(Int(value >> 16)) + big16(Int(value & 0xFFFF)) }
  static func read16(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
  static func read32(_ bytes: [UInt8], _ at: Int) -> UInt32 {
    UInt32(read16(bytes, at)) << 16 | UInt32(read16(bytes, at + 2))
  }

  /// The Internet checksum (RFC 1071).
  static func checksum(_ bytes: [UInt8], _ start: UInt64 = 0) -> Int {
    var sum = start
    var index = 0
    while index + 1 < bytes.count {
      sum += UInt64(read16(bytes, index))
      index += 2
    }
    if index < bytes.count { sum += UInt64(bytes[index]) << 8 }
    while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
    return Int(~sum & 0xFFFF)
  }

  static func transportChecksum(_ packet: [UInt8], headerLength: Int) -> Int {
    let segment = Array(packet[headerLength...])
    let pseudo = UInt64(checksum(Array(packet[12..<20]), 0)) ^ 0xFFFF
    return checksum(segment, pseudo + UInt64(packet[9]) + UInt64(segment.count))
  }

  static func ethernet(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
    imageHardware + peerHardware + big16(type) + payload
  }

  static func ipv4(_ protocolNumber: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var header: [UInt8] = [0x45, 0] + big16(20 + payload.count) + [0, 0, 0x40, 0, 64, protocolNumber, 0, 0]
    header += big32(peerAddress) + big32(imageAddress)
    header.replaceSubrange(10..<12, with: big16(checksum(header)))
    return header + payload
  }

  /// A TCP segment in its packet; `options` are padded to whole words.
  static func tcp(
    from source: UInt16, to destination: UInt16, sequence: UInt32, acknowledgment: UInt32, flags: UInt8, window: UInt16,
    options: [UInt8], payload: [UInt8]
  ) -> [UInt8] {
    let padded = options.prefix(40) + [UInt8](repeating: 0, count: (4 - options.prefix(40).count % 4) % 4)
    var segment = big16(Int(source)) + big16(Int(destination)) + big32(sequence) + big32(acknowledgment)
    segment += [UInt8(5 + padded.count / 4) << 4, flags] + big16(Int(window)) + [0, 0, 0, 0] + padded + payload
    var packet = ipv4(6, segment)
    packet.replaceSubrange(36..<38, with: big16(transportChecksum(packet, headerLength: 20)))
    return packet
  }

  /// Makes the checksums of an altered packet right again where it still has the shape for them.
  static func repair(_ packet: inout [UInt8]) {
    guard packet.count >= 20 else { return }
    let length = Int(packet[0] & 15) * 4
    guard length >= 20, packet.count >= length else { return }
    packet.replaceSubrange(10..<12, with: [0, 0])
    packet.replaceSubrange(10..<12, with: big16(checksum(Array(packet[..<length]))))
    guard packet[9] == 6, packet.count >= length + 20 else { return }
    packet.replaceSubrange((length + 16)..<(length + 18), with: [0, 0])
    packet.replaceSubrange(
      (length + 16)..<(length + 18), with: big16(transportChecksum(packet, headerLength: length)))
  }
}
