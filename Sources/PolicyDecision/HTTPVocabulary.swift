import Cedar
import Interchange

/// What policies can ask about an HTTP request: the types of entities, their attributes, the methods, and the parts of
/// the context.
struct HTTPVocabulary: Sendable {
  /// Names of contextual attributes, such as `threat_level`; each is a string.
  let attributes: Set<CedarString>

  init(attributes: [String]) {
    self.attributes = Set(attributes.map { CedarString($0) })
  }

  /// The methods by name.
  static let methods = PolicyMethods.names.map(\.description)

  /// The types that a part of the scope or request can have.
  static let principals: Set<PolicyEntityType> = [.user, .visitor]

  /// The parts of the context and their types.
  var context: [CedarString: HTTPType] {
    var fields: [CedarString: HTTPType] = [:]
    for name in attributes { fields[name] = .string }
    // What every request has comes last: a contextual attribute of the same name is not seen.
    fields["source"] = .address
    fields["method"] = .string
    fields["host"] = .string
    fields["query"] = .string
    return fields
  }

  /// The attributes of entities of a type.
  static func attributes(of type: PolicyEntityType) -> [CedarString: HTTPType] {
    switch type {
    case .user: ["name": .string, "scheme": .string]
    case .path: ["path": .string]
    case .visitor, .role, .action: [:]
    }
  }

  /// Whether entities of a type can be below those of another.
  static func canBe(_ type: PolicyEntityType, in ancestor: PolicyEntityType) -> Bool {
    type == ancestor || (type == .user && ancestor == .role)
  }

  /// The known name nearest to one that is not known, if it is near.
  static func nearest(_ name: String, _ known: some Sequence<String>) -> String? {
    NearestName.nearest(name, known)
  }
}

extension PolicyEntityType {
  /// The name in policies.
  var name: String {
    switch self {
    case .user: "User"
    case .visitor: "Visitor"
    case .role: "Role"
    case .action: "Action"
    case .path: "Path"
    }
  }

  init?(_ type: EntityType) {
    guard let known = PolicyEntityType.allCases.first(where: { $0.name == type.name.string }) else { return nil }
    self = known
  }
}

/// The type of an expression over HTTP requests, as far as it is known without one.
indirect enum HTTPType: Hashable {
  /// Not known, or already found wrong: nothing more is said of it.
  case unknown
  case bool, long, string, address
  /// An entity of one of some types.
  case entity(Set<PolicyEntityType>)
  case set(HTTPType)
  case record([CedarString: HTTPType])

  /// The type in words.
  var description: String {
    switch self {
    case .unknown: "anything"
    case .bool: "a Boolean"
    case .long: "a number"
    case .string: "a string"
    case .address: "an IP address"
    case .entity(let types):
      "an entity of type " + types.map { "`\($0.name)`" }.sorted().joined(separator: " or ")
    case .set: "a set"
    case .record: "a record"
    }
  }

  /// Whether a value can be of both types.
  func overlaps(_ other: HTTPType) -> Bool {
    switch (self, other) {
    case (.unknown, _), (_, .unknown): return true
    case (.entity(let a), .entity(let b)): return !a.isDisjoint(with: b)
    case (.set(let a), .set(let b)): return a.overlaps(b)
    case (.record(let a), .record(let b)):
      return Set(a.keys) == Set(b.keys) && a.allSatisfy { name, type in b[name]?.overlaps(type) ?? false }
    default: return self == other
    }
  }

  /// The type of what is either.
  func joined(_ other: HTTPType) -> HTTPType {
    if self == other { return self }
    switch (self, other) {
    case (.entity(let a), .entity(let b)): return .entity(a.union(b))
    case (.set(let a), .set(let b)): return .set(a.joined(b))
    default: return .unknown
    }
  }
}
