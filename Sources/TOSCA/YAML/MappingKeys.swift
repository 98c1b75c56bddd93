/// Finds the keys that a mapping has already. A few are compared one by one; more are kept in a dictionary.
struct MappingKeys {
  private var places: [YAMLNode.Content: Place] = [:]
  private static var few: Int { 8 }

  /// Where a key stands already; nil where it is new. The mapping's entries are those of a stack from a position on.
  mutating func place(of key: YAMLNode.Content, among entries: NodeStack<YAMLEntry>, from first: Int) -> Place? {
    let count = entries.count - first
    if count <= Self.few {
      for position in first..<entries.count where entries[position].key.content == key {
        return entries[position].key.place
      }
      return nil
    }
    for position in (first + places.count)..<entries.count {
      let known = entries[position].key
      places[known.content] = known.place
    }
    return places[key]
  }
}
