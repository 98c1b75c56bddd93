public import Cedar
import Interchange

extension HTTPPolicyCompiler {
  /// What policies can ask about HTTP requests, as a schema of Cedar: the methods, and one action that stands for all
  /// methods without a name. Contextual attributes may be missing.
  public static func schema(attributes: [String], otherMethod: EntityUID) -> Schema {
    let vocabulary = HTTPVocabulary(attributes: attributes)
    var schema = Schema()
    for type in PolicyEntityType.allCases where type != .action {
      var parents: Set<EntityType> = []
      for parent in PolicyEntityType.allCases where parent != .action && HTTPVocabulary.canBe(type, in: parent) {
        if parent != type || type == .path { parents.insert(EntityType(CedarString(parent.name))) }
      }
      var declaration = EntityTypeDeclaration(parents: parents)
      for (name, type) in HTTPVocabulary.attributes(of: type) {
        declaration.attributes[name] = type.schemaType.map { SchemaAttribute(type: $0) }
      }
      if type == .visitor { declaration.identifiers = [HTTPPolicyRequest.visitorName.cedar] }
      schema.entityTypes[EntityType(CedarString(type.name))] = declaration
    }
    var action = ActionDeclaration()
    action.principals = Set(HTTPVocabulary.principals.map { EntityType(CedarString($0.name)) })
    action.resources = [EntityType(CedarString(PolicyEntityType.path.name))]
    let required: Set<CedarString> = ["source", "method", "host", "query"]
    for (name, type) in vocabulary.context {
      action.context[name] = type.schemaType.map { SchemaAttribute(type: $0, isRequired: required.contains(name)) }
    }
    for method in HTTPVocabulary.methods {
      schema.actions[EntityUID(type: "Action", id: CedarString(method))] = action
    }
    schema.actions[otherMethod] = action
    return schema
  }
}

extension HTTPType {
  /// The type as schemas have it, of those that parts of requests have.
  var schemaType: SchemaType? {
    switch self {
    case .bool: .bool
    case .long: .long
    case .string: .string
    case .address: .extension(.ip)
    case .unknown, .entity, .set, .record: nil
    }
  }
}
