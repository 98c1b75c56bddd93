import Cedar

/// Reads the sources of a decision point, and collects all that is wrong with them.
struct DecisionSourcesReader {
  private(set) var findings: [PolicyFinding] = []

  mutating func schema(_ document: DecisionSources.Document?) -> Schema? {
    guard let document, isShortEnough(document.text, DecisionSources.maximumSchemaBytes, "schema") else { return nil }
    return reading("schema") {
      document.isJSON ? try Schema(json: document.text) : try Schema(parsing: document.text)
    }
  }

  mutating func policies(_ document: DecisionSources.Document, _ schema: Schema?) -> PolicySet {
    guard isShortEnough(document.text, DecisionSources.maximumPolicyBytes, "policies") else { return PolicySet() }
    var set = PolicySet()
    if document.isJSON {
      set = reading("policies") { try PolicySet(json: document.text) } ?? set
    } else {
      let (policies, errors) = PolicySet.parse(document.text, naming: .annotation)
      findings += errors.map {
        PolicyFinding("syntax", in: "policies", at: $0.range, $0.message, expected: $0.expected)
      }
      set = PolicySet(policies)
    }
    var names: Set<String> = []
    for policy in set.policies + set.templates where !names.insert(policy.id).inserted {
      findings.append(
        PolicyFinding(
          "duplicate-policy", in: "policies", at: policy.range, "another policy has the id `\(policy.id)`",
          expected: "an id of its own"))
    }
    for policy in set.policies {
      guard let text = policy.annotation("valid_for")?.string else { continue }
      guard let seconds = Int(text), DecisionPoint.validities.contains(seconds) else {
        findings.append(
          PolicyFinding(
            "invalid-annotation", in: "policies", at: policy.range, "`@valid_for` of `\(policy.id)` is `\(text)`",
            expected: "whole seconds from 0 to \(DecisionPoint.validities.upperBound)"))
        continue
      }
    }
    if let schema {
      findings += Validator(schema: schema).validate(set).filter { $0.severity == .error }.map {
        PolicyFinding(
          "schema-mismatch", in: "policies", at: $0.range, "\($0.policy): \($0.message)", expected: $0.expected,
          suggestion: $0.suggestion)
      }
    }
    return set
  }

  mutating func entities(_ text: String?, _ schema: Schema?) -> Entities {
    let text = text ?? "[]"
    guard isShortEnough(text, DecisionSources.maximumEntityBytes, "entities") else { return Entities() }
    return reading("entities") {
      let given = if let schema { try Entities(json: text, types: schema) } else { try Entities(json: text) }
      guard let schema else { return given }
      // The schema's actions are entities, with the groups that they are in.
      let declared = schema.actions.filter { given[$0.key] == nil }.map { Entity($0.key, parents: $0.value.parents) }
      return declared.isEmpty ? given : try Entities(Array(given.all) + declared)
    } ?? Entities()
  }

  // MARK: Mistakes

  private mutating func isShortEnough(_ text: String, _ bound: Int, _ part: String) -> Bool {
    guard text.utf8.count > bound else { return true }
    add("too-long", in: part, "the text has \(text.utf8.count) bytes", expected: "at most \(bound)")
    return false
  }

  private mutating func reading<Result>(_ part: String, _ body: () throws -> Result) -> Result? {
    do {
      return try body()
    } catch let error as CedarSyntaxError {
      findings.append(PolicyFinding("syntax", in: part, at: error.range, error.message, expected: error.expected))
    } catch let error as CedarJSONError {
      findings.append(PolicyFinding(error, in: part))
    } catch {
      add("entity-conflict", in: part, "\(error)")
    }
    return nil
  }

  /// A finding about a document as a whole, or about a place in it that has no line.
  private mutating func add(_ code: String, in part: String, _ message: String, expected: String? = nil) {
    let start = SourcePosition(line: 1, column: 1, offset: 0)
    findings.append(PolicyFinding(code, in: part, at: SourceSpan(start, start), message, expected: expected))
  }
}
