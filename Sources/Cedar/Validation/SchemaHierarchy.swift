/// What a schema says can be below what.
package struct SchemaHierarchy: Sendable {
  private var types: [EntityType: Set<EntityType>] = [:]
  private var actions: [EntityUID: Set<EntityUID>] = [:]

  package init(_ schema: Schema) {
    types = Self.closed(schema.entityTypes.mapValues(\.parents))
    actions = Self.closed(schema.actions.mapValues(\.parents))
  }

  package func isType(_ type: EntityType, in other: EntityType) -> Bool {
    type == other || types[type]?.contains(other) == true
  }
  package func isAction(_ uid: EntityUID, in other: EntityUID) -> Bool {
    uid == other || actions[uid]?.contains(other) == true
  }

  private static func closed<Node: Hashable>(_ parents: [Node: Set<Node>]) -> [Node: Set<Node>] {
    parents.mapValues { direct in
      var found: Set<Node> = []
      var pending = Array(direct)
      while let next = pending.popLast() {
        if found.insert(next).inserted { pending += parents[next] ?? [] }
      }
      return found
    }
  }
}
