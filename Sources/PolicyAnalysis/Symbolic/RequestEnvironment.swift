public import Cedar

/// The types of a request: each combination of action, principal type and resource type that a schema admits.
public struct RequestEnvironment: Hashable, Sendable, CustomStringConvertible {
  /// Who asks.
  public var principal: EntityType
  /// What is to be done.
  public var action: EntityUID
  /// To what.
  public var resource: EntityType

  /// `User, Action::"read", File`.
  public var description: String { "\(principal), \(action), \(resource)" }

  /// All environments of a schema, in order.
  static func all(_ schema: Schema) -> [RequestEnvironment] {
    schema.actions.sorted { $0.key < $1.key }.flatMap { uid, action in
      action.principals.sorted().flatMap { principal in
        action.resources.sorted().map { RequestEnvironment(principal: principal, action: uid, resource: $0) }
      }
    }
  }
}

/// What is known of entities besides what the schema says: how their identifiers, hierarchy and existence hang together.
protocol EntityDomain: Sendable {
  /// The schema that requests and entities conform to.
  var schema: Schema { get }
  /// The environments.
  var environments: [RequestEnvironment] { get }
  /// Whether identifiers of a type can be seen as texts by policies.
  func hasVisibleIdentifiers(_ type: EntityType) -> Bool
  /// The attribute that is the identifier itself, if one is.
  func identifyingAttribute(of type: EntityType) -> CedarString?
  /// Whether an entity is there.
  func exists(_ type: EntityType, _ id: SMTTerm, _ space: RequestSpace) -> SMTTerm
  /// Whether one entity is properly below another; `nil` where it can be as the schema has it.
  func isBelow(
    _ type: EntityType, _ id: SMTTerm, _ ancestorType: EntityType, _ ancestor: SMTTerm, _ space: RequestSpace
  ) -> SMTTerm?
  /// What holds of every request of the environment.
  func constrain(_ space: RequestSpace)
  /// The request and entities as they are in this domain.
  func completed(_ request: Request, _ entities: Entities) -> (Request, Entities)
}

/// Entities as a schema has them and nothing else: all that are referred to exist.
struct SchemaDomain: EntityDomain {
  let schema: Schema

  var environments: [RequestEnvironment] { RequestEnvironment.all(schema) }

  func hasVisibleIdentifiers(_ type: EntityType) -> Bool { false }

  func identifyingAttribute(of type: EntityType) -> CedarString? { nil }

  func exists(_ type: EntityType, _ id: SMTTerm, _ space: RequestSpace) -> SMTTerm { .yes }

  func isBelow(
    _ type: EntityType, _ id: SMTTerm, _ ancestorType: EntityType, _ ancestor: SMTTerm, _ space: RequestSpace
  ) -> SMTTerm? { nil }

  func constrain(_ space: RequestSpace) {}

  func completed(_ request: Request, _ entities: Entities) -> (Request, Entities) { (request, entities) }
}
