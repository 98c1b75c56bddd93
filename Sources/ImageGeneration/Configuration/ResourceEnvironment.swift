public import SecTOSCA

/// What only the orchestrator knows of a resource: its place in the network, those around it, and the compiled policies.
public struct ResourceEnvironment: Hashable, Sendable {
  /// Its IPv4 address with the prefix length, such as `10.77.0.2/24`.
  public var address: String
  /// Its IPv6 address with the prefix length, such as `fd12:3456:789a::2/64`, if it has one.
  public var addressIPv6: String?
  /// Its Ethernet address, 6 bytes.
  public var mac: [UInt8]
  /// The router's IPv4 address, if there is one.
  public var gateway: String?
  /// Who forwards connections of clients from outside to a public endpoint.
  public var forwarder: ForwarderIdentity?
  /// The networks that the topology lets reach the endpoint, in CIDR form: the addresses of the resources that connect to
  /// it, and where clients come from if the endpoint is public.
  public var peers: [String]
  /// For each resource it connects to, where that answers, such as `10.77.0.3:80`.
  public var backends: [String: [String]]
  /// The compiled policies, where authorization is due.
  public var bundle: [UInt8]?
  /// Which version of the tenant's policies those are.
  public var policyVersion: PolicyVersionIdentity?
  /// The contextual attributes that policies may ask for, by name.
  public var attributes: [String: String]
  /// Rules that commands led to, in the order in which they count. They come before those of requirements that take such.
  public var commandedRules: [FilterRule]

  /// What surrounds a resource.
  public init(
    address: String, addressIPv6: String? = nil, mac: [UInt8], gateway: String? = nil, peers: [String] = [],
    backends: [String: [String]] = [:], bundle: [UInt8]? = nil,
    policyVersion: PolicyVersionIdentity? = nil, attributes: [String: String] = [:],
    forwarder: ForwarderIdentity? = nil, commandedRules: [FilterRule] = []
  ) {
    self.address = address
    self.addressIPv6 = addressIPv6
    self.mac = mac
    self.gateway = gateway
    self.peers = peers
    self.backends = backends
    self.bundle = bundle
    self.policyVersion = policyVersion
    self.attributes = attributes
    self.forwarder = forwarder
    self.commandedRules = commandedRules
  }
}
