import Cedar
import Interchange

/// Finds what is wrong in a policy before it is compiled: names that no HTTP request knows, and operands that can never
/// be of the type that their operator needs.
struct HTTPPolicyCheck {
  let vocabulary: HTTPVocabulary
  let file: String
  private(set) var findings: [PolicyFinding] = []

  init(vocabulary: HTTPVocabulary, file: String) {
    self.vocabulary = vocabulary
    self.file = file
  }

  /// Looks at a whole policy.
  mutating func check(_ policy: Policy) {
    if policy.isTemplate {
      report(
        "template", policy.range, "the policy has slots, and nothing fills them in",
        expected: "an entity in place of each slot")
    }
    check(policy.principal, "principal", equal: HTTPVocabulary.principals, within: [.user, .visitor, .role])
    check(policy.resource, "resource", equal: [.path], within: [.path])
    for reference in policy.action.references {
      if let uid = reference.uid { _ = entity(uid, at: reference.range) }
    }
    for condition in policy.conditions { require(.bool, condition.body) }
  }

  mutating func report(
    _ code: String, _ span: SourceSpan, _ message: String, expected: String? = nil, suggestion: String? = nil
  ) {
    findings.append(
      PolicyFinding(code, in: file, at: span, message, expected: expected, suggestion: suggestion))
  }

  // MARK: Scope

  private mutating func check(
    _ constraint: ScopeConstraint, _ variable: String, equal: Set<PolicyEntityType>, within: Set<PolicyEntityType>
  ) {
    if let reference = constraint.type, let type = entityType(reference.type, at: reference.range),
      !equal.contains(type)
    {
      report(
        "impossible-scope", reference.range, "`\(variable)` is never of type `\(type.name)`",
        expected: HTTPType.entity(equal).description)
    }
    guard let reference = constraint.reference, let uid = reference.uid else { return }
    guard let type = entity(uid, at: reference.range) else { return }
    var isEqual = false
    if case .equal = constraint { isEqual = true }
    if !(isEqual ? equal : within).contains(type) {
      report(
        "impossible-scope", reference.range, "`\(variable)` is never \(isEqual ? "" : "in ")`\(uid)`",
        expected: isEqual && within.contains(type)
          ? "`in` instead of `==`" : HTTPType.entity(isEqual ? equal : within).description)
    } else if !isEqual, type == .path, uid.id.string.hasSuffix("/"), uid.id != "/" {
      report(
        "impossible-scope", reference.range, "no path is below `\(uid)`", expected: "the path without the last slash",
        suggestion: "Path::" + CedarString(String(uid.id.string.dropLast())).quoted)
    }
  }

  // MARK: Names

  mutating func entityType(_ type: EntityType, at span: SourceSpan) -> PolicyEntityType? {
    if let known = PolicyEntityType(type) { return known }
    let names = PolicyEntityType.allCases.map(\.name)
    report(
      "unknown-entity-type", span, "no HTTP request has entities of type `\(type)`",
      expected: "one of " + names.map { "`\($0)`" }.joined(separator: ", "),
      suggestion: HTTPVocabulary.nearest(type.basename, names))
    return nil
  }

  /// The type of an entity that is written out, after a look at what it names.
  mutating func entity(_ uid: EntityUID, at span: SourceSpan) -> PolicyEntityType? {
    guard let type = entityType(uid.type, at: span) else { return nil }
    let id = uid.id.string
    switch type {
    case .action where !HTTPVocabulary.methods.contains(id):
      report(
        "unknown-action", span, "`\(id)` is not a method of HTTP",
        expected: "one of " + HTTPVocabulary.methods.map { "`\($0)`" }.joined(separator: ", "),
        suggestion: HTTPVocabulary.nearest(id, HTTPVocabulary.methods))
    case .path where !id.hasPrefix("/"):
      report(
        "unknown-path", span, "`\(uid)` is no path of a request", expected: "a path that starts with `/`",
        suggestion: "Path::" + CedarString("/" + id).quoted)
    case .visitor where id != HTTPPolicyRequest.visitorName.description:
      report(
        "unknown-entity", span, "no request has the principal `\(uid)`",
        expected: "`Visitor::\"\(HTTPPolicyRequest.visitorName)\"`")
    default: break
    }
    return type
  }

  mutating func attribute(
    _ name: CedarString, of type: HTTPType, at span: SourceSpan
  ) -> HTTPType {
    var known: [CedarString: HTTPType] = [:]
    switch type {
    case .unknown: return .unknown
    case .record(let fields): known = fields
    case .entity(let types):
      for type in types { known.merge(HTTPVocabulary.attributes(of: type)) { $0.joined($1) } }
    default:
      report("type-mismatch", span, "\(type.description) has no attributes", expected: "a record or an entity")
      return .unknown
    }
    if let found = known[name] { return found }
    let names = known.keys.map(\.string).sorted()
    report(
      "unknown-attribute", span, "there is no attribute `\(name)` of \(type.description)",
      expected: names.isEmpty ? nil : "one of " + names.map { "`\($0)`" }.joined(separator: ", "),
      suggestion: HTTPVocabulary.nearest(name.string, names))
    return .unknown
  }

  // MARK: Types

  /// Looks at an expression that must be of a type.
  mutating func require(_ expected: HTTPType, _ expression: Expression) {
    let found = type(of: expression)
    guard !found.overlaps(expected) else { return }
    let hint = found == .string && expected == .address ? "`ip(…)` around it" : expected.description
    report("type-mismatch", expression.range, "\(found.description) stands here", expected: hint)
  }

  /// Looks at an expression that must be an entity, and gives the types it can have.
  mutating func requireEntity(_ expression: Expression) -> Set<PolicyEntityType>? {
    switch type(of: expression) {
    case .entity(let types): return types
    case .unknown: return nil
    case let other:
      report("type-mismatch", expression.range, "\(other.description) stands here", expected: "an entity")
      return nil
    }
  }

  mutating func requireSet(_ expression: Expression) -> HTTPType {
    switch type(of: expression) {
    case .set(let element): return element
    case .unknown: return .unknown
    case let other:
      report("type-mismatch", expression.range, "\(other.description) stands here", expected: "a set")
      return .unknown
    }
  }
}
