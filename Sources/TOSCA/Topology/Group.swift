/// A group of node templates.
public struct Group: Hashable, Sendable, Codable {
  /// The group's name.
  public var name: String
  /// Its type.
  public var type: TypeReference
  /// Its description.
  public var description: String?
  /// Its metadata.
  public var metadata: [String: String]
  /// The node templates in it.
  public var members: [String]
  /// The properties.
  public var properties: [String: Value]
  /// The attributes whose first values are known.
  public var attributes: [String: Value]
  /// The interfaces, which groups had before 1.3.
  public var interfaces: [String: Interface]
  /// Where the group begins: its name.
  public var place: SourceRange

  /// A group.
  public init(
    name: String, type: TypeReference, description: String? = nil, metadata: [String: String] = [:],
    members: [String], properties: [String: Value], attributes: [String: Value] = [:],
    interfaces: [String: Interface] = [:], place: SourceRange
  ) {
    self.name = name
    self.type = type
    self.description = description
    self.metadata = metadata
    self.members = members
    self.properties = properties
    self.attributes = attributes
    self.interfaces = interfaces
    self.place = place
  }
}
