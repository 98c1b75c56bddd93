/// The type that a schema gives an attribute, as far as reading JSON needs to know it: where the type is known, entities
/// and values of extension types may be written without their escapes.
public indirect enum AttributeType: Hashable, Sendable {
  /// Any value; entities and extension values carry their escapes.
  case unspecified
  /// A reference to an entity of a type, which may be written `{"type": …, "id": …}`.
  case entity(EntityType)
  /// A value that may be written as the string alone that its constructor takes.
  case `extension`(ExtensionFunction)
  /// A set of values of a type.
  case set(AttributeType)
  /// A record with the types of its attributes.
  case record([CedarString: AttributeType])
}

/// What tells the types of attributes when entities are read: a schema, or nothing.
public protocol EntityAttributeTypes: Sendable {
  /// The type of an attribute of entities of a type.
  func type(ofAttribute name: CedarString, of entity: EntityType) -> AttributeType
  /// The type of tags of entities of a type.
  func typeOfTags(of entity: EntityType) -> AttributeType
}

/// No schema: every value says itself what it is.
public struct UnspecifiedAttributeTypes: EntityAttributeTypes {
  /// Knows nothing.
  public init() {}

  /// Any value.
  public func type(ofAttribute name: CedarString, of entity: EntityType) -> AttributeType { .unspecified }

  /// Any value.
  public func typeOfTags(of entity: EntityType) -> AttributeType { .unspecified }
}
