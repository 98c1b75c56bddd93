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
  /// Changes what images or the decision point decide with.
  case changePolicies
  /// Reads what the decision point decided, and what with.
  case readDecisions
  /// Makes, lists and revokes tokens.
  case changeTokens
  /// What concerns the machine and every tenant: templates of the host's files, contextual attributes, metrics.
  case operateMachine

  /// What a route of the API does; `nil` for one that needs no token, of which there are few. A route that is not listed
  /// is for those only who may do everything.
  /// - Parameters:
  ///   - method: The HTTP method.
  ///   - route: The route, parameters in braces.
  static func of(_ method: String, _ route: String) -> APIOperation? {
    if isOpen(method, route) { return nil }
    if route.hasPrefix("/access/v1/") || route.hasPrefix("/tenants/{tenant}/access/v1/") { return .decide }
    switch (method, route) {
    case ("GET", "/api/v1/services"), ("GET", "/api/v1/unikernels"), ("GET", "/api/v1/logs/{name}"),
      ("GET", "/api/v1/events"), ("GET", "/api/v1/policies"):
      return .observe
    case ("DELETE", "/api/v1/services/{name}"): return .removeService
    case ("PUT", "/api/v1/services/{name}/level"), ("PUT", "/api/v1/services/{name}/phase"): return .setLevel
    case ("PUT", "/api/v1/policies"): return .changePolicies
    default: break
    }
    if route.hasPrefix("/api/v1/decision") { return method == "GET" ? .readDecisions : .changePolicies }
    if route.hasPrefix("/api/v1/tokens") { return .changeTokens }
    return .operateMachine
  }

  /// Whether a route needs no token: whether there is a control plane, and where the decision points are.
  private static func isOpen(_ method: String, _ route: String) -> Bool {
    method == "GET"
      && ["/healthz", "/readyz", "/.well-known/authzen-configuration"].contains(where: {
        route == $0 || route == $0 + "/tenants/{tenant}"
      })
  }

  /// Whether it concerns the machine, and not one tenant.
  var isOfMachine: Bool { self == .operateMachine }

  /// The operation as an action of Cedar.
  var uid: EntityUID { EntityUID(type: "API::Action", id: CedarString(rawValue)) }
}
