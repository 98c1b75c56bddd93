/// A kind of finding: what its code means, and where the standards say so.
public struct FindingKind: Hashable, Sendable {
  /// The code, in kebab case.
  public var code: String
  /// What is wrong, in one sentence.
  public var summary: String
  /// The section of TOSCA Simple Profile in YAML 1.3 that it follows; nil where it is ours, or unknown there.
  public var simpleProfile: String?
  /// The section of TOSCA 2.0 that it follows; nil where it is ours, or unknown there.
  public var tosca2: String?

  /// A kind.
  public init(_ code: String, _ summary: String, simpleProfile: String? = nil, tosca2: String? = nil) {
    self.code = code
    self.summary = summary
    self.simpleProfile = simpleProfile
    self.tosca2 = tosca2
  }

  /// Where the standards say so, for people; nil where no standard does.
  public var sections: String? {
    let parts = [simpleProfile.map { "TOSCA Simple Profile 1.3, \($0)" }, tosca2.map { "TOSCA 2.0, \($0)" }]
      .compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// The kind's row in `Documentation/Findings.md`.
  public var documentationRow: String {
    "| `\(code)` | \(summary) | \(simpleProfile ?? "") | \(tosca2 ?? "") |"
  }

  /// Every kind of finding that reading a template can have, by code.
  public static let all: [FindingKind] =
    (syntax + files + archives + types + values + topologies + connections + settings)
    .sorted { $0.code < $1.code }
}
