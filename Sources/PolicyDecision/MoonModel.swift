/// Access control as Moon (OPNFV) describes it: who and what there is, by which categories it is told apart, and rules
/// over the values of these.
public struct MoonModel: Hashable, Sendable, Codable {
  /// What a category says something of.
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// Those who ask.
    case subject
    /// What is asked for.
    case object
    /// What is to be done.
    case action
    /// Everything else that is known: the value of a contextual attribute of the category's name.
    case context
  }

  /// All subjects, objects and actions that there are; whatever else asks or is asked for is denied.
  public struct Perimeter: Hashable, Sendable, Codable {
    /// Those who ask.
    public var subjects: [String]
    /// What is asked for.
    public var objects: [String]
    /// What can be done.
    public var actions: [String]
  }

  /// What a rule says.
  public enum Decision: String, Hashable, Sendable, Codable, CaseIterable {
    /// The policy is for it.
    case grant
    /// The policy is against it, whatever its other rules say.
    case deny
    /// The policy leaves it to the others of the pipeline.
    case passed
  }

  /// A rule: a value for each category of a meta-rule, and what is decided where all of them are assigned.
  public struct Rule: Hashable, Sendable, Codable {
    /// The meta-rule.
    public var metaRule: String
    /// The values, in the order of the meta-rule's categories.
    public var values: [String]
    /// A name of `Decision`; others are findings.
    public var decision: String
  }

  /// A model with its data, assignments and rules.
  public struct Policy: Hashable, Sendable, Codable {
    /// The model.
    public var model: String
    /// The values that each category has here.
    public var data: [String: [String]]
    /// The values of each element, by category; those of contextual categories come with the request.
    public var assignments: [String: [String: [String]]]
    /// The rules, in no order.
    public var rules: [Rule]
  }

  /// How the answers of a pipeline's policies become one.
  public enum Combination: String, Hashable, Sendable, Codable {
    /// None is against it, and one at least is for it.
    case allTrue = "all_true"
    /// One at least is for it.
    case oneTrue = "one_true"
  }

  /// The policies that decide for a project, every one of them each time.
  public struct Pipeline: Hashable, Sendable, Codable {
    /// How their answers become one.
    public var combine: Combination
    /// The policies.
    public var policies: [String]
  }

  /// Who and what there is.
  public var perimeter: Perimeter
  /// The categories, with what each says something of.
  public var categories: [String: Kind]
  /// The meta-rules: ordered lists of categories.
  public var metaRules: [String: [String]]
  /// The models: sets of meta-rules.
  public var models: [String: [String]]
  /// The policies.
  public var policies: [String: Policy]
  /// The pipelines, by the project they decide for.
  public var pipelines: [String: Pipeline]
}

/// Something that is wrong in a Moon model.
public struct MoonFinding: Error, Hashable, Sendable, CustomStringConvertible {
  /// A stable name of this kind of finding.
  public var code: String
  /// Where in the document: `policies.access.rules[3].values[0]`.
  public var place: String
  /// What was found: lower case, no final period, the user's text in backticks.
  public var message: String
  /// What would be right there.
  public var expected: String?

  init(_ code: String, _ place: String, _ message: String, expected: String? = nil) {
    self.code = code
    self.place = place
    self.message = message
    self.expected = expected
  }

  /// `place: message, expected … [code]`.
  public var description: String { "\(place): \(message)" + (expected.map { ", expected \($0)" } ?? "") + " [\(code)]" }
}

/// Why a Moon model cannot be used: one finding at least.
public struct MoonFindings: Error, Hashable, Sendable, CustomStringConvertible {
  /// The findings, by place.
  public var findings: [MoonFinding]

  /// A line for each finding.
  public var description: String { findings.map(\.description).joined(separator: "\n") }
}
