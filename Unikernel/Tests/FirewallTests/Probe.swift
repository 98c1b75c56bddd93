import FirewallCompilation
import Interchange
import LibraryOS

/// A packet for the comparison with nftables: the bytes for one, the summary for the other.
struct Probe {
  var isInbound: Bool
  var number: UInt8
  var peer: IPAddress
  /// Ports from the image's side; of ICMP, type and code.
  var peerPort: UInt16
  var ownPort: UInt16
  var flags: UInt8 = 0
  /// What an ICMP error is about: something that the image has sent.
  var quotes: [UInt8] = []

  /// The image's address of the same version.
  var own: IPAddress {
    peer.isIPv4 ? IPAddress(IPv4Address(10, 99, 0, 2)) : IPAddress(IPv6Address(high: 0xFD99 << 48, low: 2))
  }

  /// What tells its connection apart.
  var ends: String { "\(number) \(peer.high) \(peer.low) \(peerPort) \(ownPort)" }

  private var isControl: Bool { number == 1 || number == 58 }
  private var sourcePort: UInt16 { isControl || isInbound ? peerPort : ownPort }
  private var destinationPort: UInt16 { isControl || !isInbound ? (isControl ? ownPort : peerPort) : ownPort }

  var summary: PacketSummary {
    PacketSummary(
      direction: isInbound ? .inbound : .outbound, protocolNumber: number, source: isInbound ? peer : own,
      destination: isInbound ? own : peer, sourcePort: sourcePort, destinationPort: destinationPort, tcpFlags: flags)
  }

  /// The IP packet, with a number that it can be known by.
  func bytes(tag: Int) -> [UInt8] {
    var payload: [UInt8] = []
    func append16(_ value: UInt16, to bytes: inout [UInt8]) { bytes += [UInt8(value >> 8), UInt8(value & 0xFF)] }
    if isControl {
      // The identifier of an echo is 1 each time.
      payload = [UInt8(truncatingIfNeeded: peerPort), UInt8(truncatingIfNeeded: ownPort), 0, 0]
      payload += quotes.isEmpty ? [0, 1, 0, 1] : [0, 0, 5, 0] + quotes
      if quotes.isEmpty { payload += [UInt8](repeating: 0, count: 16) }
    } else {
      append16(sourcePort, to: &payload)
      append16(destinationPort, to: &payload)
      if number == 6 {
        payload += [0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
      } else {
        payload += [0, 8, 0, 0]
      }
    }
    let (source, destination) = (summary.source, summary.destination)
    if peer.isIPv4 {
      var header: [UInt8] = [0x45, 0]
      append16(UInt16(20 + payload.count), to: &header)
      append16(UInt16(tag), to: &header)
      header += [0, 0, 64, number, 0, 0] + Probe.bytes(source) + Probe.bytes(destination)
      var sum: UInt32 = 0
      for index in stride(from: 0, to: 20, by: 2) { sum += UInt32(header[index]) << 8 | UInt32(header[index + 1]) }
      while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
      header[10] = UInt8(truncatingIfNeeded: ~sum >> 8)
      header[11] = UInt8(truncatingIfNeeded: ~sum)
      return header + payload
    }
    var header: [UInt8] = [0x60, UInt8(tag >> 16), UInt8(tag >> 8 & 0xFF), UInt8(tag & 0xFF)]
    append16(UInt16(payload.count), to: &header)
    return header + [number, 64] + Probe.bytes(source) + Probe.bytes(destination) + payload
  }

  private static func bytes(_ address: IPAddress) -> [UInt8] {
    if address.isIPv4 { return (0..<4).map { UInt8(truncatingIfNeeded: address.low >> (24 - 8 * UInt64($0))) } }
    return [address.high, address.low].flatMap { half in
      (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
    }
  }

  /// Whether routers take such an address: no loopback, multicast or link-local one, nor the image's.
  var isRoutable: Bool {
    guard peer.isIPv4 else { return peer.high >> 61 == 1 }
    let first = peer.low >> 24 & 0xFF
    return first > 0 && first < 224 && first != 127 && peer != own && peer.low >> 16 & 0xFFFF != 0xA9FE
  }
}
