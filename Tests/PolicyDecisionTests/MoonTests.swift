import Cedar
import Foundation
import Testing

@testable import PolicyDecision

@Suite("Moon's models")
struct MoonTests {
  static let document = """
    {
      "perimeter": {
        "subjects": ["ann", "bob", "backup"], "objects": ["vm1", "report", "etc"],
        "actions": ["start", "read", "write"]
      },
      "categories": {
        "role": "subject", "clearance": "subject", "domain": "subject",
        "machine": "object", "classification": "object", "type": "object",
        "operation": "action", "access": "action", "mode": "context"
      },
      "metaRules": {
        "rbac": ["role", "machine", "operation"],
        "mls": ["clearance", "classification", "access"],
        "dte": ["domain", "type", "access"],
        "phase": ["mode"]
      },
      "models": { "RBAC": ["rbac"], "MLS": ["mls"], "DTE": ["dte"], "Phase": ["phase"] },
      "policies": {
        "roles": {
          "model": "RBAC", "data": { "role": ["operator", "auditor"], "machine": ["any"], "operation": ["run", "see"] },
          "assignments": {
            "role": { "ann": ["operator", "auditor"], "bob": ["auditor"] },
            "machine": { "vm1": ["any"], "report": ["any"] },
            "operation": { "start": ["run"], "read": ["see"] }
          },
          "rules": [
            { "metaRule": "rbac", "values": ["operator", "any", "run"], "decision": "grant" },
            { "metaRule": "rbac", "values": ["auditor", "any", "see"], "decision": "grant" }
          ]
        },
        "levels": {
          "model": "MLS",
          "data": { "clearance": ["low", "high"], "classification": ["low", "high"], "access": ["down", "up"] },
          "assignments": {
            "clearance": { "ann": ["high"], "bob": ["low"] },
            "classification": { "vm1": ["low"], "report": ["high"] },
            "access": { "start": ["down"], "read": ["down"], "write": ["up"] }
          },
          "rules": [
            { "metaRule": "mls", "values": ["high", "high", "down"], "decision": "grant" },
            { "metaRule": "mls", "values": ["high", "low", "down"], "decision": "grant" },
            { "metaRule": "mls", "values": ["low", "low", "down"], "decision": "grant" },
            { "metaRule": "mls", "values": ["low", "high", "down"], "decision": "deny" }
          ]
        },
        "domains": {
          "model": "DTE",
          "data": { "domain": ["backup_d"], "type": ["config_t"], "access": ["get"] },
          "assignments": {
            "domain": { "backup": ["backup_d"] }, "type": { "etc": ["config_t"] }, "access": { "read": ["get"] }
          },
          "rules": [ { "metaRule": "dte", "values": ["backup_d", "config_t", "get"], "decision": "grant" } ]
        },
        "running": {
          "model": "Phase", "data": { "mode": ["run", "build"] }, "assignments": {},
          "rules": [
            { "metaRule": "phase", "values": ["run"], "decision": "passed" },
            { "metaRule": "phase", "values": ["build"], "decision": "deny" }
          ]
        }
      },
      "pipelines": {
        "machines": { "combine": "all_true", "policies": ["roles", "levels", "running"] },
        "files": { "combine": "one_true", "policies": ["roles", "domains"] },
        "phase-only": { "combine": "all_true", "policies": ["running"] }
      }
    }
    """

  @Test(
    "every policy of a pipeline is asked, and no rule is a denial",
    arguments: [
      ("machines", "ann", "start", "vm1", "run", true), ("machines", "ann", "start", "vm1", "build", false),
      ("machines", "ann", "start", "vm1", nil, false), ("machines", "ann", "start", "vm1", "other", false),
      ("machines", "ann", "read", "report", "run", true), ("machines", "bob", "read", "vm1", "run", true),
      // The first policy grants this; the second one is against it.
      ("machines", "bob", "read", "report", "run", false), ("machines", "bob", "start", "vm1", "run", false),
      ("machines", "ann", "write", "vm1", "run", false), ("machines", "eve", "read", "vm1", "run", false),
      ("files", "backup", "read", "etc", nil, true), ("files", "bob", "read", "report", nil, true),
      ("files", "backup", "write", "etc", nil, false), ("files", "ann", "read", "etc", nil, false),
      // All of them passed, and none granted.
      ("phase-only", "ann", "read", "vm1", "run", false),
    ] as [(String, String, String, String, String?, Bool)])
  func decisions(pipeline: String, subject: String, action: String, object: String, mode: String?, allowed: Bool) throws
  {
    let compiled = try #require(try MoonCompiler(try MoonModel(json: Self.document)).compile(pipeline: pipeline))
    let request = MoonPolicies.request(
      subject: subject, action: action, object: object, context: mode.map { ["mode": $0] } ?? [:])
    let response = Authorizer(policies: compiled.policies, entities: compiled.entities).decide(request)
    #expect((response.decision == .allow) == allowed, "\(response)")
    #expect(response.errors.isEmpty)
  }

  @Test("a project without a pipeline has no policies that could allow anything")
  func unknownProject() throws {
    #expect(try MoonCompiler(try MoonModel(json: Self.document)).compile(pipeline: "other") == nil)
  }

  @Test("the policies fit the schema that comes with them")
  func schema() throws {
    for name in ["machines", "files"] {
      let compiled = try #require(try MoonCompiler(try MoonModel(json: Self.document)).compile(pipeline: name))
      #expect(Validator(schema: compiled.schema).validate(compiled.policies).filter { $0.severity == .error } == [])
      #expect(throws: Never.self) { try Schema(parsing: compiled.schema.description) }
    }
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      ("\"decision\": \"deny\"", "\"decision\": \"unset\"", "unknown-decision", "policies.levels.rules[3].decision"),
      ("\"decision\": \"deny\"", "\"decision\": \"chain\"", "unknown-decision", "policies.levels.rules[3].decision"),
      ("[\"operator\", \"any\", \"run\"]", "[\"operator\", \"any\"]", "rule-length", "policies.roles.rules[0].values"),
      (
        "[\"operator\", \"any\", \"run\"]", "[\"operatr\", \"any\", \"run\"]", "unknown-value",
        "policies.roles.rules[0].values[0]"
      ),
      ("\"bob\": [\"auditor\"]", "\"bop\": [\"auditor\"]", "unknown-subject", "policies.roles.assignments.role"),
      ("[\"roles\", \"levels\", \"running\"]", "[]", "empty-pipeline", "pipelines.machines"),
      ("\"phase\": [\"mode\"]", "\"phase\": []", "empty-meta-rule", "metaRules.phase"),
      ("\"MLS\": [\"mls\"]", "\"MLS\": [\"mlx\"]", "unknown-meta-rule", "models.MLS[0]"),
      ("\"model\": \"RBAC\"", "\"model\": \"ABAC\"", "unknown-model", "policies.roles.model"),
      (
        "\"all_true\", \"policies\": [\"roles\"", "\"any_true\", \"policies\": [\"roles\"", "wrong-shape",
        "pipelines.machines.combine"
      ),
      ("\"objects\": [\"vm1\"", "\"objects\": [\"a/b\", \"vm1\"", "malformed-name", "perimeter.objects"),
      ("\"mode\": \"context\"", "\"mode\": \"weather\"", "wrong-shape", "categories.mode"),
      ("\"models\"", "\"model\"", "missing-part", "document"),
      ("{\n  \"perimeter\"", "\"perimeter\"", "syntax", "document"),
    ])
  func findings(old: String, new: String, code: String, place: String) throws {
    let text = Self.document
    let range = try #require(text.range(of: old))
    let error = #expect(throws: MoonFindings.self) {
      try MoonModel(json: text.replacingCharacters(in: range, with: new))
    }
    #expect(error?.findings.contains { $0.code == code && $0.place == place } == true, "\(String(describing: error))")
  }

  @Test("compiled policies decide as the model itself does", arguments: 0..<60)
  func agreement(seed: Int) throws {
    var generator = MoonGenerator(seed: UInt64(seed))
    let model = generator.model()
    #expect(model.findings == [])
    var allowed = 0
    for (name, pipeline) in model.pipelines {
      let compiled = try #require(try MoonCompiler(model).compile(pipeline: name))
      let authorizer = IndexedAuthorizer(policies: compiled.policies, entities: compiled.entities)
      for subject in model.perimeter.subjects + ["stranger"] {
        for object in model.perimeter.objects {
          for action in model.perimeter.actions + ["unknown"] {
            for context in [[:], ["mode": "x"], ["mode": "y"]] {
              let request = MoonPolicies.request(subject: subject, action: action, object: object, context: context)
              let expected = model.decides(pipeline, subject, object, action, context)
              let response = authorizer.decide(request)
              #expect((response.decision == .allow) == expected, "\(name): \(request)\n\(compiled.policies)")
              #expect(response.errors.isEmpty)
              if expected { allowed += 1 }
            }
          }
        }
      }
    }
    if seed == 0 { #expect(allowed > 0) }
  }
}

/// The model's own meaning, computed rule by rule.
extension MoonModel {
  func decides(
    _ pipeline: Pipeline, _ subject: String, _ object: String, _ action: String, _ context: [String: String]
  ) -> Bool {
    guard perimeter.subjects.contains(subject), perimeter.objects.contains(object), perimeter.actions.contains(action)
    else { return false }
    let answers = pipeline.policies.map { name -> Decision in
      guard let policy = policies[name] else { return .deny }
      let matching = policy.rules.filter { rule in
        zip(metaRules[rule.metaRule] ?? [], rule.values).allSatisfy { category, value in
          let element =
            switch categories[category] {
            case .subject: subject
            case .object: object
            case .action: action
            default: ""
            }
          if categories[category] == .context { return context[category] == value }
          return policy.assignments[category]?[element]?.contains(value) == true
        }
      }
      let decisions = Set(matching.compactMap { Decision(rawValue: $0.decision) })
      return decisions.contains(.deny)
        ? .deny : decisions.contains(.grant) ? .grant : decisions.contains(.passed) ? .passed : .deny
    }
    return switch pipeline.combine {
    case .allTrue: !answers.contains(.deny) && answers.contains(.grant)
    case .oneTrue: answers.contains(.grant)
    }
  }
}

/// Moon models at random.
struct MoonGenerator {
  private var numbers: PolicyGenerator.Numbers

  init(seed: UInt64) { numbers = PolicyGenerator.Numbers(state: seed) }

  private mutating func some<T>(_ items: [T], _ percent: Int) -> [T] {
    items.filter { _ in Int.random(in: 0..<100, using: &numbers) < percent }
  }

  mutating func model() -> MoonModel {
    let categories: [String: MoonModel.Kind] = [
      "role": .subject, "level": .subject, "kind": .object, "verb": .action, "mode": .context,
    ]
    var model = MoonModel(
      perimeter: .init(subjects: ["a", "b", "c"], objects: ["o", "p"], actions: ["r", "w"]), categories: categories,
      metaRules: ["m": ["role", "kind", "verb"], "n": ["level", "mode"], "q": ["verb", "kind"]],
      models: ["one": ["m"], "two": ["m", "n"], "three": ["n", "q"]], policies: [:], pipelines: [:])
    for name in ["p0", "p1", "p2"] {
      let kind = ["one", "two", "three"].randomElement(using: &numbers) ?? "one"
      var policy = MoonModel.Policy(
        model: kind, data: Dictionary(uniqueKeysWithValues: categories.keys.map { ($0, ["x", "y"]) }), assignments: [:],
        rules: [])
      for (category, kind) in categories.sorted(by: { $0.key < $1.key }) where kind != .context {
        for element in model.elements(of: kind) {
          policy.assignments[category, default: [:]][element] = some(["x", "y"], 60)
        }
      }
      for rule in model.models[kind] ?? [] {
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
          let values = (model.metaRules[rule] ?? []).map { _ in Bool.random(using: &numbers) ? "x" : "y" }
          let decision = ["grant", "grant", "grant", "deny", "passed"].randomElement(using: &numbers) ?? "deny"
          policy.rules.append(.init(metaRule: rule, values: values, decision: decision))
        }
      }
      model.policies[name] = policy
    }
    for (name, combine) in [("all", MoonModel.Combination.allTrue), ("one", .oneTrue)] {
      model.pipelines[name] = .init(combine: combine, policies: ["p0"] + some(["p1", "p2"], 50))
    }
    return model
  }
}
