/// What types of entities there are, what attributes they have, and which actions apply to which of them.
///
/// Read from the human syntax, names resolved. A schema tells the types of attributes when entities are read from JSON.
public struct Schema: Sendable {
  /// Entity types by name, namespace included.
  public var entityTypes: [EntityType: EntityTypeDeclaration] = [:]
  /// Actions by identity.
  public var actions: [EntityUID: ActionDeclaration] = [:]

  /// A schema that declares nothing.
  public init() {}

  /// Reads the human syntax; fails at the first mistake.
  public init(parsing text: String) throws(CedarSyntaxError) {
    var parser = Parser(text)
    let namespaces = try parser.parseSchema()
    self = try SchemaResolver(namespaces).resolve()
  }
}

/// The type of a value, as schemas have it.
public indirect enum SchemaType: Hashable, Sendable {
  /// True or false.
  case bool
  /// A number.
  case long
  /// A text.
  case string
  /// An entity of a type.
  case entity(EntityType)
  /// A value of an extension type, by the function that makes one.
  case `extension`(ExtensionFunction)
  /// A set of values of a type.
  case set(SchemaType)
  /// A record, by the names of its attributes.
  case record([CedarString: SchemaAttribute])
}

/// An attribute of an entity type or a record.
public struct SchemaAttribute: Hashable, Sendable {
  /// The type of its value.
  public var type: SchemaType
  /// Whether it is always there.
  public var isRequired: Bool

  /// An attribute of a type.
  public init(type: SchemaType, isRequired: Bool = true) {
    self.type = type
    self.isRequired = isRequired
  }
}

/// What a schema says of an entity type.
public struct EntityTypeDeclaration: Hashable, Sendable {
  /// The types that entities of this one can be directly below.
  public var parents: Set<EntityType>
  /// The attributes.
  public var attributes: [CedarString: SchemaAttribute]
  /// The type of all tags, where there can be some.
  public var tags: SchemaType?
  /// The only identifiers there are, where they are listed.
  public var identifiers: [CedarString]?

  /// What is said of an entity type.
  public init(
    parents: Set<EntityType> = [], attributes: [CedarString: SchemaAttribute] = [:], tags: SchemaType? = nil,
    identifiers: [CedarString]? = nil
  ) {
    self.parents = parents
    self.attributes = attributes
    self.tags = tags
    self.identifiers = identifiers
  }
}

/// What a schema says of an action.
public struct ActionDeclaration: Hashable, Sendable {
  /// The actions directly above it.
  public var parents: Set<EntityUID>
  /// The types of principals it applies to.
  public var principals: Set<EntityType>
  /// The types of resources it applies to.
  public var resources: Set<EntityType>
  /// The parts of the context.
  public var context: [CedarString: SchemaAttribute]

  /// What is said of an action.
  public init(
    parents: Set<EntityUID> = [], principals: Set<EntityType> = [], resources: Set<EntityType> = [],
    context: [CedarString: SchemaAttribute] = [:]
  ) {
    self.parents = parents
    self.principals = principals
    self.resources = resources
    self.context = context
  }
}

extension Schema: EntityAttributeTypes {
  /// The type of an attribute, or any where the schema does not say.
  public func type(ofAttribute name: CedarString, of entity: EntityType) -> AttributeType {
    entityTypes[entity]?.attributes[name]?.type.attributeType ?? .unspecified
  }

  /// The type of tags, or any where the schema does not say.
  public func typeOfTags(of entity: EntityType) -> AttributeType {
    entityTypes[entity]?.tags?.attributeType ?? .unspecified
  }

  /// The type of the context of requests for an action.
  public func typeOfContext(of action: EntityUID) -> AttributeType {
    .record((actions[action]?.context ?? [:]).mapValues(\.type.attributeType))
  }
}

extension SchemaType {
  /// What reading JSON needs to know of it.
  package var attributeType: AttributeType {
    switch self {
    case .bool, .long, .string: .unspecified
    case .entity(let type): .entity(type)
    case .extension(let function): .extension(function)
    case .set(let element): .set(element.attributeType)
    case .record(let fields): .record(fields.mapValues(\.type.attributeType))
    }
  }
}
