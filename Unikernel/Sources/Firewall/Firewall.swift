public import Interchange
public import LibraryOS

/// A stateful packet filter of layers 3 and 4. Rules say which connections may be opened; what they do not admit is dropped,
/// without an answer. The packets of a connection pass in both directions, until it ends or is idle for too long; so do ICMP
/// errors about what it sent, unless rules say otherwise. Until it has been given rules, it admits nothing.
public final class Firewall: Module, PacketFilter, ClientFilter, Timed {
  /// How many connections are followed at most.
  public static let maximumConnections = 8192
  /// How many dropped packets are recorded as events in a second.
  public static let eventsPerSecond = 10

  /// `firewall`.
  public let name: ByteString = "firewall"
  /// When connections that are idle for too long are looked for.
  public private(set) var deadline: Instant?

  private let clock: any Clock
  private let events: any EventSink
  private var rules = RuleSet()
  private var prepared: RuleSet?
  /// What clients behind a forwarder are held against.
  private var clients = RuleSet()
  private var preparedClients: RuleSet?
  private var isConfigured = false
  private var table: ConnectionTable
  private var allowance = EventAllowance(perSecond: Firewall.eventsPerSecond)

  private var admitted: UInt64 = 0
  private var dropped: UInt64 = 0
  private var related: UInt64 = 0
  private var tableFull: UInt64 = 0
  private var shareUsed: UInt64 = 0
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

  /// Packets admitted and dropped, errors about what connections sent, connections refused because the table was full or
  /// their source had its share of it, connections ended because rules changed, and events that were not recorded.
  public var counters: [Counter] {
    [
      Counter("firewall.admitted", admitted), Counter("firewall.dropped", dropped),
      Counter("firewall.related", related),
      Counter("firewall.table-full", tableFull), Counter("firewall.share-used", shareUsed),
      Counter("firewall.revoked", revoked),
      Counter("firewall.clients-refused", clientsRefused),
      Counter("firewall.events-suppressed", allowance.suppressed),
    ]
  }

  /// Reads `rules` and `clients`, lists of tables.
  public func prepare(_ parameters: [Parameter]) throws(ParameterFault) {
    var rules: RuleSet?
    var clients: RuleSet?
    for parameter in parameters {
      switch parameter.name {
      case "rules":
        guard rules == nil else { throw ParameterFault("firewall.rules", expected: "to be given once") }
        rules = try RuleSet(parameter.value, of: "firewall.rules", minimum: 1)
      case "clients": clients = try RuleSet(parameter.value, of: "firewall.clients", minimum: 0)
      default: throw ParameterFault("firewall." + parameter.name, expected: "no parameter but rules and clients")
      }
    }
    guard rules != nil || isConfigured else {
      throw ParameterFault("firewall.rules", expected: "to be given at the start")
    }
    prepared = rules
    preparedClients = clients
  }

  /// Puts rules in force. Connections that could not be opened any more are ended at once.
  public func commit() {
    if let preparedClients { clients = preparedClients }
    preparedClients = nil
    guard let prepared else { return }
    self.prepared = nil
    isConfigured = true
    rules = prepared
    let ended = table.removeAll { !prepared.verdict(of: $0.opening, clock: clock).passes }
    revoked &+= UInt64(ended)
  }

  /// Forgets prepared rules.
  public func rollback() {
    prepared = nil
    preparedClients = nil
  }

  /// Whether a client behind a forwarder is among those that may reach this image.
  public func admits(client: Endpoint, to port: UInt16) -> Bool {
    let packet = FirewallTable.Packet(
      .new, .inbound, .tcp, peer: client.address, sourcePort: client.port, destinationPort: port)
    let verdict = clients.verdict(of: packet, clock: clock)
    guard !verdict.passes else { return true }
    clientsRefused &+= 1
    if allowance.take(at: clock.now) {
      var details = [
        ParameterField("direction", .text("inbound")), ParameterField("source", .text(client.address.text)),
        ParameterField("destination-port", .integer(Int64(port))), ParameterField("protocol", .text("tcp")),
        ParameterField("reason", .text(verdict.rule == nil ? "no flow" : "rule")),
      ]
      if let rule = verdict.rule { details.append(ParameterField("rule", .integer(Int64(rule + 1)))) }
      events.record(
        SecurityEvent(
          module: name, action: "refused", severity: .medium, time: clock.wallMilliseconds, details: details))
    }
    return false
  }

  /// Whether an error is about a connection that is followed: one that the rules admitted. It is none of the connection's
  /// own packets, so that the connection is followed no longer for it.
  public func admits(error packet: PacketSummary, about sent: PacketSummary, at now: Instant) -> Bool {
    let passes = isRelated(packet, to: sent, at: now)
    if passes { related &+= 1 } else { dropped &+= 1 }
    return passes
  }

  /// Whether a packet belongs to a connection, or opens one that the rules admit.
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
  private func judge(_ packet: PacketSummary, at now: Instant) -> Bool {
    guard isConfigured else { return false }
    guard let transport = Transport(packet) else {
      record(packet, protocolName: ByteString(decimal: Int(packet.protocolNumber)), reason: "no flow", at: now)
      return false
    }
    let opens: Bool
    switch transport {
    case .udp: opens = true
    case .icmp, .icmpv6:
      // The code of all that asks and answers is 0. Redirects and the like belong to nothing.
      guard packet.destinationPort == 0, let exchange = transport.exchange(type: packet.sourcePort) else {
        return isAdmitted(packet, transport, .invalid, at: now)
      }
      opens = exchange.asks
    case .tcp:
      let flags = TCPFlags(rawValue: packet.tcpFlags)
      guard flags.isSound else { return isAdmitted(packet, transport, .invalid, at: now) }
      opens = flags.opensConnection
    }
    let key = ConnectionKey(packet, transport: transport)
    if let index = table.find(key, at: now) {
      if !(opens && startsAnew(packet, index: index)) {
        if transport == .tcp,
          table.connection(index)?.expects(TCPFlags(rawValue: packet.tcpFlags), from: packet.direction) == false
        {
          return isAdmitted(packet, transport, .invalid, at: now)
        }
        guard
          !rules.concerns(.established, packet.direction) || table.connection(index)?.isStillNew(packet) == true
            || isAdmitted(packet, transport, .established, at: now)
        else { return false }
        table.follow(packet, index: index, at: now)
        return true
      }
      table.remove(index)
    }
    guard opens else { return isAdmitted(packet, transport, .invalid, at: now) }
    return open(packet, key: key, at: now)
  }

  /// Whether the rules let a packet in this state pass.
  private func isAdmitted(
    _ packet: PacketSummary, _ transport: Transport, _ state: FirewallTable.State, at now: Instant
  ) -> Bool {
    let verdict = rules.verdict(of: FirewallTable.Packet(packet, transport, state), clock: clock)
    // Strays are counted, not recorded, unless a rule is about them.
    if !verdict.passes, state != .invalid || verdict.rule != nil {
      record(
        packet, protocolName: transport.name, reason: verdict.rule == nil ? "no flow" : "rule", verdict.rule, at: now)
    }
    return verdict.passes
  }

  private func isRelated(_ packet: PacketSummary, to sent: PacketSummary, at now: Instant) -> Bool {
    guard let transport = Transport(packet), let about = Transport(rawValue: sent.protocolNumber),
      table.find(ConnectionKey(sent, transport: about), at: now) != nil
    else { return false }
    return !rules.concerns(.related, packet.direction) || isAdmitted(packet, transport, .related, at: now)
  }

  /// Whether a packet that opens a connection must be judged by the rules, although its key is in the table: an echo
  /// that goes the other way, or a port that is used again after its connection has ended.
  private func startsAnew(_ packet: PacketSummary, index: Int) -> Bool {
    guard let connection = table.connection(index) else { return true }
    switch connection.key.transport {
    case .icmp, .icmpv6: return connection.direction != packet.direction
    case .udp: return false
    case .tcp: return !connection.isLive
    }
  }

  private func open(_ packet: PacketSummary, key: ConnectionKey, at now: Instant) -> Bool {
    guard isAdmitted(packet, key.transport, .new, at: now) else { return false }
    guard table.hasShare(for: key) else {
      shareUsed &+= 1
      record(packet, protocolName: key.transport.name, reason: "source has its share", at: now)
      return false
    }
    let connection = Connection(packet, key: key, at: now)
    if !table.insert(connection) {
      guard table.makePlace(at: now), table.insert(connection) else {
        tableFull &+= 1
        record(packet, protocolName: key.transport.name, reason: "table full", at: now)
        return false
      }
    }
    if deadline == nil { deadline = now + .seconds(1) }
    return true
  }

  private func record(
    _ packet: PacketSummary, protocolName: ByteString, reason: ByteString, _ rule: Int? = nil, at now: Instant
  ) {
    guard allowance.take(at: now) else { return }
    var details = [
      ParameterField("direction", .text(packet.direction == .inbound ? "inbound" : "outbound")),
      ParameterField("source", .text(packet.source.text)),
      ParameterField("destination", .text(packet.destination.text)),
      ParameterField("destination-port", .integer(Int64(packet.destinationPort))),
      ParameterField("protocol", .text(protocolName)),
      ParameterField("reason", .text(reason)),
    ]
    // Counted from 1, as people do.
    if let rule { details.append(ParameterField("rule", .integer(Int64(rule + 1)))) }
    events.record(
      SecurityEvent(
        module: name, action: "dropped", severity: .medium, time: clock.wallMilliseconds, details: details))
  }
}
