import Cedar
import Interchange

/// Policies in the form that images decide with.
public struct CompiledPolicies: Hashable, Sendable {
  /// The bundle (see `PolicyBundle`).
  public var bundle: [UInt8]
  /// The names of its policies, in order: the annotation `@id`, else `policy0`, `policy1`, … counted over all sources.
  public var policyNames: [String]
}

/// Compiles Cedar policies about HTTP requests into a bundle.
///
/// A policy asks about `principal` (`User` with `name` and `scheme`, below its `Role`s, or `Visitor::"anonymous"`),
/// `action` (`Action::"GET"`), `resource` (`Path` with `path`, below the paths above it) and `context` (`source`,
/// `method`, `host`, `query` and each contextual attribute, a string; those of a request's own name are not seen).
public enum HTTPPolicyCompiler {
  /// The bundle of some texts, or all that is wrong with them: nothing is left out silently.
  public static func compile(
    _ sources: [PolicySource], attributes: [String]
  ) -> Result<[UInt8], PolicyFindings> {
    compilePolicies(sources, attributes: attributes).map(\.bundle)
  }

  /// The bundle of some texts with the names of its policies, or all that is wrong with them.
  public static func compilePolicies(
    _ sources: [PolicySource], attributes: [String]
  ) -> Result<CompiledPolicies, PolicyFindings> {
    let (policies, findings) = read(sources, attributes: attributes)
    guard findings.isEmpty else { return .failure(PolicyFindings(findings: findings)) }
    return lower(policies)
  }

  /// What is wrong with some texts, in the order of the texts; nothing if they can be compiled.
  public static func check(_ sources: [PolicySource], attributes: [String]) -> [PolicyFinding] {
    switch compilePolicies(sources, attributes: attributes) {
    case .success: []
    case .failure(let failure): failure.findings
    }
  }

  /// A policy and where it is from.
  struct Located {
    var policy: Policy
    var file: String
  }

  /// Reads and checks texts.
  static func read(
    _ sources: [PolicySource], attributes: [String]
  ) -> (policies: [Located], findings: [PolicyFinding]) {
    var policies: [Located] = []
    var findings: [PolicyFinding] = []
    var names: Set<String> = []
    let vocabulary = HTTPVocabulary(attributes: attributes)
    for source in sources {
      let (parsed, mistakes) = source.read()
      var found = mistakes
      let isJSON = DecisionSources.Document(source.text).isJSON
      var check = HTTPPolicyCheck(vocabulary: vocabulary, file: source.file)
      for var policy in parsed {
        // Policies in JSON have names of their own.
        if !isJSON { policy.id = policy.annotation("id")?.string ?? "policy\(policies.count)" }
        if !names.insert(policy.id).inserted {
          found.append(
            PolicyFinding(
              "duplicate-id", in: source.file, at: policy.range,
              "another policy is named \(CedarString(policy.id).quoted)", expected: "an `@id` of its own"))
        }
        check.check(policy)
        policies.append(Located(policy: policy, file: source.file))
      }
      found += check.findings
      findings += found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
    return (policies, findings)
  }

  /// Translates policies, checked or not.
  static func lower(_ policies: [Located]) -> Result<CompiledPolicies, PolicyFindings> {
    var lowering = HTTPPolicyLowering()
    var findings: [PolicyFinding] = []
    for located in policies {
      do throws(PolicyFinding) {
        try lowering.add(located.policy, named: located.policy.id, from: located.file)
      } catch {
        findings.append(error)
      }
    }
    guard findings.isEmpty else { return .failure(PolicyFindings(findings: findings)) }
    let bundle = lowering.parts.encode()
    if bundle.count > PolicyBundle.maximumLength, let last = policies.last {
      let finding = PolicyFinding(
        "too-large", in: last.file, at: last.policy.range, "the policies take \(bundle.count) bytes in a bundle",
        expected: "at most \(PolicyBundle.maximumLength)")
      return .failure(PolicyFindings(findings: [finding]))
    }
    return .success(CompiledPolicies(bundle: bundle, policyNames: policies.map(\.policy.id)))
  }
}

extension PolicyFinding: Error {}
