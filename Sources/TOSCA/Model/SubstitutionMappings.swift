/// How a topology stands for a node of another (1.3, 3.8.13 and the sections before it; 2.0, 15).
struct SubstitutionMappings: Sendable {
  /// One requirement mapping: what so many assignments of a requirement lead to.
  struct Requirement: Sendable {
    /// The requirement of the substituted node.
    var name: Name
    /// How many of its assignments are meant (2.0, 15.5); nil where the mapping does not say it.
    var count: Count?
    /// What they are mapped to, as written: `[node template, requirement]`, a list of these, or a selectable node.
    var target: YAMLNode
  }

  /// A number of assignments.
  enum Count: Sendable, Equatable {
    /// So many.
    case exactly(Int)
    /// All that are left.
    case unbounded
  }

  /// One property or attribute mapping.
  struct Value: Sendable {
    /// The property or attribute: its name, or a path to one of a capability or relationship (2.0, 15.2), as written.
    var key: YAMLNode
    /// What it is mapped to, as written: an input or output, or, before 2.0, a list.
    var target: YAMLNode

    /// The key as one text, which is unique among the mappings.
    var name: String { key.text ?? (key.items ?? []).map { $0.text ?? "" }.joined(separator: ".") }
  }

  /// The node type that the topology stands for.
  var nodeType: Name?
  /// What must hold of the substituted node.
  var filter: NodeFilter?
  /// From properties of the substituted node to inputs.
  var properties: [Value]
  /// From outputs to attributes of the substituted node.
  var attributes: [Value]
  /// The capability mappings: `[node template, capability]`.
  var capabilities: OrderedMap<YAMLNode>
  /// The requirement mappings, in order.
  var requirements: [Requirement]
  /// The interface mappings: a workflow for each operation.
  var interfaces: OrderedMap<YAMLNode>
  /// Where the mappings are written.
  var place: Place

  /// Reads the mappings.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    place = node.place
    var entity = Entity(node, "a substitution mapping", context)
    nodeType = entity.string("node_type")
    if nodeType == nil, entity.key("node_type") == nil { entity.reportMissing("node_type") }
    if entity.knows("substitution_filter", from: .simple1_3) {
      filter = entity.take("substitution_filter").map { NodeFilter($0, context) }
    }
    properties = entity.knows("properties", from: .simple1_2) ? Self.values("properties", &entity) : []
    attributes = entity.knows("attributes", from: .simple1_3) ? Self.values("attributes", &entity) : []
    let whole = entity
    capabilities = entity.map("capabilities") { Self.mapping($0, $1, whole) }
    requirements = []
    if let value = entity.take("requirements") { requirements = Self.requirements(value, entity) }
    interfaces = entity.knows("interfaces", from: .simple1_2) ? entity.map("interfaces") { $1 } : OrderedMap()
    entity.finish()
  }

  /// The mapping of a capability is a list, before 2.0 also a map with further keynames (1.3, 3.8.10).
  private static func mapping(_ name: Name, _ value: YAMLNode, _ entity: Entity) -> YAMLNode? {
    if value.items != nil || value.entries != nil || entity.context.isVersion2 { return value }
    entity.reportForm(value, "the mapping of `\(name.text.excerpt)`", "`[node template, capability]`")
    return nil
  }

  /// Property and attribute mappings; since 2.0 a key may be a path.
  private static func values(_ keyname: String, _ entity: inout Entity) -> [Value] {
    guard let value = entity.take(keyname) else { return [] }
    guard let entries = value.entries else {
      entity.reportForm(value, "`\(keyname)` of a substitution mapping", "a map")
      return []
    }
    return entries.compactMap { entry in
      if entity.context.isVersion2, let path = entry.key.items, path.count >= 3, path.allSatisfy({ $0.text != nil }) {
        return Value(key: entry.key, target: entry.value)
      }
      return entity.string(entry.key, "a name in `\(keyname)`").map { _ in Value(key: entry.key, target: entry.value) }
    }
  }

  /// Since 2.0 a list, because a requirement can be mapped several times; a key may be `[requirement, count]` (15.5).
  /// Before, a map; both are written.
  private static func requirements(_ value: YAMLNode, _ entity: Entity) -> [Requirement] {
    let maps: [YAMLNode]
    if let items = value.items {
      maps = items
    } else if value.entries != nil, !entity.context.isVersion2 {
      maps = [value]
    } else {
      entity.reportForm(value, "`requirements` of a substitution mapping", "a list of maps with one name each")
      return []
    }
    var result: [Requirement] = []
    for item in maps {
      let isVersion2 = entity.context.isVersion2
      guard let entries = item.entries, !entries.isEmpty || value.entries != nil, !isVersion2 || entries.count == 1
      else {
        entity.reportForm(
          item, "an item of `requirements`", "a map from a requirement's name to a node and requirement")
        continue
      }
      for entry in entries {
        let key = entry.key.items?.first ?? entry.key
        guard let name = entity.string(key, "a name in `requirements`") else { continue }
        if !isVersion2, entity.context.isTolerablyEmpty(entry.value, "the mapping of `\(name.text.excerpt)`") {
          continue
        }
        result.append(Requirement(name: name, count: count(entry.key, entity), target: entry.value))
      }
    }
    return result
  }

  private static func count(_ key: YAMLNode, _ entity: Entity) -> Count? {
    guard let items = key.items else { return nil }
    if items.count == 2, let text = items[1].text {
      if text == "UNBOUNDED" { return .unbounded }
      if case .scalar(_, .plain) = items[1].content, let number = CoreSchema.integer(text), number >= 0 {
        return .exactly(number)
      }
    }
    entity.reportForm(key, "the key of a requirement mapping", "`[requirement, count]`")
    return nil
  }
}
