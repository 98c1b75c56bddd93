/// What a name in a template can be the name of.
public enum NameKind: String, Hashable, Sendable, CaseIterable {
  case artifactType, capabilityType, dataType, groupType, interfaceType, nodeType, policyType, relationshipType
  case nodeTemplate, relationshipTemplate, group, policy, workflow, step, trigger
  case input, output, parameter, property, attribute, capability, requirement, interface, operation, artifact
  case repository, function, file

  /// The kind for people: `node type`.
  public var title: String {
    switch self {
    case .artifactType: "artifact type"
    case .capabilityType: "capability type"
    case .dataType: "data type"
    case .groupType: "group type"
    case .interfaceType: "interface type"
    case .nodeType: "node type"
    case .policyType: "policy type"
    case .relationshipType: "relationship type"
    case .nodeTemplate: "node template"
    case .relationshipTemplate: "relationship template"
    default: rawValue
    }
  }

  /// Whether it is a type of some kind.
  public var isType: Bool {
    switch self {
    case .artifactType, .capabilityType, .dataType, .groupType, .interfaceType, .nodeType, .policyType,
      .relationshipType:
      true
    default: false
    }
  }

  /// The kind of the names of types.
  init(_ kind: TypeKind) {
    self =
      switch kind {
      case .artifact: .artifactType
      case .capability: .capabilityType
      case .data: .dataType
      case .group: .groupType
      case .interface: .interfaceType
      case .node: .nodeType
      case .policy: .policyType
      case .relationship: .relationshipType
      }
  }

  /// What the names under a keyname declare, if they do: those of sections do, those of assignments refer to what a type
  /// declares.
  /// - Parameters:
  ///   - keyname: The keyname that has the names: `node_templates`.
  ///   - kind: The entity that has the keyname: `node type`.
  init?(declaredUnder keyname: String, of kind: String) {
    let isDefinition = kind.hasSuffix(" type") || kind.hasSuffix(" definition")
    switch keyname {
    case "artifact_types": self = .artifactType
    case "capability_types": self = .capabilityType
    case "data_types": self = .dataType
    case "group_types": self = .groupType
    case "interface_types": self = .interfaceType
    case "node_types": self = .nodeType
    case "policy_types": self = .policyType
    case "relationship_types": self = .relationshipType
    case "node_templates": self = .nodeTemplate
    case "relationship_templates": self = .relationshipTemplate
    case "groups": self = .group
    case "policies": self = .policy
    case "workflows": self = .workflow
    case "steps": self = .step
    case "triggers": self = .trigger
    case "repositories": self = .repository
    case "functions": self = .function
    case "artifacts": self = .artifact
    case "inputs" where kind == "topology template" || kind == "service template": self = .input
    case "outputs" where kind == "topology template" || kind == "service template": self = .output
    case "inputs" where isDefinition || kind == "workflow": self = .parameter
    case "properties" where isDefinition: self = .property
    case "attributes" where isDefinition: self = .attribute
    case "capabilities" where isDefinition: self = .capability
    case "requirements" where isDefinition: self = .requirement
    case "interfaces" where isDefinition: self = .interface
    case "operations" where isDefinition: self = .operation
    default: return nil
    }
  }
}
