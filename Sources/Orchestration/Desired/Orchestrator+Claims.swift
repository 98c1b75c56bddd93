import Hosting
import SecTOSCA

// What only one service can have: a port of this host that the template names, and an external service that is to be nobody
// else's. Looked at before anything is changed.

extension Orchestrator {
  /// Refuses a service that wants what another one has, or what it keeps others away from.
  func checkClaims(of declaration: ServiceDeclaration) throws(OrchestrationFault) {
    for other in declared(nil) where other.key != declaration.key {
      let owner = other.tenant == declaration.tenant ? "the service `\(other.name)`" : "a service of another tenant"
      for resource in declaration.service.resources {
        guard let port = resource.endpoint.claimedPort,
          let holder = other.service.resources.first(where: { $0.endpoint.claimedPort == port })
        else { continue }
        let place = other.tenant == declaration.tenant ? " (`\(holder.name)`)" : ""
        throw .input(
          "`\(resource.name)` cannot be published on port \(port): \(owner)\(place) is, expected a port that no other has"
        )
      }
      for external in declaration.service.externals {
        guard let claimed = other.service.externals.first(where: { $0.isAlso(external) }),
          external.isExclusive || claimed.isExclusive
        else { continue }
        let (keeper, kept) = claimed.isExclusive ? (owner, "this service") : ("this service", owner)
        throw .input(
          "`\(external.name)` at \(external.target) is `exclusive` to \(keeper), so that \(kept) could not reach it; "
            + "expected no other service that connects there")
      }
    }
  }
}

extension ServiceEndpoint {
  /// The port of this host that it is to be published on, if the template names one.
  fileprivate var claimedPort: Int? { isPublic ? publishedPort.flatMap { $0 == 0 ? nil : $0 } : nil }
}

extension ExternalService {
  /// Whether both are the same, as the host's firewall knows them: what is on this host is known by its port.
  fileprivate func isAlso(_ other: ExternalService) -> Bool {
    port == other.port && (address == other.address || isOnThisHost && other.isOnThisHost)
  }

  private var isOnThisHost: Bool { address.hasPrefix("127.") }
}
