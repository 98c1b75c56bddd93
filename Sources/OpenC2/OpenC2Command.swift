public import struct SecTOSCA.IPNetwork

/// A command of OpenC2 (Language Specification 1.0, 3.3.1), as far as the profile of stateless packet filters says
/// something about it (SLPF 1.0, 2.1).
public struct OpenC2Command: Hashable, Sendable {
  /// What is to be done (3.3.1.1). All of the language's are known, so that one that nothing here does is told from a word
  /// that is none.
  public enum Action: String, Hashable, Sendable, CaseIterable {
    case scan, locate, query, deny, contain, allow, start, stop, restart, cancel, set, update, redirect, create, delete
    case detonate, restore, copy, investigate, remediate
  }

  /// What it is done to (3.3.1.2).
  public enum Target: Hashable, Sendable {
    /// What is understood here: these parts of it, or none of them.
    case features(Set<Feature>)
    /// Packets.
    case traffic(TrafficPattern)
    /// The rule that a former command led to.
    case rule(number: Int)
    /// Something that nothing here is done to.
    case other(name: String)
  }

  /// What can be asked about a consumer (3.4.2.4).
  public enum Feature: String, Hashable, Sendable, CaseIterable {
    case versions, profiles, pairs
    case rateLimit = "rate_limit"
  }

  /// How much of an answer is wanted (3.4.2.14).
  public enum ResponseRequest: String, Hashable, Sendable, CaseIterable {
    case none, ack, status, complete
  }

  /// Which way packets go (SLPF, 2.1.3.2).
  public enum Direction: String, Hashable, Sendable, CaseIterable, Codable {
    case both, ingress, egress
  }

  /// What becomes of packets that are denied (SLPF, 2.1.3.2).
  public enum DropProcess: String, Hashable, Sendable, CaseIterable {
    case none, reject
    case falseAcknowledgement = "false_ack"
  }

  /// How it is done (3.3.1.4). Times are milliseconds since 1970.
  public struct Arguments: Hashable, Sendable {
    /// When it begins to hold; at once where it is not said.
    public var start: Int?
    /// When it holds no more; never where it is not said.
    public var stop: Int?
    /// How much of an answer is wanted.
    public var response = ResponseRequest.complete
    /// Which way the packets go.
    public var direction = Direction.both
    /// Whether it is to outlive a restart.
    public var isPersistent = true
    /// The number that the rule is to have.
    public var ruleNumber: Int?
    /// What becomes of packets that are denied.
    public var dropProcess = DropProcess.none
  }

  /// Which filters it is for (SLPF, 2.1.4).
  public struct Filters: Hashable, Sendable, Codable {
    /// The resource.
    public var hostname: String?
    /// The service.
    public var group: String?

    /// All filters but those that are not meant.
    public init(hostname: String? = nil, group: String? = nil) {
      self.hostname = hostname
      self.group = group
    }

    /// Which they are, for people.
    public var summary: String {
      let named = [hostname.map { "resource `\($0)`" }, group.map { "service `\($0)`" }].compactMap(\.self)
      return named.isEmpty ? "service" : named.joined(separator: " of a ")
    }
  }

  /// What is to be done.
  public var action: Action
  /// What it is done to.
  public var target: Target
  /// How it is done.
  public var arguments = Arguments()
  /// Which filters it is for.
  public var filters = Filters()
  /// Its identifier, where it has one.
  public var identifier: String?
}

/// Packets, by what stands in their headers (SLPF, 2.1.2.1). What is not said may be anything.
public struct TrafficPattern: Hashable, Sendable, Codable {
  /// The protocols that connections are told apart by (3.4.2.11).
  public enum TransportProtocol: String, Hashable, Sendable, CaseIterable, Codable {
    case icmp, tcp, udp, sctp
  }

  /// The addresses of a packet.
  public enum Addresses: Hashable, Sendable, Codable {
    /// One of its addresses is in this network, whichever.
    case either(IPNetwork)
    /// Where it comes from and where it goes.
    case both(source: IPNetwork?, destination: IPNetwork?)
  }

  /// Whether the packets are of IPv6.
  public var isIPv6: Bool
  /// Their addresses.
  public var addresses: Addresses
  /// Their protocol.
  public var transport: TransportProtocol?
  /// The port that they come from.
  public var sourcePort: Int?
  /// The port that they go to.
  public var destinationPort: Int?

  /// Packets of one version of IP.
  public init(
    isIPv6: Bool, addresses: Addresses, transport: TransportProtocol? = nil, sourcePort: Int? = nil,
    destinationPort: Int? = nil
  ) {
    self.isIPv6 = isIPv6
    self.addresses = addresses
    self.transport = transport
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }
}
