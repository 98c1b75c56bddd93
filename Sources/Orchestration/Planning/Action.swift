/// One step from what a service is towards what it should be, with the reason for it.
public struct Action: Hashable, Sendable, Codable {
  /// What is done.
  public enum Step: Hashable, Sendable, Codable {
    /// Makes the service's network.
    case createNetwork
    /// Starts the process that publishes ports on the loopback address.
    case startForwarder
    /// Leads from the service's network to an external service.
    case offer(external: String)
    /// Leads there no more.
    case withdraw(external: String)
    /// Links, signs and stores the image of a resource.
    case generateImage(resource: String)
    /// Starts an instance and waits until it reports the protection it enforces.
    case startInstance(resource: String, run: RunState)
    /// Replaces an instance's run-stage settings and waits for its acknowledgement.
    case push(instance: String, resource: String, run: RunState)
    /// Leads new connections of a published resource to an instance.
    case route(resource: String, instance: String)
    /// Takes a resource's published port away.
    case unpublish(resource: String)
    /// Lets an instance finish what it accepted.
    case drain(instance: String, resource: String)
    /// Takes an instance off the network and keeps its memory.
    case quarantine(instance: String, resource: String)
    /// Ends an instance and removes what was made for it.
    case stopInstance(instance: String, resource: String)
    /// Ends the port forwarder.
    case stopForwarder
    /// Removes the service's network.
    case removeNetwork
  }

  /// What is done.
  public var step: Step
  /// Why, for people.
  public var reason: String
  /// What the new instance is asked before others may reach it, where the step starts one.
  public var probes: [String]?

  /// A step and the reason for it.
  public init(_ step: Step, reason: String, probes: [String]? = nil) {
    self.step = step
    self.reason = reason
    self.probes = probes
  }
}

extension Action.Step {
  /// Whether it takes away what is not due any more, and brings nothing about that is.
  var isRetirement: Bool {
    switch self {
    case .drain, .quarantine, .stopInstance, .unpublish, .withdraw, .stopForwarder, .removeNetwork: true
    case .createNetwork, .startForwarder, .offer, .generateImage, .startInstance, .push, .route: false
    }
  }

  /// What will be done, in a few words.
  public var summary: String {
    switch self {
    case .createNetwork: "make the network"
    case .startForwarder: "start the port forwarder"
    case .offer(let external): "open the way to \(external)"
    case .withdraw(let external): "close the way to \(external)"
    case .generateImage(let resource): "generate the image of \(resource)"
    case .startInstance(let resource, _): "start \(resource)"
    case .push(_, let resource, _): "push settings to \(resource)"
    case .route(let resource, _): "lead traffic to \(resource)"
    case .unpublish(let resource): "withdraw the port of \(resource)"
    case .drain(_, let resource): "drain \(resource)"
    case .quarantine(_, let resource): "quarantine \(resource)"
    case .stopInstance(_, let resource): "stop \(resource)"
    case .stopForwarder: "stop the port forwarder"
    case .removeNetwork: "remove the network"
    }
  }
}
