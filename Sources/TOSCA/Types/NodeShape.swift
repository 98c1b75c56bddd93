/// What a node type gives each of its nodes, worked out once for all of them.
final class NodeShape {
  /// A capability of the type.
  struct Capability {
    /// The number of its capability type; nil where that is unknown, which is reported where types are checked.
    let type: Int?
    /// Its properties: those of its type, and those that the node type adds.
    let properties: OrderedMap<PropertyDefinition>
    /// Its attributes, likewise.
    let attributes: OrderedMap<PropertyDefinition>
  }

  /// A requirement of the type.
  struct Requirement {
    /// The number of the node type that the target must have.
    let node: Int?
    /// The number of the capability type that the target must offer.
    let capability: Int?
    /// The number of the relationship's type.
    let relationship: Int?
  }

  /// The capabilities, in the order of the type's.
  let capabilities: [Capability]
  /// The requirements, in the order of the type's.
  let requirements: [Requirement]

  /// The shape of a type.
  init(_ definition: NodeType, in catalogue: Catalogue) {
    capabilities = definition.capabilities.values.map { capability in
      guard let type = catalogue.find(.capability, capability.type, in: capability.file, report: false) else {
        return Capability(type: nil, properties: capability.properties, attributes: capability.attributes)
      }
      let base = catalogue.capabilities.types[type]
      return Capability(
        type: type, properties: capability.properties.over(base.properties) { $0.refining($1) },
        attributes: capability.attributes.over(base.attributes))
    }
    requirements = definition.requirements.values.map { requirement in
      func find(_ kind: TypeKind, _ name: Name?) -> Int? {
        name.flatMap { catalogue.find(kind, $0, in: requirement.file, report: false) }
      }
      return Requirement(
        node: find(.node, requirement.node), capability: find(.capability, requirement.capability),
        relationship: find(.relationship, requirement.relationship))
    }
  }
}
