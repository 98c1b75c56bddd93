/// What a service is at the moment.
public struct ObservedService: Hashable, Sendable, Codable {
  /// Whether its network exists.
  public var hasNetwork: Bool
  /// Whether its port forwarder runs.
  public var hasForwarder: Bool
  /// The recipes whose images are in the store.
  public var images: Set<String>
  /// Its instances, oldest first.
  public var instances: [ObservedInstance]
  /// The instance that each published resource's traffic goes to.
  public var publications: [String: String]
  /// Where the port forwarder leads to for each external service that it offers, as `DesiredExternal.lead` has it.
  public var offers: [String: String]

  /// A service of which nothing exists, or something.
  public init(
    hasNetwork: Bool = false, hasForwarder: Bool = false, images: Set<String> = [],
    instances: [ObservedInstance] = [], publications: [String: String] = [:], offers: [String: String] = [:]
  ) {
    self.hasNetwork = hasNetwork
    self.hasForwarder = hasForwarder
    self.images = images
    self.instances = instances
    self.publications = publications
    self.offers = offers
  }
}

/// What an instance is at the moment.
public struct ObservedInstance: Hashable, Sendable, Codable {
  /// How far it is.
  public enum State: String, Hashable, Sendable, Codable {
    /// It was started and has not said that it is ready.
    case starting
    /// It enforces its protection and serves.
    case ready
    /// It takes no new work.
    case draining
    /// It is drained: nothing is open.
    case drained
    /// It has ended without being asked to.
    case failed
    /// It is off the network, stands still, and keeps its memory: no part of the service any more.
    case quarantined
  }

  /// The instance's identifier.
  public var id: String
  /// The resource it is an instance of.
  public var resource: String
  /// The recipe of its image.
  public var recipe: String
  /// The boot-stage settings it was started with.
  public var bootSettings: String
  /// How far it is.
  public var state: State
  /// The run-stage settings it acknowledged last.
  public var run: RunState
  /// Whether it has lived for as long as it may (`Lifetime`).
  public var isExpired: Bool
  /// Why it must give its place to a fresh one, if it must.
  public var withdrawal: Withdrawal?

  /// What an instance is at the moment.
  public init(
    id: String, resource: String, recipe: String, bootSettings: String, state: State, run: RunState,
    isExpired: Bool = false, withdrawal: Withdrawal? = nil
  ) {
    self.isExpired = isExpired
    self.withdrawal = withdrawal
    self.id = id
    self.resource = resource
    self.recipe = recipe
    self.bootSettings = bootSettings
    self.state = state
    self.run = run
  }

  /// Whether it may still answer a request.
  var isLive: Bool { state == .ready || state == .draining }
}
