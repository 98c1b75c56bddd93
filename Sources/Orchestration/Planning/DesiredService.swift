/// What a service should be, as far as planning needs to know: which image each resource should run, with which settings.
/// Images and settings stand here as digests, so that planning is a pure function of small values.
public struct DesiredService: Hashable, Sendable, Codable {
  /// The level that is due.
  public var level: String
  /// The ranks of the levels: a level of a higher rank never asks for less.
  public var ranks: [String: Int]
  /// The external services that resources connect to.
  public var externals: [DesiredExternal]
  /// The resources, each after all those it connects to.
  public var resources: [DesiredResource]

  /// What a service should be; `resources` in any order.
  public init(
    level: String, ranks: [String: Int] = [:], externals: [DesiredExternal] = [], resources: [DesiredResource]
  ) {
    self.level = level
    self.ranks = ranks
    self.externals = externals
    self.resources = DesiredService.orderedByDependency(resources)
  }

  /// The resource of that name.
  public func resource(_ name: String) -> DesiredResource? { resources.first { $0.name == name } }

  /// Backends before those that connect to them. A cycle of connections is cut where it is entered first.
  static func orderedByDependency(_ resources: [DesiredResource]) -> [DesiredResource] {
    var ordered: [DesiredResource] = []
    var visited: Set<String> = []
    let byName = Dictionary(resources.map { ($0.name, $0) }) { first, _ in first }
    for start in resources where visited.insert(start.name).inserted {
      // What is being visited, with how many of its connections were looked at: a long chain needs no deep stack.
      var path = [(resource: start, looked: 0)]
      while let (resource, looked) = path.last {
        guard looked < resource.connections.count else {
          ordered.append(resource)
          path.removeLast()
          continue
        }
        path[path.count - 1].looked += 1
        if let backend = byName[resource.connections[looked]], visited.insert(backend.name).inserted {
          path.append((backend, 0))
        }
      }
    }
    return ordered
  }
}

/// What a resource should be.
public struct DesiredResource: Hashable, Sendable, Codable {
  /// The resource's name.
  public var name: String
  /// The resources it connects to.
  public var connections: [String]
  /// Whether it is published outside the service.
  public var isPublic: Bool
  /// The hash of everything that goes into its image.
  public var recipe: String
  /// The hash of its boot-stage settings, addresses and entropy aside.
  public var bootSettings: String
  /// The level and the hash of its run-stage settings, addresses of others aside.
  public var runSettings: RunSettings
  /// The security modules in the image.
  public var mechanisms: [String]
  /// What a new instance is asked before others may reach it, in order.
  public var probes: [String]

  /// What a resource should be.
  public init(
    name: String, connections: [String], isPublic: Bool, recipe: String, bootSettings: String,
    runSettings: RunSettings, mechanisms: [String], probes: [String] = []
  ) {
    self.probes = probes
    self.name = name
    self.connections = connections
    self.isPublic = isPublic
    self.recipe = recipe
    self.bootSettings = bootSettings
    self.runSettings = runSettings
    self.mechanisms = mechanisms
  }
}

/// Run-stage settings that do not depend on which instances exist.
public struct RunSettings: Hashable, Sendable, Codable {
  /// The level they belong to.
  public var level: String
  /// The number of the policies in force.
  public var policyVersion: Int
  /// The hash of all their values.
  public var digest: String

  /// Run-stage settings of a level.
  public init(level: String, policyVersion: Int, digest: String) {
    self.level = level
    self.policyVersion = policyVersion
    self.digest = digest
  }
}

/// All of an instance's run-stage settings: the resource's, and which instances of others it talks to.
public struct RunState: Hashable, Sendable, Codable {
  /// What does not depend on other instances.
  public var settings: RunSettings
  /// The instances that may connect to it, sorted.
  public var peers: [String]
  /// The instances it connects to, by resource.
  public var backends: [String: String]

  /// All of an instance's run-stage settings.
  public init(settings: RunSettings, peers: [String], backends: [String: String]) {
    self.settings = settings
    self.peers = peers
    self.backends = backends
  }
}
