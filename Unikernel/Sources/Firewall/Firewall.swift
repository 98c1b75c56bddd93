public import Interchange
public import LibraryOS

/// A stateful packet filter of layers 3 and 4. What no flow admits is dropped, without an answer; the packets of a
/// connection that a flow admitted pass in both directions, until it ends or is idle for too long; so do ICMP errors about
/// what it sent. Until it has been
/// given flows, it admits nothing.
public final class Firewall: Module, PacketFilter, ClientFilter, Timed {
  /// How many connections are followed at most. Beyond it, new ones are refused.
  public static let maximumConnections = 8192
  /// How many flows can be declared.
  public static let maximumFlows = 65_536
  /// How many dropped packets are recorded as events in a second.
  public static let eventsPerSecond = 10

  /// `firewall`.
  public let name: ByteString = "firewall"
  /// When connections that are idle for too long are looked for.
  public private(set) var deadline: Instant?

  private let clock: any Clock
  private let events: any EventSink
  private var flows = FlowSet()
  private var prepared: FlowSet?
  /// Clients behind a forwarder that are admitted; `nil` for all.
  private var clients: FlowSet?
  private var preparedClients: FlowSet??
  private var isConfigured = false
  private var table: ConnectionTable
  private var allowance = EventAllowance(perSecond: Firewall.eventsPerSecond)
  /// When the full table was last searched for connections that have expired.
  private var lastSearch: Instant?

  private var admitted: UInt64 = 0
  private var dropped: UInt64 = 0
  private var related: UInt64 = 0
  private var tableFull: UInt64 = 0
  private var revoked: UInt64 = 0
  private var clientsRefused: UInt64 = 0

  /// A firewall that admits nothing yet. `random` seeds the connection table.
  public init(clock: any Clock, random: any RandomSource, events: any EventSink) {
    self.clock = clock
    self.events = events
    table = ConnectionTable(capacity: Firewall.maximumConnections, seed: UInt64(leading: random.bytes(8)))
  }

  /// How many connections are followed now.
  public var connectionCount: Int { table.count }

  /// Packets admitted and dropped, errors about what connections sent, connections refused because the table was full, connections ended because flows
  /// changed, and events that were not recorded.
  public var counters: [Counter] {
    [
      Counter("firewall.admitted", admitted), Counter("firewall.dropped", dropped),
      Counter("firewall.related", related),
      Counter("firewall.table-full", tableFull), Counter("firewall.revoked", revoked),
      Counter("firewall.clients-refused", clientsRefused),
      Counter("firewall.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `flows`, a list of maps with `direction`, `protocol`, `peer` and `port`, and `clients`, a list of networks or
  /// `any`.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var flows: FlowSet?
    var clients: FlowSet??
    for parameter in parameters {
      if parameter.name == "clients" {
        clients = .some(try Flow.clients(parameter.value))
        continue
      }
      guard parameter.name == "flows" else {
        throw ParameterFault("firewall." + parameter.name, expected: "no parameter but flows and clients")
      }
      guard flows == nil else { throw ParameterFault("firewall.flows", expected: "to be given once") }
      guard let items = parameter.value.listValue, items.count <= Firewall.maximumFlows else {
        throw ParameterFault("firewall.flows", expected: "a list of at most 65536 flows")
      }
      var read: [Flow] = []
      read.reserveCapacity(items.count)
      for item in items { read.append(try Flow(item)) }
      flows = FlowSet(read)
    }
    guard flows != nil || isConfigured else {
      throw ParameterFault("firewall.flows", expected: "to be given at the start")
    }
    prepared = flows
    preparedClients = clients
  }

  /// Puts flows in force. Connections that they no longer admit are ended at once.
  public func commit() {
    if let preparedClients { clients = preparedClients }
    preparedClients = nil
    guard let prepared else { return }
    self.prepared = nil
    isConfigured = true
    flows = prepared
    let ended = table.removeAll { connection in
      !prepared.admits(
        direction: connection.direction, transport: connection.key.transport, peer: connection.key.remote,
        port: connection.destinationPort)
    }
    revoked &+= UInt64(ended)
  }

  /// Forgets prepared flows.
  public func rollback() {
    prepared = nil
    preparedClients = nil
  }

  /// Whether a client behind a forwarder is among those that may reach this image.
  public func admits(client: Endpoint, to port: UInt16) -> Bool {
    guard let clients,
      !clients.admits(direction: .inbound, transport: .tcp, peer: client.address, port: port)
    else { return true }
    clientsRefused &+= 1
    if allowance.take(at: clock.now) {
      events.record(
        SecurityEvent(
          module: name, action: "refused", severity: .medium, time: clock.wallMilliseconds,
          details: [
            ParameterField("direction", .text("inbound")), ParameterField("source", .text(client.address.text)),
            ParameterField("destination-port", .integer(Int64(port))), ParameterField("protocol", .text("tcp")),
            ParameterField("reason", .text("no flow")),
          ]))
    }
    return false
  }

  /// Whether an error is about a connection that is followed: one that some flow admitted. It is none of the connection's
  /// own packets, so that the connection is followed no longer for it.
  public func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool {
    let transport = Transport(rawValue: sent.protocolNumber)
    let passes = transport.map { table.find(ConnectionKey(sent, transport: $0), at: now) != nil } ?? false
    if passes { related &+= 1 } else { dropped &+= 1 }
    return passes
  }

  /// Whether a packet belongs to a connection, or opens one that a flow admits.
  public func admits(_ packet: PacketSummary, at now: Instant) -> Bool {
    let passes = judge(packet, at: now)
    let segments = UInt64(packet.segments)
    if passes { admitted &+= segments } else { dropped &+= segments }
    return passes
  }

  /// Forgets connections that are idle for too long.
  public func expire(at now: Instant) {
    _ = table.removeAll { $0.expiry <= now }
    deadline = table.count > 0 ? now + .seconds(1) : nil
  }
}

extension Firewall {
  /// The types of echo and echo reply (RFC 792; RFC 4443, 4).
  private static func echoTypes(_ transport: Transport) -> (request: UInt16, reply: UInt16) {
    transport == .icmpv6 ? (128, 129) : (8, 0)
  }

  private func judge(_ packet: PacketSummary, at now: Instant) -> Bool {
    // ICMP belongs to IPv4, ICMPv6 to IPv6: the other one is no protocol there.
    guard let transport = Transport(rawValue: packet.protocolNumber),
      !transport.isControl || (transport == .icmp) == packet.source.isIPv4
    else {
      record(packet, protocolName: ByteString(decimal: Int(packet.protocolNumber)), reason: "no flow", at: now)
      return false
    }
    let opens: Bool
    switch transport {
    case .udp: opens = true
    case .icmp, .icmpv6:
      // The code of both is 0. All other types are dropped, as redirects and the like must be.
      guard packet.destinationPort == 0 else { return false }
      let echo = Firewall.echoTypes(transport)
      opens = packet.sourcePort == echo.request
      guard opens || packet.sourcePort == echo.reply else { return false }
    case .tcp:
      let flags = TCPFlags(rawValue: packet.tcpFlags)
      guard flags.isSound else { return false }
      opens = flags.opensConnection
    }
    let key = ConnectionKey(packet, transport: transport)
    if let index = table.find(key, at: now) {
      if !(opens && startsAnew(packet, index: index)) {
        table.follow(packet, index: index, at: now)
        return true
      }
      table.remove(index)
    }
    guard opens else { return false }
    return open(packet, key: key, at: now)
  }

  /// Whether a packet that opens a connection must be judged by the flows, although its key is in the table: an echo
  /// that goes the other way, or a port that is used again after its connection has ended.
  private func startsAnew(_ packet: PacketSummary, index: Int) -> Bool {
    guard let connection = table.connection(index) else { return true }
    switch connection.key.transport {
    case .icmp, .icmpv6: return connection.direction != packet.direction
    case .udp: return false
    case .tcp:
      switch connection.state {
      case .closing, .resetByRemote: return true
      default: return false
      }
    }
  }

  private func open(_ packet: PacketSummary, key: ConnectionKey, at now: Instant) -> Bool {
    let port = key.transport.isControl ? 0 : packet.destinationPort
    guard flows.admits(direction: packet.direction, transport: key.transport, peer: key.remote, port: port) else {
      record(packet, protocolName: key.transport.name, reason: "no flow", at: now)
      return false
    }
    let connection = Connection(packet, key: key, at: now)
    if !table.insert(connection) {
      guard reclaim(at: now), table.insert(connection) else {
        tableFull &+= 1
        record(packet, protocolName: key.transport.name, reason: "table full", at: now)
        return false
      }
    }
    if deadline == nil { deadline = now + .seconds(1) }
    return true
  }

  /// Looks for connections that have expired, at most ten times a second: a flood must not make each packet search the
  /// whole table.
  private func reclaim(at now: Instant) -> Bool {
    if let lastSearch, now - lastSearch < .milliseconds(100) { return false }
    lastSearch = now
    return table.removeAll { $0.expiry <= now } > 0
  }

  private func record(_ packet: PacketSummary, protocolName: ByteString, reason: ByteString, at now: Instant) {
    guard allowance.take(at: now) else { return }
    events.record(
      SecurityEvent(
        module: name, action: "dropped", severity: .medium, time: clock.wallMilliseconds,
        details: [
          ParameterField("direction", .text(packet.direction == .inbound ? "inbound" : "outbound")),
          ParameterField("source", .text(packet.source.text)),
          ParameterField("destination", .text(packet.destination.text)),
          ParameterField("destination-port", .integer(Int64(packet.destinationPort))),
          ParameterField("protocol", .text(protocolName)),
          ParameterField("reason", .text(reason)),
        ]))
  }
}
