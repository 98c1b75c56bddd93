public import Cedar

/// A pipeline of a Moon model as Cedar decides it.
public struct MoonPolicies: Sendable {
  /// The policies.
  public var policies: PolicySet
  /// All elements of the perimeter, below the values that are assigned to them.
  public var entities: Entities
  /// What requests look like.
  public var schema: Schema
}

/// Compiles Moon models to Cedar.
///
/// A value of a category becomes an entity that those it is assigned to are below, so that a rule is a conjunction of
/// memberships. What a pipeline's policies are against becomes a `forbid`, and "no rule" is that too: it holds unless a
/// rule applies. No condition can be in error, since a `forbid` in error would forbid nothing.
public struct MoonCompiler {
  private let model: MoonModel

  /// A compiler of a model, which must be without findings.
  public init(_ model: MoonModel) {
    self.model = model
  }

  /// The pipeline of a project; `nil` where there is none, and then nothing is allowed.
  public func compile(pipeline name: String) throws(CedarSyntaxError) -> MoonPolicies? {
    guard let pipeline = model.pipelines[name] else { return nil }
    var texts = [
      """
      @id("perimeter")
      forbid (principal, action, resource) unless {
        principal in Perimeter::"subjects" && action in Action::"*" && resource in Perimeter::"objects"
      };
      """
    ]
    var used: Set<String> = []
    for policy in pipeline.policies where used.insert(policy).inserted {
      guard let content = model.policies[policy] else { continue }
      texts += rules(of: content, named: policy, pipeline.combine)
    }
    return MoonPolicies(
      policies: try PolicySet(parsing: texts.joined(separator: "\n\n"), naming: .annotation),
      entities: entities(Array(used)), schema: schema)
  }

  // MARK: Policies

  private func rules(of policy: MoonModel.Policy, named name: String, _ combine: MoonModel.Combination) -> [String] {
    var conditions: [MoonModel.Decision: [(index: Int, text: String)]] = [:]
    for (index, rule) in policy.rules.enumerated() {
      guard let decision = MoonModel.Decision(rawValue: rule.decision) else { continue }
      conditions[decision, default: []].append((index, condition(rule, name)))
    }
    func disjunction(_ decisions: MoonModel.Decision...) -> String {
      let all = decisions.flatMap { conditions[$0] ?? [] }.map(\.text)
      return all.isEmpty ? "false" : all.map { "(\($0))" }.joined(separator: " ||\n  ")
    }
    func statement(_ id: String, _ effect: String, _ conditions: String) -> String {
      "@id(\(CedarString(id).quoted))\n\(effect) (principal, action, resource) \(conditions);"
    }
    var texts: [String] = []
    for (index, text) in conditions[.grant] ?? [] {
      var body = "when { \(text) }"
      if combine == .oneTrue, conditions[.deny] != nil { body += "\nunless {\n  \(disjunction(.deny))\n}" }
      texts.append(statement("\(name)/\(index)", "permit", body))
    }
    if combine == .allTrue {
      for (index, text) in conditions[.deny] ?? [] {
        texts.append(statement("\(name)/\(index)", "forbid", "when { \(text) }"))
      }
      texts.append(statement("\(name)/no-rule", "forbid", "unless {\n  \(disjunction(.grant, .passed, .deny))\n}"))
    }
    return texts
  }

  private func condition(_ rule: MoonModel.Rule, _ policy: String) -> String {
    zip(model.metaRules[rule.metaRule] ?? [], rule.values).map { category, value in
      let kind = model.categories[category] ?? .context
      let uid = group(policy, category, value, kind)
      return switch kind {
      case .subject: "principal in \(uid)"
      case .object: "resource in \(uid)"
      case .action: "action in \(uid)"
      case .context: Self.contextual(category, value)
      }
    }.joined(separator: " && ")
  }

  private static func contextual(_ category: String, _ value: String) -> String {
    let name = CedarString(category).quoted
    return "context has \(name) && context[\(name)] == \(CedarString(value).quoted)"
  }

  // MARK: Entities

  private static func uid(_ type: EntityType, _ id: String) -> EntityUID { EntityUID(type: type, id: CedarString(id)) }

  private func group(_ policy: String, _ category: String, _ value: String, _ kind: MoonModel.Kind) -> EntityUID {
    Self.uid(kind == .action ? "Action" : "Data", "\(policy)/\(category)/\(value)")
  }

  private static let types: [(kind: MoonModel.Kind, type: EntityType, perimeter: EntityUID)] = [
    (.subject, "Subject", uid("Perimeter", "subjects")), (.object, "Object", uid("Perimeter", "objects")),
    (.action, "Action", uid("Action", "*")),
  ]

  private func entities(_ policies: [String]) -> Entities {
    var list: [EntityUID: Entity] = [:]
    for (kind, type, perimeter) in Self.types {
      for element in model.elements(of: kind) {
        list[Self.uid(type, element)] = Entity(Self.uid(type, element), parents: [perimeter])
      }
      for policy in policies {
        for (category, assigned) in model.policies[policy]?.assignments ?? [:] where model.categories[category] == kind
        {
          for (element, values) in assigned {
            let parents = values.map { group(policy, category, $0, kind) }
            list[Self.uid(type, element)]?.parents.formUnion(parents)
          }
        }
      }
    }
    // Two levels, so neither duplicates nor cycles.
    return (try? Entities(Array(list.values))) ?? Entities()
  }

  private var schema: Schema {
    var schema = Schema()
    schema.entityTypes["Perimeter"] = EntityTypeDeclaration()
    schema.entityTypes["Data"] = EntityTypeDeclaration()
    for type in ["Subject", "Object"] as [EntityType] {
      schema.entityTypes[type] = EntityTypeDeclaration(parents: ["Perimeter", "Data"])
    }
    let all = Self.uid("Action", "*")
    schema.actions[all] = ActionDeclaration()
    var parents: [String: Set<EntityUID>] = [:]
    for (name, policy) in model.policies {
      for (category, values) in policy.data where model.categories[category] == .action {
        for value in values { schema.actions[group(name, category, value, .action)] = ActionDeclaration() }
        for (element, values) in policy.assignments[category] ?? [:] {
          parents[element, default: []].formUnion(values.map { group(name, category, $0, .action) })
        }
      }
    }
    var context: [CedarString: SchemaAttribute] = [:]
    for (category, kind) in model.categories where kind == .context {
      context[CedarString(category)] = SchemaAttribute(type: .string, isRequired: false)
    }
    for action in model.perimeter.actions {
      schema.actions[Self.uid("Action", action)] = ActionDeclaration(
        parents: (parents[action] ?? []).union([all]), principals: ["Subject"], resources: ["Object"], context: context)
    }
    return schema
  }
}

extension MoonPolicies {
  /// The question whether a subject may do something to an object.
  public static func request(subject: String, action: String, object: String, context: [String: String]) -> Request {
    Request(
      principal: EntityUID(type: "Subject", id: CedarString(subject)),
      action: EntityUID(type: "Action", id: CedarString(action)),
      resource: EntityUID(type: "Object", id: CedarString(object)),
      context: Dictionary(uniqueKeysWithValues: context.map { (CedarString($0.key), .string(CedarString($0.value))) }))
  }
}
