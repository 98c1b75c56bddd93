/// A node template (1.3, 3.8.3).
struct NodeTemplate: Sendable {
  /// Its name.
  var name: Name
  /// Its type.
  var type: Name
  /// Its description.
  var description: String?
  /// What an orchestrator is to do with it.
  var directives: [Name]
  /// The values of its properties, as written.
  var properties: OrderedMap<PropertyAssignment>
  /// The values of its attributes, as written.
  var attributes: OrderedMap<PropertyAssignment>
  /// What is said of its capabilities.
  var capabilities: OrderedMap<CapabilityAssignment>
  /// Its requirements, in order.
  var requirements: [RequirementAssignment]
  /// Its interfaces.
  var interfaces: OrderedMap<InterfaceDefinition>
  /// Its artifacts.
  var artifacts: OrderedMap<ArtifactDefinition>
  /// What must hold of the node that is selected for it.
  var nodeFilter: NodeFilter?
  /// The template it is a copy of.
  var copy: Name?
  /// Its metadata.
  var metadata: OrderedMap<Name>
  /// How many nodes are made of it (2.0, 14.1), as written.
  var count: YAMLNode?

  /// Reads a template.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a node template", context)
    guard entity.isMap else { return nil }
    self.name = name
    let type = entity.string("type")
    description = entity.string("description")?.text
    metadata = entity.knows("metadata", from: .simple1_1) ? entity.metadata() : OrderedMap()
    directives = entity.strings("directives") ?? []
    properties = PropertyAssignment.readAll("properties", &entity)
    attributes = PropertyAssignment.readAll("attributes", &entity)
    capabilities = entity.map("capabilities") { CapabilityAssignment($0, $1, context) }
    requirements = entity.list("requirements") { RequirementAssignment($0, $1, context) }
    interfaces = InterfaceDefinition.readAll(&entity, .template)
    artifacts = entity.map("artifacts") { ArtifactDefinition($0, $1, context) }
    nodeFilter = entity.take("node_filter").map { NodeFilter($0, context) }
    copy = entity.string("copy")
    if context.isVersion2 {
      count = entity.take("count")
      if let count { Count.check(count, "`count` of a node template", context) }
      Directive.check(directives, Directive.ofNodes, context)
      if let nodeFilter, !directives.contains(where: { $0.text == "select" }), copy == nil {
        context.findings.report(
          "unused-filter", .warning, at: nodeFilter.place, "the node filter of `\(name.text.excerpt)` has no effect",
          expected: "the directive `select` (TOSCA 2.0, 7.2.1)")
      }
    }
    entity.finish()
    guard let type = type ?? copy else {
      if entity.key("type") == nil { entity.reportMissing("type", at: name.place) }
      return nil
    }
    self.type = type
  }

  /// This template as a copy of another: what it does not say is the other's (1.3, 3.8.3.1, `copy`). Maps inside of
  /// properties are replaced, or merged where that is tolerated.
  func copying(_ source: NodeTemplate, merging: Bool = false) -> NodeTemplate {
    var result = self
    result.type = type.text == copy?.text ? source.type : type
    result.description = description ?? source.description
    if directives.isEmpty { result.directives = source.directives }
    result.metadata = metadata.over(source.metadata)
    result.nodeFilter = nodeFilter ?? source.nodeFilter
    result.count = count ?? source.count
    result.properties = properties.over(source.properties) { own, base in
      PropertyAssignment(name: own.name, value: merging ? own.value.merged(over: base.value) : own.value)
    }
    result.attributes = attributes.over(source.attributes)
    result.capabilities = capabilities.over(source.capabilities)
    if requirements.isEmpty { result.requirements = source.requirements }
    result.interfaces = interfaces.over(source.interfaces)
    result.artifacts = artifacts.over(source.artifacts)
    return result
  }
}

extension YAMLNode {
  /// This map with the entries of another that it lacks, inside of its values as well; anything else as it is.
  fileprivate func merged(over base: YAMLNode) -> YAMLNode {
    guard let own = entries, let other = base.entries else { return self }
    let merged = own.map { entry in
      YAMLEntry(key: entry.key, value: base[entry.name].map { entry.value.merged(over: $0) } ?? entry.value)
    }
    return YAMLNode(content: .mapping(merged + other.filter { self[$0.name] == nil }), place: place)
  }
}

/// The value given to a property or attribute, as written (1.3, 3.6.11 and 3.6.13).
struct PropertyAssignment: Sendable {
  /// The property's name.
  var name: Name
  /// The value.
  var value: YAMLNode

  /// Reads a map of assignments.
  static func readAll(_ keyname: String, _ entity: inout Entity) -> OrderedMap<PropertyAssignment> {
    entity.map(keyname) { PropertyAssignment(name: $0, value: $1) }
  }
}

/// What a template says of a capability (1.3, 3.8.1).
struct CapabilityAssignment: Sendable {
  /// The capability's name.
  var name: Name
  /// The values of its properties, as written.
  var properties: OrderedMap<PropertyAssignment>
  /// The values of its attributes, as written.
  var attributes: OrderedMap<PropertyAssignment>
  /// How many relationships it takes (1.x); nil where the template leaves it to the type.
  var occurrences: Bounds?

  /// Reads an assignment.
  init?(_ name: Name, _ node: YAMLNode, _ context: SyntaxContext) {
    var entity = Entity(node, "a capability assignment", context)
    guard entity.isMap else { return nil }
    self.name = name
    properties = PropertyAssignment.readAll("properties", &entity)
    attributes = PropertyAssignment.readAll("attributes", &entity)
    if context.isVersion2 {
      Directive.check(entity.strings("directives") ?? [], Directive.ofRequirements, context)
    } else if entity.knows("occurrences", from: .simple1_3) {
      occurrences = entity.bounds("occurrences")
    }
    entity.finish()
  }
}
