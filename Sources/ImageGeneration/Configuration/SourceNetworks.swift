/// A set of networks, as a firewall's flows name them. Networks inside others of the set are left out.
///
/// What is no IPv4 network in CIDR form, such as a single IPv6 address, stays in the set as it is written and equals only itself, so that the image
/// refuses it with a message instead of somebody's rule vanishing.
struct SourceNetworks: Hashable {
  /// The networks in CIDR form, in order.
  var texts: [String] { networks.map(\.text) + others }

  private var networks: [Network]
  private var others: [String]

  init(_ texts: [String]) {
    var networks: [Network] = []
    var others: [String] = []
    for text in texts {
      if let network = Network(text) { networks.append(network) } else { others.append(text) }
    }
    self.init(networks, others)
  }

  private init(_ networks: [Network], _ others: [String]) {
    let distinct = Set(networks)
    self.networks = distinct.filter { network in
      !distinct.contains { $0 != network && $0.contains(network) }
    }.sorted { ($0.address, $0.length) < ($1.address, $1.length) }
    self.others = Set(others).sorted()
  }

  /// What is in both sets. Of two networks, one contains the other or they have nothing in common.
  func intersection(_ other: SourceNetworks) -> SourceNetworks {
    var common: [Network] = []
    for network in networks {
      for counterpart in other.networks {
        if network.contains(counterpart) {
          common.append(counterpart)
        } else if counterpart.contains(network) {
          common.append(network)
        }
      }
    }
    return SourceNetworks(common, others.filter(other.others.contains))
  }

  private struct Network: Hashable {
    /// Host bits are zero.
    var address: UInt32
    var length: Int

    init?(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      let octets = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= 2, octets.count == 4 else { return nil }
      var address: UInt32 = 0
      for octet in octets {
        guard let number = Network.number(octet), number <= 255 else { return nil }
        address = address << 8 | UInt32(number)
      }
      length = 32
      if parts.count == 2 {
        guard let number = Network.number(parts[1]), number <= 32 else { return nil }
        length = number
      }
      self.address = address & Network.mask(length)
    }

    /// A decimal number of at most three digits, without a zero in front.
    private static func number(_ text: Substring) -> Int? {
      guard text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.first != "0"
      else { return nil }
      return Int(text)
    }

    private static func mask(_ length: Int) -> UInt32 {
      length == 0 ? 0 : UInt32.max << UInt32(32 - length)
    }

    func contains(_ other: Network) -> Bool {
      length <= other.length && other.address & Network.mask(length) == address
    }

    var text: String {
      let octets = [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }
      return octets.joined(separator: ".") + "/\(length)"
    }
  }
}
