public import FirewallCompilation
import Interchange
public import SecTOSCA
import Synchronization

/// The rules of the firewall of a resource: those that are declared and those that the topology calls for. There is a list for
/// all filterings without rules of their own, and one for each with them; a packet passes if all lists let it.
public struct FirewallRules {
  /// A list of rules, of which the first that matches decides.
  struct RuleList: Hashable {
    var rules: [PacketRule]
    var passesByDefault = false
  }

  /// The lists that packets are held against. There is at least one.
  let packets: [RuleList]
  /// The lists that clients behind the port forwarder are held against.
  let clients: [RuleList]

  /// The rules that are due to a resource. Those that commands led to come before all others, where the filterings take them.
  public init(resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment) {
    let filterings = due.compactMap { if case .filtering(let filtering) = $0.protection { filtering } else { nil } }
    let plain = filterings.filter { !$0.hasRules }
    var groups = filterings.filter(\.hasRules).map { [$0] }
    if !plain.isEmpty || groups.isEmpty { groups.insert(plain, at: 0) }
    var packets: [RuleList] = []
    var clients: [RuleList] = []
    for group in groups {
      let flows = FirewallFlows(group, resource: resource, environment: environment)
      let taken = Filtering.commands(of: group)
      let commanded = environment.commandedRules.filter { taken.contains($0.action) }.map(\.packetRule)
      let own = commanded + group.flatMap { $0.rules.map(\.packetRule) }
      let passes = group.contains(where: \.allowsByDefault)
      // Where rules decide about clients, the forwarder must be able to bring them.
      let door =
        own.isEmpty && !passes
        ? flows.door
        : FirewallFlows([Filtering(flows: .declared)], resource: resource, environment: environment).door
      packets.append(RuleList(rules: door + own + flows.rules, passesByDefault: passes))
      clients.append(RuleList(rules: own + flows.clientRules, passesByDefault: passes))
    }
    self.packets = packets
    self.clients = clients
  }

  /// How many bytes all tables take; nil where there is none for a list, since its rules overlap in too many ways.
  public var tableSize: Int? {
    var size = 0
    for list in packets + clients {
      guard let table = list.table else { return nil }
      size += table.count
    }
    return size
  }

  /// Whether somebody may connect to a port, by the rules alone; nil where that depends on the time or on the port that they
  /// connect from. Where there is a port forwarder, it is asked whether it may bring them.
  public func admits(_ peer: IPNetwork, to port: Int, hasForwarder: Bool) -> Bool? {
    let lists = packets + (hasForwarder ? clients : [])
    let verdicts = lists.map { $0.admits(peer.policyAddress, to: UInt16(clamping: port)) }
    if verdicts.contains(false) { return false }
    return verdicts.contains(nil) ? nil : true
  }

  /// How many bytes the rules of a requirement take as a table; nil where there is none, since they overlap in too many ways.
  public static func tableSize(of filtering: Filtering) -> Int? {
    RuleList(rules: filtering.rules.map(\.packetRule), passesByDefault: filtering.allowsByDefault).table?.count
  }
}

extension FirewallRules.RuleList {
  /// What becomes of a new connection over TCP; nil where that depends on the time or on the port that it comes from.
  fileprivate func admits(_ peer: PolicyAddress, to port: UInt16) -> Bool? {
    var possible: Set<Bool> = []
    for rule in rules {
      guard rule.states.contains(.new), rule.directions.contains(.inbound), rule.transports.contains(.tcp),
        rule.types == nil, rule.peers?.contains(where: { peer.isInRange(of: $0) }) ?? true,
        rule.destinationPorts?.contains(where: { $0.contains(port) }) ?? true
      else { continue }
      possible.insert(rule.passes)
      if rule.window == nil, rule.sourcePorts == nil { return possible.count == 1 ? rule.passes : nil }
    }
    possible.insert(passesByDefault)
    return possible.count == 1 ? passesByDefault : nil
  }

  /// Tables that were made last: settings are worked out anew whenever a neighbour changes, for each instance, and many
  /// rules take a while.
  private static let made = Mutex<[FirewallRules.RuleList: [UInt8]]>([:])
  private static let mostMade = 64

  /// The table; nil if there is none, since the rules overlap in too many ways.
  fileprivate var table: [UInt8]? {
    if let table = FirewallRules.RuleList.made.withLock({ $0[self] }) { return table }
    guard let table = try? FirewallCompiler.table(rules, defaultPasses: passesByDefault) else { return nil }
    FirewallRules.RuleList.made.withLock {
      if $0.count >= FirewallRules.RuleList.mostMade { $0.removeAll() }
      $0[self] = table
    }
    return table
  }
}

extension [FirewallRules.RuleList] {
  /// The value of a parameter: a table for each list; nil if there is none for one.
  var tables: ParameterValue? {
    let tables = compactMap(\.table)
    return tables.count == count ? .list(tables.map { .bytes($0) }) : nil
  }
}

extension FilterRule {
  /// The rule as tables are made of it.
  var packetRule: PacketRule {
    PacketRule(
      passes: action == .allow, directions: Set(directions.map { $0 == .inbound ? .inbound : .outbound }),
      transports: Set(transports.compactMap { PacketRule.Transport(rawValue: $0.rawValue) }),
      peers: peers.map { $0.compactMap { IPNetwork(around: $0)?.policyAddress } }, sourcePorts: sourcePorts,
      destinationPorts: ports, types: types.map { $0.map { $0...$0 } },
      states: Set(
        states.map { state in
          switch state {
          case .new: .new
          case .established: .established
          case .related: .related
          case .invalid: .invalid
          }
        }), window: window?.tableWindow)
  }
}

extension TimeWindow {
  fileprivate var tableWindow: FirewallTable.Window {
    let bits = Day.allCases.enumerated().reduce(UInt8(0)) {
      days.contains($1.element) ? $0 | 1 << UInt8($1.offset) : $0
    }
    return FirewallTable.Window(days: bits, startMinute: UInt16(startMinute), endMinute: UInt16(endMinute))
  }
}
