import SecTOSCA

/// Something that holds, or with `!` does not hold, of a resource at a level: `public`, `authentication:token`, `!tls`.
public struct Fact: Hashable, Sendable, Codable {
  /// Its name, without `!`.
  public var name: String
  /// Whether it must not hold.
  public var isNegated: Bool

  /// The fact that a text names.
  public init(_ text: String) {
    isNegated = text.hasPrefix("!")
    name = isNegated ? String(text.dropFirst()) : text
  }

  /// Reads a text.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode((isNegated ? "!" : "") + name)
  }

  /// Whether it holds where the named facts hold, and no others.
  func holds(in facts: Set<String>) -> Bool { facts.contains(name) != isNegated }

  /// What the template's shape may say of a resource.
  static let ofShape: Set<String> = [
    "public", "internal", "connects", "connected", "external", "site", "site-only", "proxy", "stream", "key-value",
    "handler",
  ]
}

extension ProtectedService {
  /// What holds of a resource by the template's shape, whatever the level.
  func shape(of resource: Resource) -> Set<String> {
    var facts: Set<String> = [resource.endpoint.isPublic ? "public" : "internal"]
    if !resource.connections.isEmpty || !resource.externals.isEmpty { facts.insert("connects") }
    if !resource.externals.isEmpty { facts.insert("external") }
    if resources.contains(where: { $0.connections.contains(resource.name) }) { facts.insert("connected") }
    for part in resource.applications {
      switch part {
      case .staticSite: facts.insert("site")
      case .reverseProxy, .serverProxy: facts.insert("proxy")
      case .streamProxy: facts.insert("stream")
      case .keyValue: facts.insert("key-value")
      case .handler: facts.insert("handler")
      }
    }
    if facts.isDisjoint(with: ["proxy", "stream", "key-value", "handler"]) { facts.insert("site-only") }
    return facts
  }

  /// The mechanisms that are due to a resource at a level, and the requirement that calls for each.
  func mechanisms(of resource: Resource, at level: SecurityLevel) -> [String: String] {
    var found: [String: String] = [:]
    for requirement in due(to: resource.name, at: level) {
      for fact in requirement.protection.facts where found[fact] == nil { found[fact] = requirement.name }
    }
    if let external = resource.externals.first, resource.externals.allSatisfy(\.isExclusive) {
      found["enclosure"] = external.name
    }
    for trigger in triggers where trigger.targets.contains(resource.name) && found["adaptation"] == nil {
      found["adaptation"] = trigger.policy
    }
    return found
  }
}

extension Protection {
  /// The mechanisms that a requirement calls for.
  fileprivate var facts: [String] {
    switch self {
    case .filtering(let filtering): filtering.isClosed ? ["filtering", "filtering:closed"] : ["filtering"]
    case .requestFilter: ["request-filter"]
    // Who guesses or floods has no principal yet.
    case .rateLimit(let limit):
      (limit.buckets.contains { $0.party != .principal } ? ["rate-limit"] : []) + (limit.quota == nil ? [] : ["quota"])
    case .authentication(let authentication):
      authentication.ways.map { way in
        switch way.scheme {
        case .basic: "authentication:password"
        case .bearer: "authentication:token"
        case .apiKey: "authentication:key"
        case .certificate, .anyOf: "authentication:certificate"
        }
      }
    case .session: ["session"]
    case .authorization: ["authorization"]
    case .transportSecurity(let security):
      security.clients == .required ? ["tls", "tls:client-certificates"] : ["tls"]
    // What is due towards a backend is the backend's to ask for, and answers threats there.
    case .backendSecurity: []
    case .responseHeaders: ["response-headers"]
    case .audit: ["audit"]
    case .surfaceBudget: ["surface-budget"]
    case .lifetime: ["lifetime"]
    case .runtimeIntegrity: ["runtime-integrity"]
    }
  }
}

extension Filtering {
  /// Whether nobody is let in.
  fileprivate var isClosed: Bool {
    flows == .none && allowedSources.isEmpty && !allowsByDefault && !rules.contains { $0.action == .allow }
  }
}
