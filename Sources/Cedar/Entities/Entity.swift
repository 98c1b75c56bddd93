/// What is known of an entity.
public struct Entity: Hashable, Sendable {
  /// Who it is.
  public var uid: EntityUID
  /// Its attributes.
  public var attributes: [CedarString: Value]
  /// Its tags.
  public var tags: [CedarString: Value]
  /// The entities directly above it; they need not exist.
  public var parents: Set<EntityUID>

  /// An entity.
  public init(
    _ uid: EntityUID, attributes: [CedarString: Value] = [:], tags: [CedarString: Value] = [:],
    parents: Set<EntityUID> = []
  ) {
    self.uid = uid
    self.attributes = attributes
    self.tags = tags
    self.parents = parents
  }
}

/// Why entities cannot be used together.
public enum EntitiesError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Two entities have the same identity and differ.
  case duplicate(EntityUID)
  /// An entity is above itself.
  case cycle(EntityUID)

  /// Lower case, no final period.
  public var description: String {
    switch self {
    case .duplicate(let uid): "`\(uid)` is given twice, with differing content"
    case .cycle(let uid): "`\(uid)` is above itself, expected a hierarchy without cycles"
    }
  }
}

/// The entities that a request is decided with, and their hierarchy.
public struct Entities: Sendable {
  private var entities: [EntityUID: Entity]
  private var ancestors: [EntityUID: Set<EntityUID>]

  /// No entities.
  public init() {
    self.entities = [:]
    self.ancestors = [:]
  }

  /// Entities with their hierarchy closed: what is above a parent is above its children too.
  public init(_ list: [Entity]) throws(EntitiesError) {
    var entities: [EntityUID: Entity] = [:]
    for entity in list {
      if let other = entities.updateValue(entity, forKey: entity.uid), other != entity {
        throw .duplicate(entity.uid)
      }
    }
    var ancestors: [EntityUID: Set<EntityUID>] = [:]
    for (uid, entity) in entities where !entity.parents.isEmpty {
      var found: Set<EntityUID> = []
      var pending = Array(entity.parents)
      while let next = pending.popLast() {
        guard found.insert(next).inserted else { continue }
        if let closed = ancestors[next] {
          found.formUnion(closed)
        } else if let parents = entities[next]?.parents {
          pending.append(contentsOf: parents)
        }
      }
      guard !found.contains(uid) else { throw .cycle(uid) }
      ancestors[uid] = found
    }
    self.entities = entities
    self.ancestors = ancestors
  }

  /// The entity of that identity, if it is known.
  public subscript(_ uid: EntityUID) -> Entity? { entities[uid] }

  /// All entities, in no order.
  public var all: some Collection<Entity> { entities.values }

  /// Everything above an entity, in no order.
  public func ancestors(of uid: EntityUID) -> [EntityUID] { ancestors[uid].map { Array($0) } ?? [] }

  /// Whether one entity is another or below it.
  public func isEntity(_ uid: EntityUID, in ancestor: EntityUID) -> Bool {
    uid == ancestor || ancestors[uid]?.contains(ancestor) == true
  }
}
