public import Interchange
public import LibraryOS
public import Network

/// Gets the image's IPv4 address from a server (RFC 2131). The address in the settings is taken for one that it had
/// before: a server is asked for that one first, and where no server answers, it is used.
///
/// Messages from port 67 to port 68 are this module's, whatever filters say: like ARP, they are how a link is found. Whoever
/// is on the link could be the server, as with DHCP everywhere.
public final class DHCP: Module, Timed, AddressSource {
  /// `dhcp`.
  public let name: ByteString = "dhcp"

  private let stack: NetworkStack
  private let clock: any Clock
  private let random: any RandomSource
  private let events: any EventSink
  private var client: DHCPClient?
  /// The address of the settings, with its router.
  private var former: (network: IPv4Network, gateway: IPv4Address?)?
  /// The address that is in use.
  private var used: IPv4Network?

  private var leases: UInt64 = 0
  private var conflicts: UInt64 = 0
  private var losses: UInt64 = 0

  /// A client that begins with its first `commit`, which is after the network's.
  public init(stack: NetworkStack, clock: any Clock, random: any RandomSource, events: any EventSink) {
    self.stack = stack
    self.clock = clock
    self.random = random
    self.events = events
  }

  /// Addresses lent or renewed, found to be somebody else's, and lost.
  public var counters: [Counter] {
    [Counter("dhcp.leases", leases), Counter("dhcp.conflicts", conflicts), Counter("dhcp.losses", losses)]
  }

  /// There are no parameters.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    if let first = parameters.first { throw ParameterFault("dhcp." + first.name, expected: "no parameter") }
  }

  /// Takes the address of the settings out of force, and asks for it.
  public func commit() {
    guard client == nil, let network = stack.assigned else { return }
    former = (network, stack.gateway)
    stack.addressSource = self
    stack.withdrawAddress()
    var client = DHCPClient(hardware: stack.hardwareAddress, former: network.address, random: random)
    let now = clock.now
    let actions = client.start(at: now)
    self.client = client
    carryOut(actions, at: now)
  }

  /// Nothing was prepared.
  public func rollback() {}

  // MARK: AddressSource

  /// Takes a message of a server.
  public func messageArrived(_ bytes: [UInt8], at now: Instant) {
    guard let message = DHCPMessage(bytes), let actions = client?.receive(message, at: now) else { return }
    carryOut(actions, at: now)
  }

  /// Somebody on the link has an address.
  public func addressSeen(_ address: IPv4Address, at now: Instant) {
    guard address == client?.candidate, let actions = client?.conflict(at: now) else { return }
    conflicts &+= 1
    record("address-conflict", address, .medium)
    carryOut(actions, at: now)
  }

  // MARK: Timed

  /// When something is due.
  public var deadline: Instant? { client?.deadline }

  /// Asks again, goes on, or gives up.
  public func expire(at now: Instant) {
    if let actions = client?.expire(at: now) { carryOut(actions, at: now) }
  }

  private func carryOut(_ actions: [DHCPClient.Action], at now: Instant) {
    for action in actions {
      switch action {
      case .broadcast(let message): stack.sendAddressMessage(message.bytes, to: nil, at: now)
      case .send(let message, let server): stack.sendAddressMessage(message.bytes, to: server, at: now)
      case .probe(let address): stack.probe(address)
      case .use(let lease):
        leases &+= 1
        use(lease.network, gateway: lease.router)
      case .useFormer:
        if let former { use(former.network, gateway: former.gateway) }
      case .withdraw:
        losses &+= 1
        if let used { record("address-lost", used.address, .medium) }
        used = nil
        stack.withdrawAddress()
      }
    }
  }

  private func use(_ network: IPv4Network, gateway: IPv4Address?) {
    if network.address != former?.network.address, network != used { record("address-changed", network.address, .low) }
    used = network
    stack.assign(network, gateway: gateway)
  }

  private func record(_ action: ByteString, _ address: IPv4Address, _ severity: SecurityEvent.Severity) {
    events.record(
      SecurityEvent(
        module: name, action: action, severity: severity, time: clock.wallMilliseconds,
        details: [ParameterField("address", .text(address.text))]))
  }
}
