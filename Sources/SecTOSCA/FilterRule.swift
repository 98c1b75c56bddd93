/// A rule of a filtering requirement. Of the rules that match a packet the first decides.
public struct FilterRule: Hashable, Sendable, Codable {
  /// What becomes of packets.
  public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case allow, deny
  }

  /// Which way packets go, as the resource sees it.
  public enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
    case inbound, outbound
  }

  /// What packets are made of.
  public enum Transport: String, Hashable, Sendable, Codable, CaseIterable {
    case tcp, udp, icmp, icmpv6
  }

  /// What the connection table knows of a packet.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// It opens a connection.
    case new
    /// It belongs to one.
    case established
    /// It is an error about a packet of one.
    case related
    /// It does neither.
    case invalid
  }

  /// What becomes of the packets.
  public var action: Action
  /// Which way they go.
  public var directions: [Direction]
  /// What they are made of.
  public var transports: [Transport]
  /// Networks in CIDR form where the other end is; nil: anywhere.
  public var peers: [String]?
  /// The ports that they go to; nil: all.
  public var ports: [ClosedRange<UInt16>]?
  /// The ports that they come from; nil: all.
  public var sourcePorts: [ClosedRange<UInt16>]?
  /// The types of ICMP or ICMPv6; nil: all.
  public var types: [UInt8]?
  /// What the connection table knows of them.
  public var states: [State]
  /// When the rule holds; nil: always.
  public var window: TimeWindow?

  /// A rule: about new connections of all protocols, unless something else is said.
  public init(
    _ action: Action, directions: [Direction] = [.inbound], transports: [Transport] = Transport.allCases,
    peers: [String]? = nil, ports: [ClosedRange<UInt16>]? = nil, sourcePorts: [ClosedRange<UInt16>]? = nil,
    types: [UInt8]? = nil, states: [State] = [.new], window: TimeWindow? = nil
  ) {
    self.action = action
    self.directions = directions
    self.transports = transports
    self.peers = peers
    self.ports = ports
    self.sourcePorts = sourcePorts
    self.types = types
    self.states = states
    self.window = window
  }
}

extension Filtering {
  /// Whether the rules of one admit nothing that those of another do not, as far as can be seen without taking them apart.
  ///
  /// What rules admit are their `allow` rules, each without what the `deny` rules before it match. So it is enough that each
  /// `allow` rule stands in the other's, and that all `deny` rules before it there stand before it here. Likewise for what
  /// comes after the rules: flows, sources and the default.
  func hasRulesAtLeast(asStrongAs other: Filtering) -> Bool {
    if rules == other.rules, allowsByDefault == other.allowsByDefault { return true }
    var denied: [FilterRule: Int] = [:]
    for (index, rule) in rules.enumerated() where rule.action == .deny && denied[rule] == nil { denied[rule] = index }
    // For each `allow` rule of the other, where the last of the denials stands here that come before it there.
    var bounds: [FilterRule: Int] = [:]
    var bound = -1
    for rule in other.rules {
      if rule.action == .deny {
        bound = max(bound, denied[rule] ?? .max)
      } else if bounds[rule] == nil {
        bounds[rule] = bound
      }
    }
    for (index, rule) in rules.enumerated() where rule.action == .allow {
      guard let needed = bounds[rule], needed < index else { return false }
    }
    let admitsAfterRules = allowsByDefault || flows == .declared || !allowedSources.isEmpty || allowsPing
    return (!allowsByDefault || other.allowsByDefault) && (!admitsAfterRules || bound < rules.count)
  }
}
