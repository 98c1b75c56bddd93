import Crypto
import Foundation
public import ImageGeneration
import Interchange
import OpenC2
import PolicyDecision
public import SecTOSCA

/// A declared service, worked out for a level: for each resource the protection due, the modules selected, what goes into
/// its image, and its settings. What follows from that for all of them is worked out once.
public struct ResolvedService: Sendable {
  /// The level that is due.
  public let level: SecurityLevel
  /// The resources.
  public let resources: [ResolvedResource]
  /// The same, as planning needs it.
  public let desired: DesiredService
  /// What two answers to one question have in common, and nothing else has.
  let identity = ResolutionIdentity()
  /// Whether some resource's instances live for a time only.
  let limitsLives: Bool
  /// The recipes of all images.
  let recipes: Set<String>
  /// How often the memory of instances is checked, in seconds, by resource: those only that are due any.
  let integrityIntervals: [String: Int]
  /// The shortest lease of policies, in seconds; `nil` where there is none.
  let leaseSeconds: Int?
  private let places: [String: Int]

  /// A service at one of its levels.
  init(level: SecurityLevel, among levels: [SecurityLevel], resources: [ResolvedResource]) {
    self.level = level
    self.resources = resources
    places = Dictionary(resources.enumerated().map { ($1.resource.name, $0) }) { first, _ in first }
    limitsLives = resources.contains { $0.lifetime != nil }
    recipes = Set(resources.map(\.recipeDigest))
    var intervals: [String: Int] = [:]
    for resource in resources { intervals[resource.resource.name] = resource.runtimeIntegrity?.intervalSeconds }
    integrityIntervals = intervals
    leaseSeconds = resources.lazy.flatMap(\.due).compactMap { requirement in
      if case .authorization(let authorization) = requirement.protection { authorization.leaseSeconds } else { nil }
    }.min()
    desired = DesiredService(
      level: level.name,
      ranks: Dictionary(levels.map { ($0.name, $0.rank) }) { first, _ in first },
      externals: Set(resources.flatMap(\.resource.externals)).sorted { $0.accessPort < $1.accessPort }
        .map {
          DesiredExternal(name: $0.name, accessPort: $0.accessPort, target: $0.target, isExclusive: $0.isExclusive)
        },
      resources: resources.map { resource in
        DesiredResource(
          name: resource.resource.name, connections: resource.resource.connections,
          isPublic: resource.resource.endpoint.isPublic, recipe: resource.recipeDigest,
          bootSettings: resource.bootDigest, runSettings: resource.runSettings,
          mechanisms: resource.selection.mechanisms, probes: resource.probes.map(\.name))
      })
  }

  /// The resource of that name.
  public func resource(_ name: String) -> ResolvedResource? { places[name].map { resources[$0] } }
}

/// What tells one resolution from every other.
final class ResolutionIdentity: Sendable {}

/// Where an instance is, and where those are that it talks to.
public struct NeighbourAddresses: Hashable, Sendable {
  /// Its own address with the prefix length, such as `10.77.0.2/24`.
  public var own: String
  /// Its own IPv6 address with the prefix length; `nil` where it has none.
  public var ownIPv6: String?
  /// Its hardware address.
  public var mac: String
  /// The networks that may connect to it, in CIDR form.
  public var peers: [String]
  /// The port forwarder, where clients from outside come through it.
  public var forwarder: ForwarderIdentity?
  /// `address:port` of the backends, by resource.
  public var backends: [String: [String]]
  /// Whether rules hold there that commands led to. An instance that is probed is asked about its template's.
  var isCommanded = true
  /// Whether only the control plane reaches it, which asks it whether it enforces what is due.
  var isProbed = false

  /// Where an instance is, and those it talks to.
  public init(
    own: String, ownIPv6: String? = nil, mac: String, peers: [String], backends: [String: [String]],
    forwarder: ForwarderIdentity? = nil
  ) {
    self.own = own
    self.ownIPv6 = ownIPv6
    self.mac = mac
    self.peers = peers
    self.backends = backends
    self.forwarder = forwarder
  }

  /// Addresses that stand for none: for digests of settings that leave addresses out.
  static func none(for resource: Resource) -> NeighbourAddresses {
    NeighbourAddresses(
      // One peer stands for all: whether any may connect is a setting.
      own: "0.0.0.0/0", mac: "00:00:00:00:00:00", peers: ["0.0.0.0/32"],
      backends: Dictionary(
        uniqueKeysWithValues: resource.connections.map { ($0, []) }
          // The host's address aside, where they are reached is known.
          + resource.externals.map { ($0.name, ["0.0.0.0:\($0.accessPort)"]) }),
      forwarder: resource.endpoint.isPublic ? ForwarderIdentity(address: "0.0.0.0", secret: []) : nil)
  }

  func environment(
    bundle: [UInt8]?, policyVersion: PolicyVersionIdentity? = nil, attributes: [String: String],
    commands: [PacketFilterRule] = []
  ) -> ResourceEnvironment {
    let rules = isCommanded ? commands : []
    let addresses =
      rules.isEmpty
      ? [] : [own, ownIPv6].compactMap { $0?.split(separator: "/").first.flatMap { IPNetwork(around: String($0)) } }
    return ResourceEnvironment(
      address: own, addressIPv6: ownIPv6, mac: mac.split(separator: ":").compactMap { UInt8($0, radix: 16) },
      gateway: nil, peers: peers, backends: backends, bundle: bundle, policyVersion: policyVersion,
      attributes: attributes, forwarder: forwarder,
      commandedRules: rules.flatMap { $0.filterRules(own: addresses) })
  }
}

/// A resource, worked out for a level.
public struct ResolvedResource: Sendable {
  /// The resource.
  public var resource: Resource
  /// What is due to it.
  public var due: [SecurityRequirement]
  /// The modules that satisfy that.
  public var selection: Selection
  /// What goes into its image.
  public var recipe: ImageRecipe
  /// The hash of that.
  public var recipeDigest: String
  /// The hash of its boot-stage settings, addresses aside.
  public var bootDigest: String
  /// The hash of its run-stage settings, addresses aside, and what they belong to.
  public var runSettings: RunSettings

  /// How long an instance may live before a fresh one takes its place, in seconds: the shortest of what is due.
  public var lifetime: Int? {
    due.compactMap { requirement -> Int? in
      if case .lifetime(let lifetime) = requirement.protection { return lifetime.seconds }
      return nil
    }.min()
  }

  /// How often the memory of instances is held against the image, and what becomes of one that differs.
  public var runtimeIntegrity: RuntimeIntegrity? { CombinedProtection(due).runtimeIntegrity }

  let files: SiteFiles
  let controlPublicKey: [UInt8]
  let bundle: [UInt8]?
  let policyVersion: PolicyVersionIdentity?
  let attributes: [String: String]
  /// The rules of packet filters that commands led to, in their order.
  let commands: [PacketFilterRule]
  /// What is due at each level, and the modules selected then: for instances on their way out.
  let others: [String: (due: [SecurityRequirement], selection: Selection)]

  /// Whether the endpoint of an instance made for a level speaks TLS.
  func speaksTLS(at level: String) -> Bool {
    CombinedProtection(others[level]?.due ?? due).transportSecurity != nil
  }

  /// The TLS that is due at its own endpoint.
  var transportSecurity: TransportSecurity? { CombinedProtection(due).transportSecurity }

  /// Whether the endpoint speaks HTTP; else it passes on whatever its backend speaks.
  var speaksHTTP: Bool {
    !resource.applications.contains { if case .streamProxy = $0 { true } else { false } }
  }

  /// Settings of some stages, for an instance at these addresses.
  func parameters(stages: Set<ParameterStage>, at addresses: NeighbourAddresses) -> [Parameter] {
    staged(due: due, selection: selection, at: addresses).filter { stages.contains($0.stage) }.map(\.parameter)
  }

  /// The run-stage settings that name other instances, for an instance made for a level, which may not be the one due.
  func neighbourParameters(at addresses: NeighbourAddresses, level: String) -> [Parameter] {
    let (due, selection) = others[level] ?? (due, selection)
    return staged(due: due, selection: selection, at: addresses).map(\.parameter)
      .filter(ResolvedResource.namesNeighbours)
  }

  private static func namesNeighbours(_ parameter: Parameter) -> Bool {
    parameter.module == "firewall" || (parameter.module == "reverse-proxy" && parameter.name == "routes")
      || (parameter.module == "stream-proxy" && parameter.name == "backends")
      || (parameter.module == "transport-security" && parameter.name == "backends")
      || (parameter.module == "name-resolution" && parameter.name == "hosts")
  }

  /// The run-stage settings that are others while an instance is probed, as they have to be once clients may reach it.
  func parametersAfterProbes(at addresses: NeighbourAddresses) -> [Parameter] {
    parameters(stages: [.run], at: addresses).filter {
      ResolvedResource.namesNeighbours($0) || ($0.module == "rate-limit" && $0.name == "limits")
        || ($0.module == "quota" && $0.name == "quotas")
    }
  }

  private func staged(
    due: [SecurityRequirement], selection: Selection, at addresses: NeighbourAddresses
  ) -> [StagedParameter] {
    ModuleConfiguration.parameters(
      for: resource, due: addresses.isProbed ? due.map(\.whileProbed) : due, selection: selection,
      environment: addresses.environment(
        bundle: bundle, policyVersion: policyVersion, attributes: attributes, commands: commands),
      files: files, controlPublicKey: controlPublicKey)
  }

  /// The settings of a stage as one hash, the instance's own addresses aside.
  static func digest(_ staged: [StagedParameter], of stage: ParameterStage) -> String {
    let all = staged.filter { $0.stage == stage }.map(\.parameter).filter { $0.module != "network" }
    return SHA256.hash(data: Parameter.encode(all)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined()
  }
}
