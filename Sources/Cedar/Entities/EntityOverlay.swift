/// Attributes that one request brings for entities, and what it says they are below, on top of what is stored of them.
///
/// An attribute of the overlay stands in the place of the stored one of that name; the other attributes, the tags and the
/// place in the hierarchy stay. An entity that is not stored exists for the request, with what the overlay has alone.
public struct EntityOverlay: Hashable, Sendable {
  /// The attributes, by entity. A handful: each entity met in a decision is looked for here.
  public private(set) var attributes: [EntityUID: [CedarString: Value]] = [:]

  /// What entities are below besides, by entity, which `attributes` then has, too.
  public private(set) var ancestors: [EntityUID: Set<EntityUID>] = [:]

  /// Nothing.
  public init() {}

  /// Adds attributes of an entity; no attributes at all add nothing. A second call for an entity adds to the first.
  public mutating func add(_ added: [CedarString: Value], to uid: EntityUID) {
    guard !added.isEmpty else { return }
    attributes[uid, default: [:]].merge(added) { _, new in new }
  }

  /// Has an entity be below others, for the request: below these and no more, so that what they are below themselves must
  /// be among them. Entities below this one are not below them.
  public mutating func add(ancestors added: Set<EntityUID>, to uid: EntityUID) {
    guard !added.isEmpty else { return }
    ancestors[uid, default: []].formUnion(added)
    attributes[uid, default: [:]].merge([:]) { known, _ in known }
  }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { attributes.isEmpty }
}
