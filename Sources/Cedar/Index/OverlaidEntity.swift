/// An entity for which a request brings attributes, as a way through an index meets it.
struct OverlaidEntity: Sendable {
  var uid: EntityUID
  /// What references to it have as `EntityTable.Item.start`.
  var number: Int32
  var attributes: [CedarString: Value]
  var ancestors: Set<EntityUID>

  /// The entities of an overlay. One that nothing stored refers to gets a number that the table gives to none.
  static func all(_ overlay: EntityOverlay, _ table: EntityTable) -> [OverlaidEntity] {
    overlay.attributes.enumerated().map { index, entry in
      let known = table.item(for: entry.key).start
      return OverlaidEntity(
        uid: entry.key, number: known == Symbols.none ? Int32.min + Int32(index) : known, attributes: entry.value,
        ancestors: overlay.ancestors[entry.key] ?? [])
    }
  }

  /// An entity, known, brought by the request, or neither.
  static func item(for uid: EntityUID, _ table: EntityTable, _ overlaid: [OverlaidEntity]) -> EntityTable.Item {
    var item = table.item(for: uid)
    if item.start == Symbols.none, let own = overlaid.first(where: { $0.uid == uid }) { item.start = own.number }
    return item
  }
}
