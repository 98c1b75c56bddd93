/// Something that is wrong, or looks wrong, in what the user wrote.
public struct Finding: Hashable, Sendable, Codable {
  /// Whether the input can be used in spite of it.
  public enum Severity: String, Hashable, Sendable, Codable {
    /// The input cannot be used.
    case error
    /// The input can be used, but probably does not mean what its writer thinks.
    case warning
  }

  /// Another place that explains the finding: the earlier definition, the type's declaration.
  public struct Related: Hashable, Sendable, Codable {
    /// The place.
    public var place: SourceRange
    /// What is there.
    public var message: String

    /// A place and what is there.
    public init(place: SourceRange, message: String) {
      self.place = place
      self.message = message
    }
  }

  /// A stable name of this kind of finding, in kebab case: `unknown-key`, `level-lowers-protection`.
  public var code: String
  /// How bad it is.
  public var severity: Severity
  /// Where it is.
  public var place: SourceRange
  /// What was found: lower case, no final period, the user's text in backticks.
  public var message: String
  /// What would be right there.
  public var expected: String?
  /// A known name that is near the one found.
  public var suggestion: String?
  /// Other places.
  public var related: [Related]

  /// A finding at a place.
  public init(
    code: String, severity: Severity = .error, place: SourceRange, message: String, expected: String? = nil,
    suggestion: String? = nil, related: [Related] = []
  ) {
    self.code = code
    self.severity = severity
    self.place = place
    self.message = message
    self.expected = expected
    self.suggestion = suggestion
    self.related = related
  }
}
