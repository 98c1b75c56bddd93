import FirewallCompilation
import Interchange
public import SecTOSCA

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
  init(resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment) {
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

  /// Whether all that is due to a resource fits into an image, the rules that commands led to among it.
  public static func canBeCompiled(
    _ resource: Resource, due: [SecurityRequirement], environment: ResourceEnvironment
  ) -> Bool {
    let rules = FirewallRules(resource: resource, due: due, environment: environment)
    return rules.packets.tables != nil && rules.clients.tables != nil
  }

  /// Whether the rules of requirements fit into an image: tables are made of them on the host, and rules that overlap in too
  /// many ways would make one too large.
  public static func canBeCompiled(_ filtering: Filtering) -> Bool {
    (try? FirewallCompiler.table(filtering.rules.map(\.packetRule), defaultPasses: filtering.allowsByDefault)) != nil
  }
}

extension [FirewallRules.RuleList] {
  /// The value of a parameter: a table for each list; nil if there is none for one.
  var tables: ParameterValue? {
    let tables = compactMap { try? FirewallCompiler.table($0.rules, defaultPasses: $0.passesByDefault) }
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
