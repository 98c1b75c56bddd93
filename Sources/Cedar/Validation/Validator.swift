/// Checks policies against a schema, strictly.
public struct Validator: Sendable {
  let schema: Schema
  let hierarchy: SchemaHierarchy

  /// A validator for a schema.
  public init(schema: Schema) {
    self.schema = schema
    hierarchy = SchemaHierarchy(schema)
  }

  /// What is wrong with policies and templates; nothing where they are valid.
  public func validate(_ policies: PolicySet) -> [ValidationFinding] {
    (policies.policies + policies.templates).flatMap(findings)
  }

  private func findings(_ policy: Policy) -> [ValidationFinding] {
    var result: [ValidationFinding] = []
    func add(
      _ message: String, _ expected: String?, _ range: SourceSpan, near: String? = nil,
      _ severity: ValidationFinding.Severity = .error
    ) {
      let finding = ValidationFinding(
        policy: policy.id, range: range, message: message, expected: expected, suggestion: near, severity: severity)
      if !result.contains(finding) { result.append(finding) }
    }
    func type(_ type: EntityType, _ range: SourceSpan) {
      if schema.entityTypes[type] == nil, !schema.actions.keys.contains(where: { $0.type == type }) {
        add(
          "there is no entity type `\(type)`", nil, range,
          near: NearestName.nearest(type.name.string, schema.entityTypes.keys.map(\.name.string)))
      }
    }
    func entity(_ uid: EntityUID, _ range: SourceSpan) {
      if uid.type.basename == "Action" {
        if schema.actions[uid] == nil {
          add(
            "there is no action `\(uid)`", nil, range,
            near: NearestName.nearest(uid.description, schema.actions.keys.map(\.description)))
        }
      } else {
        type(uid.type, range)
        if let listed = schema.entityTypes[uid.type]?.identifiers, !listed.contains(uid.id) {
          add(
            "there is no `\(uid)`", "a listed identifier", range,
            near: NearestName.nearest(uid.id.string, listed.map(\.string)))
        }
      }
    }
    var pending = policy.conditions.map(\.body)
    while let next = pending.popLast() {
      if case .literal(.entity(let uid)) = next.kind { entity(uid, next.range) }
      if case .is(_, let named, _) = next.kind { type(named, next.range) }
      pending += next.kind.children
    }
    for scope in [policy.principal, policy.resource] {
      if let reference = scope.reference, let uid = reference.uid { entity(uid, reference.range) }
      if let named = scope.type { type(named.type, named.range) }
    }
    for reference in policy.action.references { if let uid = reference.uid { entity(uid, reference.range) } }
    var isApplicable = false
    var isPossible = false
    for (uid, action) in schema.actions where fits(uid, policy.action) {
      for principal in action.principals where fits(principal, policy.principal) {
        for resource in action.resources where fits(resource, policy.resource) {
          isApplicable = true
          let checker = TypeChecker(
            schema: schema, hierarchy: hierarchy, principal: principal, action: uid, resource: resource)
          var known: Set<String> = []
          var isFalse = false
          var attempts = Attempts(checker.mistakes)
          for condition in policy.conditions where !isFalse {
            guard
              let answer = attempts.attempt({ () throws(TypeChecker.Failure) in
                try checker.bool(condition.body, known)
              })
            else { continue }
            if answer.value == (condition.kind == .unless), !attempts.hasFailed { isFalse = true }
            if condition.kind == .when { known.formUnion(answer.gained) }
          }
          if !isFalse, !attempts.hasFailed { isPossible = true }
          let errors = (attempts.first.map { [$0] } ?? []) + (attempts.hasFailed ? checker.mistakes.others : [])
          for error in errors.sorted(by: { $0.range.start.offset < $1.range.start.offset }) {
            add(error.message, error.expected, error.range, near: error.suggestion)
          }
        }
      }
    }
    if !isApplicable {
      add(
        "no action applies to what the scope names", "an action, principal and resource that go together", policy.range)
    } else if !isPossible, result.isEmpty {
      add("the policy never applies", nil, policy.range, near: nil, .warning)
    }
    return result
  }

  private func fits(_ type: EntityType, _ constraint: ScopeConstraint) -> Bool {
    if let named = constraint.type, named.type != type { return false }
    guard let uid = constraint.reference?.uid else { return true }
    if case .equal = constraint { return uid.type == type }
    return hierarchy.isType(type, in: uid.type)
  }

  private func fits(_ uid: EntityUID, _ constraint: ActionConstraint) -> Bool {
    switch constraint {
    case .any: true
    case .equal(let reference): reference.uid == uid
    case .in(let references): references.contains { $0.uid.map { hierarchy.isAction(uid, in: $0) } ?? false }
    }
  }
}
