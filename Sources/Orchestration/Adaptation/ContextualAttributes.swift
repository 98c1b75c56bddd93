extension ServiceScope {
  /// What the keys of contextual attributes in the store begin with.
  static let prefix = "context/"

  /// What an attribute is stored under. Names have neither `/` nor `@`.
  func key(_ name: String) -> String {
    switch self {
    case .everything: ServiceScope.prefix + name
    case .tenant(let tenant): "\(ServiceScope.prefix)@\(tenant)/\(name)"
    case .service(let service, let tenant): "\(ServiceScope.prefix)@\(tenant)/\(service)/\(name)"
    }
  }

  /// What `key` wrote; `nil` for anything else.
  static func read(_ key: String) -> (scope: ServiceScope, name: String)? {
    guard key.hasPrefix(prefix) else { return nil }
    let parts = key.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: return (.everything, parts[0])
    case 2 where parts[0].hasPrefix("@"): return (.tenant(String(parts[0].dropFirst())), parts[1])
    case 3 where parts[0].hasPrefix("@"):
      return (.service(parts[1], tenant: String(parts[0].dropFirst())), parts[2])
    default: return nil
    }
  }
}

/// The contextual attributes. A service sees those of everything, of its tenant and its own; what is said more closely stands
/// in the place of what is said more widely.
public struct ContextualAttributes: Hashable, Sendable {
  /// A service sees no more than these: images keep no more.
  public static let limit = 64

  private var values: [ServiceScope: [String: String]] = [:]

  /// None.
  public init() {}

  /// The attributes of one scope, by name.
  public subscript(_ scope: ServiceScope) -> [String: String] { values[scope] ?? [:] }

  /// Sets an attribute of a scope; an empty value takes it away.
  mutating func set(_ name: String, to value: String, in scope: ServiceScope) {
    values[scope, default: [:]][name] = value.isEmpty ? nil : value
    if values[scope]?.isEmpty == true { values[scope] = nil }
  }

  /// Takes a scope's attributes away, and returns their names.
  mutating func forget(_ scope: ServiceScope) -> [String] {
    values.removeValue(forKey: scope).map { Array($0.keys) } ?? []
  }

  /// What a service sees.
  public func seen(by service: String, of tenant: String) -> [String: String] {
    self[.everything]
      .merging(self[.tenant(tenant)]) { _, closer in closer }
      .merging(self[.service(service, tenant: tenant)]) { _, closer in closer }
  }
}
