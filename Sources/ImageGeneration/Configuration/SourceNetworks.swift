import SecTOSCA

/// A set of networks, as a firewall's flows name them. Networks inside others of the set are left out.
///
/// What is no network stays in the set as it is written and equals only itself. No packet comes from there.
struct SourceNetworks: Hashable {
  /// The networks in CIDR form, in order.
  var texts: [String] { networks.networks.map(\.text) + others }

  private var networks: NetworkSet
  private var others: [String]

  init(_ texts: [String]) {
    networks = NetworkSet(texts.compactMap { IPNetwork(around: $0) })
    others = Set(texts.filter { IPNetwork(around: $0) == nil }).sorted()
  }

  /// What is in both sets. Of two networks, one contains the other or they have nothing in common.
  func intersection(_ other: SourceNetworks) -> SourceNetworks {
    var common = self
    common.networks = networks.intersection(other.networks)
    common.others = others.filter(other.others.contains)
    return common
  }
}
