/// Which services something is about: what contextual attributes are said of, or what a command changes.
public enum ServiceScope: Hashable, Sendable {
  /// Every service of every tenant, and what tenants share.
  case everything
  /// A tenant with every service of it.
  case tenant(String)
  /// One service of a tenant.
  case service(String, tenant: String)

  /// The tenant, if it is about one only.
  var tenant: String? {
    switch self {
    case .everything: nil
    case .tenant(let tenant), .service(_, let tenant): tenant
    }
  }

  /// The service, if it is about one only.
  var service: String? {
    if case .service(let service, _) = self { service } else { nil }
  }

  /// Whether there can be a service that both are about.
  func overlaps(_ other: ServiceScope) -> Bool {
    guard let tenant, let others = other.tenant else { return true }
    guard tenant == others else { return false }
    guard let service, let otherService = other.service else { return true }
    return service == otherService
  }
}
