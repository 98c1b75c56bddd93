public import TOSCA

/// A service as SecTOSCA describes it: its resources, what protection each is due at each security level, and when
/// levels change. It is what `Interpreter` makes of a topology.
public struct ProtectedService: Hashable, Sendable, Codable {
  /// The resources, in the template's order.
  public var resources: [Resource]
  /// The security levels, by ascending rank. Never empty.
  public var levels: [SecurityLevel]
  /// The requirements by name, each used by some level.
  public var requirements: [SecurityRequirement]
  /// What changes levels, in the template's order.
  public var triggers: [AdaptationTrigger]
  /// The folder that files are relative to.
  public var root: String

  /// An interpreted service.
  public init(
    resources: [Resource], levels: [SecurityLevel], requirements: [SecurityRequirement],
    triggers: [AdaptationTrigger], root: String
  ) {
    self.resources = resources
    self.levels = levels
    self.requirements = requirements
    self.triggers = triggers
    self.root = root
  }

  /// The external services that resources connect to, by access port.
  public var externals: [ExternalService] {
    Set(resources.flatMap(\.externals)).sorted { $0.accessPort < $1.accessPort }
  }

  /// The level in force when nobody said otherwise: the lowest.
  public var initialLevel: SecurityLevel { levels[0] }

  /// The level of that name.
  public func level(_ name: String) -> SecurityLevel? { levels.first { $0.name == name } }

  /// The resource of that name.
  public func resource(_ name: String) -> Resource? { resources.first { $0.name == name } }

  /// What is due to a resource at a level: every requirement that the level names and that has the resource as a
  /// target, in the level's order. Requirements of one kind all hold: each adds to the others. What passes requests on
  /// to a resource of which TLS is due is due TLS towards it.
  public func due(to resource: String, at level: SecurityLevel) -> [SecurityRequirement] {
    required(of: resource, at: level) + dueTowardsBackends(of: resource, at: level)
  }

  private func required(of resource: String, at level: SecurityLevel) -> [SecurityRequirement] {
    level.requires.compactMap { name in
      requirements.first { $0.name == name && $0.targets.contains(resource) }
    }
  }

  private func dueTowardsBackends(of name: String, at level: SecurityLevel) -> [SecurityRequirement] {
    var due: [SecurityRequirement] = []
    guard let resource = resource(name) else { return due }
    for service in resource.externals {
      guard let security = service.security else { continue }
      due.append(
        SecurityRequirement(
          name: service.name, targets: [name], protection: .backendSecurity(security), place: service.place))
    }
    for backend in resource.backends {
      let security = required(of: backend, at: level).first { requirement in
        if case .transportSecurity = requirement.protection { true } else { false }
      }
      guard let security, case .transportSecurity(let asked) = security.protection,
        let towards = BackendSecurity(backend: backend, security: asked)
      else { continue }
      due.append(
        SecurityRequirement(
          name: security.name, targets: [name], protection: .backendSecurity(towards), place: security.place))
    }
    return due
  }
}

extension Resource {
  /// The resources that it passes requests on to, each once.
  var backends: [String] {
    var found: [String] = []
    for part in applications {
      switch part {
      case .reverseProxy(_, let backend, _) where !found.contains(backend): found.append(backend)
      case .streamProxy(let proxy) where !found.contains(proxy.backend): found.append(proxy.backend)
      case .serverProxy(_, let server) where connections.contains(server.host) && !found.contains(server.host):
        found.append(server.host)
      default: continue
      }
    }
    return found
  }
}

/// Something that becomes a unikernel.
public struct Resource: Hashable, Sendable, Codable {
  /// The node template's name.
  public var name: String
  /// The full name of its node type.
  public var type: String
  /// What it runs. A web service may have a site and routes to backends.
  public var applications: [ApplicationPart]
  /// Where it listens.
  public var endpoint: ServiceEndpoint
  /// The resources it connects to (`ConnectsTo`): exactly these flows are open.
  public var connections: [String]
  /// The external services it connects to: exactly these flows are open, too.
  public var externals: [ExternalService]
  /// Memory for its heap, in bytes.
  public var memoryBytes: Int
  /// How it gets its IPv4 address.
  public var addressing: Addressing
  /// Whom it asks for the addresses of servers that routes name.
  public var resolver: Resolver?
  /// Where it stands in the template.
  public var place: SourceRange

  /// A resource.
  public init(
    name: String, type: String, applications: [ApplicationPart], endpoint: ServiceEndpoint, connections: [String],
    externals: [ExternalService] = [], memoryBytes: Int, addressing: Addressing = .assigned, resolver: Resolver? = nil,
    place: SourceRange
  ) {
    self.resolver = resolver
    self.addressing = addressing
    self.name = name
    self.type = type
    self.applications = applications
    self.endpoint = endpoint
    self.connections = connections
    self.externals = externals
    self.memoryBytes = memoryBytes
    self.place = place
  }
}

/// How a resource gets its IPv4 address.
public enum Addressing: String, Hashable, Sendable, Codable {
  /// It is told.
  case assigned
  /// It asks a server on its network (RFC 2131), first for the address that it is told.
  case dhcp
}

/// A server that is known by its name: a resource of the service that has a connection, or somebody else's.
public struct NamedServer: Hashable, Sendable, Codable {
  /// Its name: a resource's, or a DNS name.
  public var host: String
  /// Its TCP port.
  public var port: Int

  /// A server.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `api.example.org:8080`.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let host = String(text[..<colon])
    let digits = text[colon...].dropFirst()
    guard NamedServer.isName(host), (1...5).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), (1...65_535).contains(port)
    else { return nil }
    self.init(host: host, port: port)
  }

  /// Whether images can ask for a name (RFC 1123, 2.1; RFC 8552): labels of letters, digits, `-` and `_`, and a letter
  /// somewhere, which no address has.
  public static func isName(_ text: String) -> Bool {
    let labels = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
    return text.utf8.count <= 253 && labels.allSatisfy { (1...63).contains($0.count) }
      && text.utf8.contains { (0x61...0x7A).contains($0 | 0x20) }
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
      }
  }
}

/// Whom a resource asks for addresses, and how far they are believed.
public struct Resolver: Hashable, Sendable, Codable {
  /// The addresses of DNS servers, in the order in which they are asked.
  public var servers: [String]
  /// The networks that answers may lead to, in CIDR form.
  public var networks: [String]

  /// A resolver.
  public init(servers: [String], networks: [String]) {
    self.servers = servers
    self.networks = networks
  }
}

/// One application of a resource.
public enum ApplicationPart: Hashable, Sendable, Codable {
  /// The files of a folder (relative to the service's root), served below `prefix`.
  case staticSite(prefix: String, folder: String)
  /// Requests below `prefix` go to another resource or an external service. A WebSocket may stay open for
  /// `webSocketSeconds`; `nil`: none is let through.
  case reverseProxy(prefix: String, backend: String, webSocketSeconds: Int? = nil)
  /// Requests below `prefix` go to a server that is known by its name.
  case serverProxy(prefix: String, server: NamedServer)
  /// A key-value store of at most `capacityBytes`, served below `prefix`.
  case keyValue(prefix: String, capacityBytes: Int)
  /// Connections go to another resource or an external service, whatever is spoken on them.
  case streamProxy(StreamForwarding)
  /// A handler of the user's own, whose Swift sources are a file or the files of a folder (relative to the service's
  /// root), answers what is below `prefix`. Its store takes at most `capacityBytes`, one request at most `maximumSteps`.
  case handler(prefix: String, source: String, capacityBytes: Int, maximumSteps: Int)
}

/// How connections are passed on.
public struct StreamForwarding: Hashable, Sendable, Codable {
  /// What clients say in clear before TLS begins.
  public enum Negotiation: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing.
    case none
    /// They ask for TLS as clients of PostgreSQL do.
    case postgresql
  }

  /// The resource or external service that they go to.
  public var backend: String
  /// What clients say in clear before TLS begins, where it is due.
  public var negotiation: Negotiation
  /// Whether a request to cancel may come in clear, where all else is over TLS.
  public var cancelsInClear: Bool
  /// How many may be open at once.
  public var maximumConnections: Int
  /// How long the backend may take to answer, in seconds.
  public var connectSeconds: Int
  /// For how long neither end may say anything, in seconds.
  public var idleSeconds: Int

  /// How connections are passed on.
  public init(
    backend: String, negotiation: Negotiation = .none, cancelsInClear: Bool = false, maximumConnections: Int = 1024,
    connectSeconds: Int = 5, idleSeconds: Int = 3600
  ) {
    self.backend = backend
    self.negotiation = negotiation
    self.cancelsInClear = cancelsInClear
    self.maximumConnections = maximumConnections
    self.connectSeconds = connectSeconds
    self.idleSeconds = idleSeconds
  }
}

/// Where a resource listens.
public struct ServiceEndpoint: Hashable, Sendable, Codable {
  /// The TCP port inside the service's network.
  public var port: Int
  /// Whether clients outside the service may reach it (`network_name: PUBLIC`).
  public var isPublic: Bool
  /// The port on the host's loopback address where it is published; `nil`: any free one.
  public var publishedPort: Int?

  /// Where a resource listens.
  public init(port: Int, isPublic: Bool, publishedPort: Int?) {
    self.port = port
    self.isPublic = isPublic
    self.publishedPort = publishedPort
  }
}

/// A named set of requirements with a rank. A higher rank never asks for less.
public struct SecurityLevel: Hashable, Sendable, Codable {
  /// The level's name.
  public var name: String
  /// Its place in the order: 0 is the lowest.
  public var rank: Int
  /// The names of the requirements that are due.
  public var requires: [String]
  /// Where it stands in the template.
  public var place: SourceRange

  /// A level.
  public init(name: String, rank: Int, requires: [String], place: SourceRange) {
    self.name = name
    self.rank = rank
    self.requires = requires
    self.place = place
  }
}

/// What protection some resources are due, whatever the level that calls for it.
public struct SecurityRequirement: Hashable, Sendable, Codable {
  /// The policy's name.
  public var name: String
  /// The resources it protects, groups resolved.
  public var targets: [String]
  /// What is due.
  public var protection: Protection
  /// Where it stands in the template.
  public var place: SourceRange

  /// A requirement.
  public init(name: String, targets: [String], protection: Protection, place: SourceRange) {
    self.name = name
    self.targets = targets
    self.protection = protection
    self.place = place
  }
}

/// A change of context, or a run of security events, and what is done then.
public struct AdaptationTrigger: Hashable, Sendable, Codable {
  /// The trigger's name.
  public var name: String
  /// The adaptation policy it belongs to.
  public var policy: String
  /// The resources that follow it.
  public var targets: [String]
  /// The security events that it waits for; nil for one that follows contextual attributes alone.
  public var events: EventCount?
  /// All must hold; of a trigger that waits for events, when the last of them happens.
  public var conditions: [ContextCondition]
  /// The time that its level is due in; nil for one that does not follow the time.
  public var window: TimeWindow?
  /// For how long the level stays due at least, once it is, in seconds; nil: no longer than the conditions hold.
  public var minimumDwellSeconds: Int?
  /// What it does, in the order in which it is written. While no trigger that sets a level holds, the initial level (or
  /// the one set by hand) is due.
  public var actions: [TriggerAction]
  /// The requirements whose properties it sets, as they are while it holds.
  public var settings: [SecurityRequirement]
  /// How long it is at least from one replacement or quarantine by this trigger to the next, in seconds.
  public var minimumIntervalSeconds: Int
  /// Where it stands in the template.
  public var place: SourceRange

  /// How long that is unless the template says otherwise.
  public static let usualIntervalSeconds = 60

  /// A trigger.
  public init(
    name: String, policy: String, targets: [String], events: EventCount? = nil, conditions: [ContextCondition],
    window: TimeWindow? = nil, minimumDwellSeconds: Int? = nil, actions: [TriggerAction],
    settings: [SecurityRequirement] = [], minimumIntervalSeconds: Int = AdaptationTrigger.usualIntervalSeconds,
    place: SourceRange
  ) {
    self.window = window
    self.name = name
    self.policy = policy
    self.targets = targets
    self.events = events
    self.conditions = conditions
    self.minimumDwellSeconds = minimumDwellSeconds
    self.actions = actions
    self.settings = settings
    self.minimumIntervalSeconds = minimumIntervalSeconds
    self.place = place
  }
}

/// A condition on a contextual attribute.
public struct ContextCondition: Hashable, Sendable, Codable {
  /// How the attribute is compared.
  public enum Comparison: Hashable, Sendable, Codable {
    /// It has one of these values.
    case isOneOf([String])
    /// It is a number of at least this much.
    case atLeast(Double)
    /// It is a number of at most this much.
    case atMost(Double)
  }

  /// The attribute's name, such as `threat_level`.
  public var attribute: String
  /// What must hold.
  public var comparison: Comparison

  /// A condition on an attribute.
  public init(attribute: String, comparison: Comparison) {
    self.attribute = attribute
    self.comparison = comparison
  }
}
