import Cedar

/// Decides requests of enforcement points with one version of a tenant's policies, schema and entities.
///
/// Immutable: policies are arranged and entities compiled when it is made, so that nothing is parsed for a decision but
/// the request. Another version is another decision point.
public final class DecisionPoint: Sendable {
  /// The version of policies, schema and entities; 0 where there are none.
  public let version: Int
  /// How many policies there are.
  public var policyCount: Int { index.count }
  /// How many entities there are.
  public let entityCount: Int
  /// Whether there is a schema.
  public var hasSchema: Bool { schema != nil }

  let schema: Schema?
  let index: PolicyIndex
  let authorizer: IndexedAuthorizer
  let entities: Entities
  /// The actions that the schema, the policies or the entities mention.
  let actions: Set<EntityUID>
  /// The identifiers of the stored entities, by type, in order.
  let identifiers: [EntityType: [CedarString]]
  /// For how many seconds decisions of policies may be used again, by name: what `@valid_for` says.
  let validity: [String: Int]
  private let policies: DecisionSources.Document?

  /// For how many seconds a decision may be used again where no policy that determined it says so.
  public static let defaultValidity = 5
  /// What `@valid_for` can say, in seconds.
  static let validities = 0...86_400

  /// A decision point without policies, which denies everything.
  public static let empty = DecisionPoint(
    version: 0, sources: nil, schema: nil, index: PolicyIndex(PolicySet()), entities: Entities(), actions: [])

  /// Reads and compiles sources, or fails with all that is wrong with them. Policies that are those of `previous` are not
  /// arranged again.
  public convenience init(
    _ sources: DecisionSources, version: Int, previous: DecisionPoint? = nil
  ) throws(PolicyFindings) {
    var reader = DecisionSourcesReader()
    let schema = reader.schema(sources.schema)
    let policies = reader.policies(sources.policies, schema)
    let entities = reader.entities(sources.entities, schema)
    guard reader.findings.isEmpty else { throw PolicyFindings(findings: reader.findings) }
    let index = if let previous, previous.policies == sources.policies { previous.index } else { PolicyIndex(policies) }
    var actions = Set(policies.policies.flatMap { $0.action.references.compactMap(\.uid) })
    if let schema { actions.formUnion(schema.actions.keys) }
    actions.formUnion(entities.all.lazy.map(\.uid).filter { $0.type.basename == "Action" })
    self.init(
      version: version, sources: sources, schema: schema, index: index, entities: entities, actions: actions,
      validity: Self.validity(policies))
  }

  private init(
    version: Int, sources: DecisionSources?, schema: Schema?, index: PolicyIndex, entities: Entities,
    actions: Set<EntityUID>, validity: [String: Int] = [:]
  ) {
    self.version = version
    self.schema = schema
    self.index = index
    self.entities = entities
    self.actions = actions
    self.validity = validity
    policies = sources?.policies
    entityCount = entities.all.count
    authorizer = IndexedAuthorizer(index: index, entities: entities)
    var identifiers: [EntityType: [CedarString]] = [:]
    for entity in entities.all { identifiers[entity.uid.type, default: []].append(entity.uid.id) }
    self.identifiers = identifiers.mapValues { $0.sorted() }
  }

  /// What policies say of how long their decisions are valid. `DecisionSourcesReader` has refused what is no number.
  private static func validity(_ policies: PolicySet) -> [String: Int] {
    var validity: [String: Int] = [:]
    for policy in policies.policies {
      guard let text = policy.annotation("valid_for"), let seconds = Int(text.string) else { continue }
      validity[policy.id] = seconds
    }
    return validity
  }
}
