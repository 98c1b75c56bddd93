public import Interchange
public import LibraryOS
public import UserDatagrams

/// The names that an image may ask for: those that its settings know, and those that servers know.
///
/// What servers say is believed only as far as the settings say: addresses outside of `networks` are as good as none, so
/// that whoever answers for a name cannot lead requests to somewhere else.
public final class NameResolution: Module, NameService, Timed {
  /// Names in `hosts`, addresses of one, and networks.
  static let maximumHosts = 256
  static let maximumAddresses = 16
  static let maximumNetworks = 64

  /// `name-resolution`.
  public let name: ByteString = "name-resolution"

  private struct Settings {
    var hosts: [(name: DomainName, addresses: [IPAddress])] = []
    var servers: [Endpoint] = []
    var networks: [IPNetwork] = []
  }

  private let resolver: NameResolver
  private var settings = Settings()
  private var prepared: Settings?
  private var asked: UInt64 = 0
  private var failed: UInt64 = 0
  private var outside: UInt64 = 0

  /// A module that knows no names yet.
  public init(datagrams: UserDatagrams, network: any StreamNetwork, clock: any Clock, random: any RandomSource) {
    resolver = NameResolver(datagrams: datagrams, network: network, clock: clock, random: random)
  }

  /// Questions, those without an answer, and addresses that were not used because they are in no network of the settings.
  public var counters: [Counter] {
    [
      Counter("name-resolution.asked", asked), Counter("name-resolution.failed", failed),
      Counter("name-resolution.outside", outside),
    ]
  }

  // MARK: Settings

  /// Reads `hosts` (a map of names to lists of addresses), `servers` (a list of addresses) and `networks` (a list).
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var read = settings
    for parameter in parameters {
      switch parameter.name {
      case "hosts": read.hosts = try NameResolution.hosts(parameter.value)
      case "servers":
        let expected: ByteString = "a list of at most 3 addresses, such as 10.77.0.1"
        read.servers = try NameResolution.addresses(
          parameter.value, atMost: NameResolver.maximumServers,
          ParameterFault("name-resolution.servers", expected: expected)
        ).map { Endpoint($0, port: 53) }
      case "networks":
        let fault = ParameterFault(
          "name-resolution.networks", expected: "a list of at most 64 networks, such as 10.0.0.0/8")
        guard let items = parameter.value.listValue, items.count <= NameResolution.maximumNetworks else { throw fault }
        read.networks = []
        for item in items {
          guard let network = item.textValue.flatMap({ IPNetwork($0) }) else { throw fault }
          read.networks.append(network)
        }
      default:
        throw ParameterFault("name-resolution." + parameter.name, expected: "hosts, servers or networks")
      }
    }
    prepared = read
  }

  private static func hosts(
    _ value: ParameterValue
  ) throws(ParameterFault) -> [(name: DomainName, addresses: [IPAddress])] {
    let fault = ParameterFault(
      "name-resolution.hosts", expected: "a map of at most 256 names, each to a list of at most 16 addresses")
    guard case .map(let fields) = value, fields.count <= maximumHosts else { throw fault }
    var hosts: [(name: DomainName, addresses: [IPAddress])] = []
    for field in fields {
      guard let name = DomainName(field.name) else { throw fault }
      hosts.append((name, try addresses(field.value, atMost: maximumAddresses, fault)))
    }
    return hosts
  }

  private static func addresses(
    _ value: ParameterValue, atMost bound: Int, _ fault: ParameterFault
  ) throws(ParameterFault) -> [IPAddress] {
    guard let items = value.listValue, items.count <= bound else { throw fault }
    var addresses: [IPAddress] = []
    for item in items {
      guard let address = item.textValue.flatMap({ IPAddress($0) }) else { throw fault }
      addresses.append(address)
    }
    return addresses
  }

  /// Goes by what was prepared. Other servers, or other networks, are asked anew.
  public func commit() {
    guard let prepared else { return }
    self.prepared = nil
    settings = prepared
    if prepared.servers != resolver.servers { resolver.use(prepared.servers) }
  }

  /// Forgets what was prepared.
  public func rollback() {
    prepared = nil
  }

  // MARK: NameService

  /// Finds the IPv4 addresses of a name, or if it has none that may be used, the IPv6 ones.
  public func resolve(_ name: ByteString, completion: @escaping ([IPAddress]) -> Void) {
    asked &+= 1
    if let wanted = DomainName(name), let host = settings.hosts.first(where: { $0.name == wanted }) {
      completion(host.addresses)
      return
    }
    resolver.resolve(name, .a) { [self] resolution in
      let found = usable(resolution)
      guard found.isEmpty else { return completion(found) }
      resolver.resolve(name, .aaaa) { [self] resolution in
        let found = usable(resolution)
        if found.isEmpty { failed &+= 1 }
        completion(found)
      }
    }
  }

  private func usable(_ resolution: Resolution) -> [IPAddress] {
    guard case .addresses(let addresses) = resolution else { return [] }
    var usable: [IPAddress] = []
    for address in addresses {
      if settings.networks.contains(where: { $0.contains(address) }) { usable.append(address) } else { outside &+= 1 }
    }
    return usable
  }

  // MARK: Timed

  /// When a server's time is over.
  public var deadline: Instant? { resolver.deadline }

  /// Goes on where a server did not answer.
  public func expire(at now: Instant) { resolver.expire(at: now) }
}
