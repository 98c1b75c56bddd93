import Interchange
import LibraryOS

/// Connections that may be opened: which way, with what protocol, with whom, to which port.
struct Flow: Equatable, Sendable {
  /// Whether the image is called or calls.
  var direction: PacketSummary.Direction
  /// What the connection is made of.
  var transport: Transport
  /// Where the other end may be.
  var peer: IPNetwork
  /// The destination port; 0 means any, and is the only one that ICMP has.
  var port: UInt16

  /// Reads one item of the parameter `flows`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value else {
      throw Flow.fault("a map with direction, protocol, peer and port")
    }
    for field in fields {
      guard field.name == "direction" || field.name == "protocol" || field.name == "peer" || field.name == "port" else {
        throw Flow.fault("no fields but direction, protocol, peer and port")
      }
    }
    guard fields.count == 4 else { throw Flow.fault("direction, protocol, peer and port, each once") }
    switch value["direction"]?.textValue {
    case "inbound": direction = .inbound
    case "outbound": direction = .outbound
    default: throw Flow.fault("direction inbound or outbound")
    }
    switch value["protocol"]?.textValue {
    case "tcp": transport = .tcp
    case "udp": transport = .udp
    case "icmp": transport = .icmp
    default: throw Flow.fault("protocol tcp, udp or icmp")
    }
    guard let text = value["peer"]?.textValue, let network = IPNetwork(text) else {
      throw Flow.fault("peer as an address or network, such as 10.0.0.0/24 or fd00::/64")
    }
    peer = network
    if transport == .icmp, !network.address.isIPv4 { transport = .icmpv6 }
    guard let number = value["port"]?.integerValue, let port = UInt16(exactly: number) else {
      throw Flow.fault("port from 0 to 65535")
    }
    guard !transport.isControl || port == 0 else { throw Flow.fault("port 0 for icmp") }
    self.port = port
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("firewall.flows", expected: expected)
  }
}

/// What the firewall can follow; the raw value is the IP protocol number.
enum Transport: UInt8, Sendable {
  case icmp = 1
  case tcp = 6
  case udp = 17
  /// Written `icmp` with an IPv6 peer.
  case icmpv6 = 58

  /// Whether there are no ports.
  var isControl: Bool { self == .icmp || self == .icmpv6 }

  /// The name in events.
  var name: ByteString {
    switch self {
    case .icmp: "icmp"
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmpv6: "icmpv6"
    }
  }
}
