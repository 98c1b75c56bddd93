/// How a topology stands for a node of another (1.3, 3.8.8 to 3.8.13).
struct SubstitutionMappings: Sendable {
  /// The node type that the topology stands for.
  var nodeType: Name?
  /// The capability mappings: `[node template, capability]`.
  var capabilities: OrderedMap<YAMLNode>
  /// The requirement mappings: `[node template, requirement]`.
  var requirements: OrderedMap<YAMLNode>

  /// Reads the mappings.
  init(_ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a substitution mapping", context)
    nodeType = entity.string("node_type")
    if nodeType == nil, entity.key("node_type") == nil { entity.reportMissing("node_type") }
    if entity.knows("substitution_filter", from: .simple1_3) {
      _ = entity.take("substitution_filter").map { NodeFilter($0, context) }
    }
    if entity.knows("properties", from: .simple1_2) { _ = entity.map("properties") { $1 } }
    if entity.knows("attributes", from: .simple1_3) { _ = entity.map("attributes") { $1 } }
    let what = entity
    capabilities = entity.map("capabilities") { Self.mapping($0, $1, "capability", what) }
    requirements = OrderedMap()
    if context.isVersion2, let value = entity.take("requirements") {
      requirements = Self.requirements(value, entity)
    } else if node["requirements"]?.items != nil {
      for (name, value) in entity.list("requirements", read: { ($0, $1) }) { requirements[name.text] = value }
    } else {
      requirements = entity.map("requirements") { Self.mapping($0, $1, "requirement", what) }
    }
    if entity.knows("interfaces", from: .simple1_2) { _ = entity.map("interfaces") { $1 } }
    entity.finish()
  }

  /// A mapping is a list, or a map with further keynames (1.3, 3.8.10 and 3.8.11).
  private static func mapping(_ name: Name, _ value: YAMLNode, _ what: String, _ entity: Entity) -> YAMLNode? {
    if value.items != nil || value.entries != nil { return value }
    entity.reportForm(value, "the mapping of `\(name.text.excerpt)`", "`[node template, \(what)]`")
    return nil
  }

  /// Since 2.0 a list, because a requirement can be mapped several times; a key may be `[requirement, count]` (15.5).
  private static func requirements(_ value: YAMLNode, _ entity: Entity) -> OrderedMap<YAMLNode> {
    var result = OrderedMap<YAMLNode>()
    guard let items = value.items else {
      entity.reportForm(value, "`requirements` of a substitution mapping", "a list of maps with one name each")
      return result
    }
    for item in items {
      guard let entries = item.entries, !entries.isEmpty else {
        entity.reportForm(
          item, "an item of `requirements`", "a map from a requirement's name to a node and requirement")
        continue
      }
      for entry in entries {
        let key = entry.key.items?.first ?? entry.key
        if let name = entity.string(key, "a name in `requirements`") { result[name.text] = entry.value }
      }
    }
    return result
  }
}
