import Interchange
import LibraryOS

@testable import Network

/// A host that composes its own IPv6 frames.
final class RawPeer6 {
  let peer: RawPeer
  let address: IPv6Address
  let us = IPv6Address(high: 0xFD00_0000_0000_0000, low: 2)

  var host: SimulatedHost { peer.host }
  var layer: IPv6Layer { peer.host.stack.internet.ipv6.unsafelyUnwrapped }

  /// `isReady`: the host's addresses are its own already, and it has this peer's hardware address.
  init(
    number: UInt8 = 1, gateway: String? = nil, autoconfigures: Bool = false, limits: NetworkLimits = NetworkLimits(),
    isReady: Bool = true
  ) throws {
    peer = try RawPeer(
      number: number, limits: limits, knowsUs: false,
      extra: SimulatedHost.ipv6(2, gateway: gateway, autoconfigures: autoconfigures))
    address = IPv6Address(high: 0xFD00_0000_0000_0000, low: UInt64(number))
    guard isReady else { return }
    _ = peer.pass(.seconds(3))
    _ = exchange(solicitation(of: us))
  }

  @discardableResult
  func exchange(_ frame: [UInt8]) -> [[UInt8]] { peer.exchange(frame) }

  // MARK: Frames

  /// A datagram with these headers and payload behind the IPv6 header.
  func datagram(
    _ next: UInt8, _ payload: [UInt8], source: IPv6Address? = nil, destination: IPv6Address? = nil,
    hopLimit: UInt8 = 64, hardware: EthernetAddress? = nil
  ) -> [UInt8] {
    let target = destination ?? us
    var bytes = [UInt8](repeating: 0, count: IPv6Packet.headerLength)
    bytes.withUnsafeMutableBytes {
      IPv6Packet.writeHeader(
        to: $0.baseAddress.unsafelyUnwrapped, source: source ?? address, destination: target, protocolNumber: next,
        payloadLength: payload.count, hopLimit: hopLimit)
    }
    return peer.frame(
      type: EtherType.ipv6, destination: hardware ?? (target.isMulticast ? target.groupHardware : nil),
      bytes + payload)
  }

  /// An ICMPv6 message with its checksum.
  func icmp(
    _ type: UInt8, code: UInt8 = 0, _ body: [UInt8], source: IPv6Address? = nil, destination: IPv6Address? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = [type, code, 0, 0] + body
    bytes.withUnsafeMutableBytes {
      ICMPMessage.complete(
        $0.baseAddress.unsafelyUnwrapped, count: $0.count, type: type, code: code,
        from: IPAddress(source ?? address), to: IPAddress(destination ?? us))
    }
    return bytes
  }

  func message(
    _ type: UInt8, code: UInt8 = 0, _ body: [UInt8], source: IPv6Address? = nil, destination: IPv6Address? = nil,
    hopLimit: UInt8 = 255
  ) -> [UInt8] {
    datagram(
      ProtocolNumber.icmpv6, icmp(type, code: code, body, source: source, destination: destination), source: source,
      destination: destination, hopLimit: hopLimit)
  }

  func echoRequest(_ payload: [UInt8], destination: IPv6Address? = nil) -> [UInt8] {
    message(128, [0x12, 0x34, 0, 1] + payload, destination: destination, hopLimit: 64)
  }

  func bytes(_ address: IPv6Address) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes.withUnsafeMutableBytes { address.write(to: $0.baseAddress.unsafelyUnwrapped, at: 0) }
    return bytes
  }

  func linkLayer(_ type: UInt8, _ hardware: EthernetAddress? = nil) -> [UInt8] {
    [type, 1] + (0..<6).map { UInt8(truncatingIfNeeded: (hardware ?? peer.hardware).raw >> UInt64(40 - 8 * $0)) }
  }

  func solicitation(of target: IPv6Address, source: IPv6Address? = nil, hopLimit: UInt8 = 255) -> [UInt8] {
    let isProbe = source == .unspecified
    return message(
      135, [0, 0, 0, 0] + bytes(target) + (isProbe ? [] : linkLayer(1)), source: source,
      destination: target.solicitedNode, hopLimit: hopLimit)
  }

  func advertisement(
    of target: IPv6Address, flags: UInt8 = 0x60, hardware: EthernetAddress? = nil, destination: IPv6Address? = nil
  ) -> [UInt8] {
    message(136, [flags, 0, 0, 0] + bytes(target) + linkLayer(2, hardware), destination: destination)
  }

  func tcp(
    _ flags: TCPFlags, from port: UInt16 = 40000, to target: UInt16 = 80, seq: UInt32, ack: UInt32 = 0,
    payload: [UInt8] = [], source: IPv6Address? = nil, options: TCPOptions = TCPOptions()
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: TCPSegment.headerLength + 40)
    var length = 0
    bytes.withUnsafeMutableBytes {
      length = options.write(to: $0.baseAddress.unsafelyUnwrapped + TCPSegment.headerLength)
    }
    bytes = bytes.prefix(TCPSegment.headerLength + length) + payload
    bytes.withUnsafeMutableBytes {
      _ = TCPSegment.writeHeader(
        to: $0.baseAddress.unsafelyUnwrapped, source: Endpoint(IPAddress(source ?? address), port: port),
        destination: Endpoint(IPAddress(us), port: target), sequence: SequenceNumber(seq),
        acknowledgment: SequenceNumber(ack), flags: flags, window: 65535, optionsLength: length,
        payloadLength: payload.count)
    }
    return datagram(ProtocolNumber.tcp, bytes, source: source)
  }
}

/// An IPv6 datagram the host sent, taken apart; its ICMPv6 or TCP checksum is right.
struct SentDatagram {
  var hardware: EthernetAddress
  var packet: IPPacket
  var hopLimit: UInt8
  var payload: [UInt8]
  var fragment: (identification: UInt32, offset: Int, isFollowed: Bool)?
  var segment: (flags: TCPFlags, seq: UInt32, ack: UInt32, maximumSegmentSize: Int?, payload: [UInt8])?

  init?(_ frame: [UInt8]) {
    let parsed: SentDatagram? = frame.withUnsafeBytes { bytes in
      guard let header = EthernetHeader(bytes), header.type == EtherType.ipv6,
        let packet = try? IPv6Packet(bytes.suffix(from: EthernetHeader.length))
      else { return nil }
      return SentDatagram(packet, header)
    }
    guard let parsed else { return nil }
    self = parsed
  }

  private init?(_ packet: IPv6Packet, _ header: EthernetHeader) {
    hardware = header.destination
    hopLimit = packet.hopLimit
    self.packet = IPPacket(
      source: IPAddress(packet.source), destination: IPAddress(packet.destination),
      protocolNumber: packet.protocolNumber, payload: packet.payload)
    payload = Array(packet.payload)
    if let part = packet.fragment {
      fragment = (part.identification, part.offset, part.isFollowed)
      payload = Array(part.bytes)
    } else if packet.protocolNumber == ProtocolNumber.icmpv6 {
      guard ICMPMessage(self.packet) != nil else { return nil }
    } else if packet.protocolNumber == ProtocolNumber.tcp {
      guard let read = TCPSegment(self.packet) else { return nil }
      segment = (
        read.flags, read.sequence.raw, read.acknowledgment.raw, read.maximumSegmentSize, Array(read.payload)
      )
    }
  }

  /// The ICMPv6 type.
  var type: UInt8? { packet.protocolNumber == ProtocolNumber.icmpv6 && fragment == nil ? payload.first : nil }

  static func all(in frames: [[UInt8]]) -> [SentDatagram] { frames.compactMap { SentDatagram($0) } }
}
