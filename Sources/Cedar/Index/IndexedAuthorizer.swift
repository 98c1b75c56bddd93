/// Decides as `Authorizer` does, at a cost that depends on how many policies can apply and not on how many there are.
///
/// Made once for many requests: policies are arranged and entities compiled beforehand.
public struct IndexedAuthorizer: Sendable {
  private let index: PolicyIndex
  private let entities: Entities
  private let table: EntityTable

  /// A decider.
  public init(policies: PolicySet, entities: Entities = Entities()) {
    self.init(index: PolicyIndex(policies), entities: entities)
  }

  /// A decider with policies that are arranged already; takes time in proportion to the entities.
  public init(index: PolicyIndex, entities: Entities) {
    self.index = index
    self.entities = entities
    table = EntityTable(entities, index.symbols)
  }

  /// A decider with the same policies and other entities.
  public func replacing(entities: Entities) -> IndexedAuthorizer {
    IndexedAuthorizer(index: index, entities: entities)
  }

  /// Decides a request, with the attributes that it brings: they cost what they are, however many entities are stored.
  public func decide(_ request: Request, overlay: EntityOverlay = EntityOverlay()) -> Response {
    var walk = IndexWalk(index: index, table: table, request: request, overlay: overlay)
    walk.visit(0)
    // Made only where something is left to be evaluated.
    var evaluator: Evaluator { Evaluator(request: request, entities: entities, overlay: overlay) }
    var permits: [String] = []
    var forbids: [String] = []
    var errors: [Response.PolicyError] = []
    var last: Int32 = -1
    for hit in walk.sortedHits where hit.position != last {
      last = hit.position
      let position = Int(hit.position)
      do throws(EvaluationError) {
        let applies =
          hit.isWhole || index.isWhole[position]
          ? try evaluator.applies(index.policies[position]) : try walk.holds(index.rests[position], entities)
        guard applies else { continue }
        if index.effects[position] == .permit {
          permits.append(index.identifiers[position])
        } else {
          forbids.append(index.identifiers[position])
        }
      } catch {
        errors.append(Response.PolicyError(policy: index.identifiers[position], error: error))
      }
    }
    if !forbids.isEmpty { return Response(decision: .deny, reason: forbids, errors: errors) }
    return Response(decision: permits.isEmpty ? .deny : .allow, reason: permits, errors: errors)
  }
}
