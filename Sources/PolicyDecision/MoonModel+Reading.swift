import Foundation

extension MoonModel {
  /// No document is longer, in bytes.
  public static let maximumLength = 16 << 20

  /// Reads the JSON form; says all that is wrong with the model.
  public init(json text: String) throws(MoonFindings) {
    guard text.utf8.count <= Self.maximumLength else {
      let message = "the document has \(text.utf8.count) bytes"
      throw MoonFindings(findings: [
        MoonFinding("too-large", "document", message, expected: "at most \(Self.maximumLength)")
      ])
    }
    do {
      self = try JSONDecoder().decode(MoonModel.self, from: Data(text.utf8))
    } catch {
      throw MoonFindings(findings: [Self.finding(error)])
    }
    let findings = findings
    guard findings.isEmpty else { throw MoonFindings(findings: findings) }
  }

  private static func finding(_ error: any Error) -> MoonFinding {
    func place(_ path: [any CodingKey]) -> String {
      let text = path.reduce("") { $0 + ($1.intValue.map { "[\($0)]" } ?? ($0.isEmpty ? "" : ".") + $1.stringValue) }
      return text.isEmpty ? "document" : text
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context)?:
      return MoonFinding("missing-part", place(context.codingPath), "`\(key.stringValue)` is missing")
    case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
      return MoonFinding(
        "wrong-shape", place(context.codingPath), "something else stands here",
        expected: "the form that Documentation/Moon.md describes")
    case .dataCorrupted(let context)? where !context.codingPath.isEmpty:
      return MoonFinding("wrong-shape", place(context.codingPath), "the value is none of those that there are")
    default: return MoonFinding("syntax", "document", "the document is not JSON")
    }
  }

  /// What is wrong with the model, by place; nothing where it can be compiled.
  public var findings: [MoonFinding] {
    var found: [MoonFinding] = []
    func unknown(_ what: String, _ name: String, _ place: String, _ known: some Collection<String>) {
      let near = HTTPVocabulary.nearest(name, known).map { "`\($0)`" }
      found.append(MoonFinding("unknown-\(what)", place, "there is no \(what) `\(name)`", expected: near))
    }
    func check(names: [String], _ place: String) {
      var seen: Set<String> = []
      for name in names {
        // Values become identifiers `policy/category/value`, and `*` stands for all actions.
        if name.isEmpty || name.contains("/") || name == "*" {
          found.append(
            MoonFinding("malformed-name", place, "`\(name)` is no name", expected: "a name without `/`, not `*`"))
        }
        if !seen.insert(name).inserted {
          found.append(MoonFinding("duplicate-name", place, "`\(name)` is there twice"))
        }
      }
    }
    check(names: perimeter.subjects, "perimeter.subjects")
    check(names: perimeter.objects, "perimeter.objects")
    check(names: perimeter.actions, "perimeter.actions")
    check(names: Array(categories.keys), "categories")
    check(names: Array(policies.keys), "policies")
    for (name, list) in metaRules {
      if list.isEmpty {
        found.append(MoonFinding("empty-meta-rule", "metaRules.\(name)", "the meta-rule has no category"))
      }
      for (index, category) in list.enumerated() where categories[category] == nil {
        unknown("category", category, "metaRules.\(name)[\(index)]", categories.keys)
      }
    }
    for (name, list) in models {
      for (index, rule) in list.enumerated() where metaRules[rule] == nil {
        unknown("meta-rule", rule, "models.\(name)[\(index)]", metaRules.keys)
      }
    }
    for (name, policy) in policies {
      let place = "policies.\(name)"
      guard let model = models[policy.model] else {
        unknown("model", policy.model, place + ".model", models.keys)
        continue
      }
      for (category, values) in policy.data {
        if categories[category] == nil { unknown("category", category, place + ".data", categories.keys) }
        check(names: values, "\(place).data.\(category)")
      }
      for (category, assigned) in policy.assignments {
        let inner = "\(place).assignments.\(category)"
        guard let kind = categories[category], kind != .context else {
          unknown("category", category, place + ".assignments", categories.filter { $0.value != .context }.keys)
          continue
        }
        for (element, values) in assigned {
          if !elements(of: kind).contains(element) {
            unknown(kind.rawValue, element, inner, elements(of: kind))
          }
          for value in values where policy.data[category]?.contains(value) != true {
            unknown("value", value, "\(inner).\(element)", policy.data[category] ?? [])
          }
        }
      }
      for (index, rule) in policy.rules.enumerated() {
        let inner = "\(place).rules[\(index)]"
        if Decision(rawValue: rule.decision) == nil {
          found.append(
            MoonFinding(
              "unknown-decision", inner + ".decision", "`\(rule.decision)` is no decision",
              expected: "`grant`, `deny` or `passed`"))
        }
        guard model.contains(rule.metaRule), let list = metaRules[rule.metaRule] else {
          unknown("meta-rule", rule.metaRule, inner + ".metaRule", model)
          continue
        }
        guard rule.values.count == list.count else {
          found.append(
            MoonFinding(
              "rule-length", inner + ".values", "the rule has \(rule.values.count) values",
              expected: "\(list.count), one for each category of `\(rule.metaRule)`"))
          continue
        }
        for (position, (category, value)) in zip(list, rule.values).enumerated()
        where policy.data[category]?.contains(value) != true {
          unknown("value", value, "\(inner).values[\(position)]", policy.data[category] ?? [])
        }
      }
    }
    for (name, pipeline) in pipelines {
      // Without policies, `all_true` would hold of everything.
      if pipeline.policies.isEmpty {
        found.append(MoonFinding("empty-pipeline", "pipelines.\(name)", "the pipeline has no policy"))
      }
      for (index, policy) in pipeline.policies.enumerated() where policies[policy] == nil {
        unknown("policy", policy, "pipelines.\(name).policies[\(index)]", policies.keys)
      }
    }
    return found.sorted { ($0.place, $0.message) < ($1.place, $1.message) }
  }

  /// The elements that categories of a kind say something of.
  func elements(of kind: Kind) -> [String] {
    switch kind {
    case .subject: perimeter.subjects
    case .object: perimeter.objects
    case .action: perimeter.actions
    case .context: []
    }
  }
}
