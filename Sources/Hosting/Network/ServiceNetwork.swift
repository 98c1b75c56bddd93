import Crypto

/// The network of one service: a network namespace with a bridge that its unikernels' TAPs are ports of, and on which
/// the host has the first address. Nothing leads out of it but the service's port forwarder.
public struct ServiceNetwork: Codable, Sendable, Hashable {
  /// The namespace's name, as `ip netns` shows it: 1 to 64 lower-case letters, digits, `-`, `_` or `.`, a letter first.
  public var name: String
  /// The IPv4 network, such as `10.77.3.0/24`; the prefix is 8 to 29 bits.
  public var subnet: String

  /// The name of the bridge in every service's namespace.
  public static let bridge = "br0"
  /// Where namespaces are pinned: as root, shared with `ip netns`.
  public static let folder = UserNamespace.folder ?? "/run/netns"

  /// A network as it is to be; nothing is made yet.
  public init(name: String, subnet: String) {
    self.name = name
    self.subnet = subnet
  }

  /// A namespace's name that is the same for the same parts (say home, tenant and service) and as good as never for others:
  /// `testudo-` and 20 hexadecimal digits of SHA-256, so that nobody can choose names that lead into another's network.
  public static func name(for parts: [String]) -> String {
    // A zero byte, which no name contains, keeps ["a", "bc"] apart from ["ab", "c"].
    let digest = SHA256.hash(data: parts.flatMap { Array($0.utf8) + [0] })
    return "testudo-"
      + digest.prefix(10).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// The host's address in the network, without prefix length, such as `10.77.3.1`; `nil` where the subnet is
  /// malformed.
  public var hostAddress: String? { IPv4Network(subnet).map { IPv4Network.text($0.hostAddress) } }

  /// The host's IPv6 address in the network, without prefix length, such as `fd12:3456:789a::1`.
  public var hostAddressIPv6: String { UniqueLocalPrefix(network: name).text(host: ServiceNetwork.hostNumber) }

  /// Which of the network's addresses the host has.
  static let hostNumber: UInt32 = 1

  /// The path that the namespace is bound to.
  public var path: String { ServiceNetwork.folder + "/" + name }

  /// The subnet, if name and subnet are well-formed.
  func validated() throws(HostingFault) -> IPv4Network {
    guard ServiceNetwork.isName(name) else {
      throw .invalid(
        what: "the network's name", found: name,
        expected: "1 to 64 lower-case letters, digits, `-`, `_` or `.`, a letter first")
    }
    guard let network = IPv4Network(subnet), network.address == network.base, 8...29 ~= network.prefix else {
      throw .invalid(
        what: "the subnet of network \(name)", found: subnet,
        expected: "an IPv4 network with 8 to 29 bits, such as 10.77.3.0/24")
    }
    return network
  }

  static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, 0x61...0x7A ~= first, name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }
  }
}
