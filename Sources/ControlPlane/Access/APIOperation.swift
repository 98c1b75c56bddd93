import Cedar

/// What a request of the API does, as its policy names it (`APIPolicy`).
enum APIOperation: String, CaseIterable, Sendable {
  /// Asks a tenant's decision point.
  case decide
  /// Looks at what runs, at what happened, and at which policies are in force.
  case observe
  /// Takes services down.
  case removeService
  /// Sets the level of a service, or says in what phase it is.
  case setLevel
  /// Puts instances into quarantine, lets them go, or ends them.
  case quarantine
  /// Has packet filters let through or keep out what their templates do not say.
  case commandFilters
  /// Changes what images or the decision point decide with.
  case changePolicies
  /// Reads what the decision point decided, and what with.
  case readDecisions
  /// Makes, lists and revokes tokens.
  case changeTokens
  /// What concerns the machine and every tenant: templates of the host's files, contextual attributes, metrics; and files
  /// with the memory of instances.
  case operateMachine

  /// What a route of the API does; `nil` for one that needs no token, of which there are few. A route that is not
  /// described is for those only who may do everything.
  /// - Parameters:
  ///   - method: The HTTP method.
  ///   - route: The route, parameters in braces.
  static func of(_ method: String, _ route: String) -> APIOperation? {
    if let known = APIRoute.of(method, route) { known.operation } else { .operateMachine }
  }

  /// Whether it concerns the machine, and not one tenant.
  var isOfMachine: Bool { self == .operateMachine }

  /// The operation as an action of Cedar.
  var uid: EntityUID { EntityUID(type: "API::Action", id: CedarString(rawValue)) }
}
