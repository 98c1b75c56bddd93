/// Attributes that one request brings for entities, on top of what is stored of them.
///
/// An attribute of the overlay stands in the place of the stored one of that name; the other attributes, the tags and the
/// place in the hierarchy stay. An entity that is not stored exists for the request, with the overlay's attributes alone.
public struct EntityOverlay: Hashable, Sendable {
  /// The attributes, by entity. A handful: each entity met in a decision is looked for here.
  public private(set) var attributes: [EntityUID: [CedarString: Value]] = [:]

  /// Nothing.
  public init() {}

  /// Adds attributes of an entity; no attributes at all add nothing. A second call for an entity adds to the first.
  public mutating func add(_ added: [CedarString: Value], to uid: EntityUID) {
    guard !added.isEmpty else { return }
    attributes[uid, default: [:]].merge(added) { _, new in new }
  }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { attributes.isEmpty }
}
