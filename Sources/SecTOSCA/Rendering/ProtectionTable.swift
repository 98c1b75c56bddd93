/// What protection each resource is due at each level, in words, for people and for `--format json`. Nothing secret is
/// in it: no hashes, no keys.
public struct ProtectionTable: Hashable, Sendable, Codable {
  /// A level.
  public struct Level: Hashable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// Its rank.
    public var rank: Int
  }

  /// A requirement that is due.
  public struct Due: Hashable, Sendable, Codable {
    /// The kind of protection, as in `Protection.kind`.
    public var kind: String
    /// The requirement's name.
    public var requirement: String
    /// What is due, in words.
    public var summary: String
  }

  /// A resource.
  public struct Row: Hashable, Sendable, Codable {
    /// Its name.
    public var resource: String
    /// The full name of its type.
    public var type: String
    /// What it runs, in words.
    public var applications: [String]
    /// Where it listens, in words.
    public var endpoint: String
    /// The resources it connects to.
    public var connections: [String]
    /// What is due, by the level's name.
    public var due: [String: [Due]]
  }

  /// What changes the level.
  public struct Adaptation: Hashable, Sendable, Codable {
    /// The trigger's name.
    public var trigger: String
    /// Its conditions, in words.
    public var conditions: [String]
    /// The level that is due while they hold; nil where it sets none.
    public var level: String?
    /// What it does, in words.
    public var actions: [String]
  }

  /// The levels, by ascending rank.
  public var levels: [Level]
  /// The resources, in the template's order.
  public var resources: [Row]
  /// What changes the level.
  public var adaptations: [Adaptation]
}

extension ProtectedService {
  /// What protection each resource is due at each level, in words.
  public var protectionTable: ProtectionTable {
    ProtectionTable(
      levels: levels.map { ProtectionTable.Level(name: $0.name, rank: $0.rank) },
      resources: resources.map { resource in
        ProtectionTable.Row(
          resource: resource.name, type: resource.type, applications: resource.applications.map(\.summary),
          endpoint: resource.endpoint.summary, connections: resource.connections + resource.externals.map(\.name),
          due: Dictionary(
            levels.map { level in
              (
                level.name,
                due(to: resource.name, at: level).map { requirement in
                  ProtectionTable.Due(
                    kind: requirement.protection.kind, requirement: requirement.name,
                    summary: requirement.protection.summary)
                }
              )
            }, uniquingKeysWith: { first, _ in first }))
      },
      adaptations: triggers.map { trigger in
        ProtectionTable.Adaptation(
          trigger: trigger.name,
          conditions: trigger.conditionSummaries,
          level: trigger.level, actions: trigger.actions.map(\.summary))
      })
  }
}

extension ApplicationPart {
  /// What it does, in words.
  public var summary: String {
    switch self {
    case .staticSite(let prefix, let folder): "\(prefix) serves the files of `\(folder)`"
    case .reverseProxy(let prefix, let backend, nil): "\(prefix) goes to `\(backend)`"
    case .reverseProxy(let prefix, let backend, let seconds?):
      "\(prefix) goes to `\(backend)`, WebSockets for \(seconds) s"
    case .serverProxy(let prefix, let server): "\(prefix) goes to `\(server.host)`, port \(server.port)"
    case .streamProxy(let proxy):
      "connections go to `\(proxy.backend)`" + (proxy.negotiation == .postgresql ? ", as of PostgreSQL" : "")
    case .keyValue(let prefix, let capacity): "\(prefix) keeps up to \(capacity) bytes of values"
    case .handler(let prefix, let source, _, _): "\(prefix) is answered by `\(source)`"
    }
  }
}

extension ServiceEndpoint {
  /// Where it listens, in words.
  public var summary: String {
    guard isPublic else { return "port \(port), inside the service only" }
    return "port \(port), published on " + (publishedPort.map { "port \($0)" } ?? "a free port")
  }
}

extension AdaptationTrigger {
  /// What must hold for its level to be due, in words.
  public var conditionSummaries: [String] {
    (events.map { [$0.summary] } ?? []) + (window.map { [$0.summary] } ?? [])
      + conditions.filter { $0.attribute != ServiceState.windowAttribute(name) }.map(\.summary)
  }
}

extension ContextCondition {
  /// The condition in words.
  public var summary: String {
    if attribute == ServiceState.noticeAttribute { return "a vulnerability notice is open" }
    // What is reserved is named as in the template.
    let attribute = String(attribute.split(separator: ":").last ?? "")
    return switch comparison {
    case .isOneOf(let values) where values.count == 1: "\(attribute) is `\(values[0])`"
    case .isOneOf(let values): "\(attribute) is \(enumeration(values, last: "or"))"
    case .atLeast(let bound): "\(attribute) is at least \(numberText(bound))"
    case .atMost(let bound): "\(attribute) is at most \(numberText(bound))"
    }
  }
}

/// A number without a fraction that is zero.
private func numberText(_ number: Double) -> String {
  Int(exactly: number).map(String.init) ?? String(number)
}
