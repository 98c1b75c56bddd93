/// What a decision point decides with, as it was given: Cedar policies, perhaps a schema, perhaps entities.
public struct DecisionSources: Hashable, Sendable, Codable {
  /// A text in one of Cedar's two syntaxes.
  public struct Document: Hashable, Sendable, Codable {
    /// The text.
    public var text: String
    /// Whether it is in the JSON syntax, and not in the human one.
    public var isJSON: Bool

    /// A text; one that begins with `{` is in the JSON syntax, which no text of the human syntax does.
    public init(_ text: String) {
      self.text = text
      isJSON = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == 0x7B
    }
  }

  /// No policies are longer, in bytes.
  public static let maximumPolicyBytes = 8 << 20
  /// No schema is longer, in bytes.
  public static let maximumSchemaBytes = 1 << 20
  /// No entities are longer, in bytes.
  public static let maximumEntityBytes = 64 << 20

  /// The policies.
  public var policies: Document
  /// The schema, which policies are validated against and which says what types attributes have.
  public var schema: Document?
  /// The entities, in their JSON format.
  public var entities: String?

  /// Policies with what they need.
  public init(policies: Document, schema: Document? = nil, entities: String? = nil) {
    self.policies = policies
    self.schema = schema
    self.entities = entities
  }
}
