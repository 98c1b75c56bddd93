/// Policies that are decided together.
public struct PolicySet: Sendable {
  /// How policies of a text are named.
  public enum Naming: Hashable, Sendable {
    /// `policy0`, `policy1`, … in the order of the text.
    case position
    /// By the annotation `@id` where there is one, else by position.
    case annotation
  }

  /// No text is longer, in bytes of UTF-8.
  public static let maximumLength = 64 << 20

  /// The policies, in order.
  public var policies: [Policy]
  /// The templates, in order; they decide nothing until they are linked.
  public var templates: [Policy]

  /// A set of policies and templates.
  public init(_ policies: [Policy] = []) {
    self.policies = policies.filter { !$0.isTemplate }
    self.templates = policies.filter(\.isTemplate)
  }

  /// Reads a text; fails at the first mistake.
  public init(parsing text: String, naming: Naming = .position) throws(CedarSyntaxError) {
    let (policies, errors) = PolicySet.parse(text, naming: naming)
    if let error = errors.first { throw error }
    self.init(policies)
  }

  /// Reads a text, policy by policy: what could be read, templates included, and every mistake met on the way. A policy
  /// with a mistake is left out, and keeps its number.
  public static func parse(
    _ text: String, naming: Naming = .position
  ) -> (policies: [Policy], errors: [CedarSyntaxError]) {
    guard text.utf8.count <= maximumLength else {
      let start = SourcePosition(line: 1, column: 1, offset: 0)
      let error = CedarSyntaxError(
        "the text has \(text.utf8.count) bytes", expected: "at most \(maximumLength)", at: SourceSpan(start, start))
      return ([], [error])
    }
    var parser = Parser(text)
    return parser.parsePolicies(naming: naming)
  }

  /// Adds the policy that a template becomes with entities in its slots; says whether there is such a template and each
  /// of its slots is given.
  @discardableResult
  public mutating func link(template: String, as id: String, slots: [Slot: EntityUID]) -> Bool {
    guard let policy = templates.first(where: { $0.id == template })?.linked(id: id, slots: slots) else {
      return false
    }
    policies.append(policy)
    return true
  }
}
