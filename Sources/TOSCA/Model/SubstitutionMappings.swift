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
    _ = entity.take("substitution_filter").map { NodeFilter($0, context) }
    _ = entity.map("properties") { $1 }
    _ = entity.map("attributes") { $1 }
    capabilities = entity.map("capabilities") { $1 }
    requirements = OrderedMap()
    if node["requirements"]?.items != nil {
      for (name, value) in entity.list("requirements", read: { ($0, $1) }) { requirements[name.text] = value }
    } else {
      requirements = entity.map("requirements") { $1 }
    }
    _ = entity.map("interfaces") { $1 }
    entity.finish()
  }
}
