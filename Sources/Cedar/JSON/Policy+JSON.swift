extension Policy {
  /// The policy in the JSON format of policies.
  public var json: String { jsonText.description }

  var jsonText: JSONText {
    var fields: [CedarString: JSONText] = [
      "effect": .string(CedarString(effect.rawValue)), "principal": principal.json, "action": action.json,
      "resource": resource.json,
      "conditions": .array(
        conditions.map {
          .object(["kind": .string(CedarString($0.kind.rawValue)), "body": $0.body.json])
        }),
    ]
    if !annotations.isEmpty {
      fields["annotations"] = .object(
        Dictionary(
          annotations.map { (CedarString($0.name), .string($0.value)) }, uniquingKeysWith: { first, _ in first }))
    }
    return .object(fields)
  }
}

extension PolicySet {
  /// The set in the JSON format of policy sets. Linked policies stand there as policies of their own.
  public var json: String {
    func byIdentifier(_ policies: [Policy]) -> JSONText {
      .object(
        Dictionary(policies.map { (CedarString($0.id), $0.jsonText) }, uniquingKeysWith: { first, _ in first }))
    }
    let fields: [CedarString: JSONText] = [
      "staticPolicies": byIdentifier(policies), "templates": byIdentifier(templates), "templateLinks": .array([]),
    ]
    return JSONText.object(fields).description
  }
}

extension ScopeConstraint {
  fileprivate var json: JSONText {
    switch self {
    case .any: .object(["op": "All"])
    case .equal(let reference): .object(["op": "=="].merging(reference.json) { first, _ in first })
    case .in(let reference): .object(["op": "in"].merging(reference.json) { first, _ in first })
    case .is(let type): .object(["op": "is", "entity_type": .string(type.type.name)])
    case .isIn(let type, let reference):
      .object(["op": "is", "entity_type": .string(type.type.name), "in": .object(reference.json)])
    }
  }
}

extension ActionConstraint {
  fileprivate var json: JSONText {
    switch self {
    case .any: .object(["op": "All"])
    case .equal(let reference): .object(["op": "=="].merging(reference.json) { first, _ in first })
    case .in(let references) where references.count == 1:
      .object(["op": "in"].merging(references[0].json) { first, _ in first })
    case .in(let references):
      .object(["op": "in", "entities": .array(references.compactMap { $0.uid?.json })])
    }
  }
}

extension EntityReference {
  fileprivate var json: [CedarString: JSONText] {
    switch target {
    case .entity(let uid): ["entity": uid.json]
    case .slot(let slot): ["slot": .string(CedarString(slot.rawValue))]
    }
  }
}

extension JSONText: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) { self = .string(CedarString(value)) }
}

extension JSONText: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension Expression {
  /// The expression in the JSON format of policies.
  var json: JSONText {
    func one(_ name: CedarString, _ operand: Expression) -> JSONText {
      .object([name: .object(["arg": operand.json])])
    }
    func two(_ name: CedarString, _ left: JSONText, _ right: JSONText) -> JSONText {
      .object([name: .object(["left": left, "right": right])])
    }
    /// Several operands as the format has them: two at a time, from the left.
    func chain(_ name: CedarString, _ operands: [Expression]) -> JSONText {
      operands.dropFirst().reduce(operands[0].json) { two(name, $0, $1.json) }
    }
    switch kind {
    case .literal(let value): return .object(["Value": value.json])
    case .variable(let variable): return .object(["Var": .string(CedarString(variable.rawValue))])
    case .not(let operand): return one("!", operand)
    case .negate(let operand): return one("neg", operand)
    case .and(let operands): return chain("&&", operands)
    case .or(let operands): return chain("||", operands)
    case .conditional(let test, let first, let second):
      return .object(["if-then-else": .object(["if": test.json, "then": first.json, "else": second.json])])
    case .binary(let operation, let left, let right):
      return two(CedarString(operation.rawValue), left.json, right.json)
    case .isEmpty(let operand): return one("isEmpty", operand)
    case .attribute(let operand, let name):
      return .object([".": .object(["left": operand.json, "attr": .string(name)])])
    case .has(let operand, let names):
      // `has a.b` is short for `has a && .a has b`.
      var owner = operand.json
      var result: JSONText?
      for name in names {
        let test = JSONText.object(["has": .object(["left": owner, "attr": .string(name)])])
        result = result.map { two("&&", $0, test) } ?? test
        owner = .object([".": .object(["left": owner, "attr": .string(name)])])
      }
      return result ?? .null
    case .like(let operand, let pattern):
      var parts: [JSONText] = []
      for (index, segment) in pattern.segments.enumerated() {
        if index > 0 { parts.append("Wildcard") }
        // One scalar each, as the reference writes them.
        parts += segment.string.unicodeScalars.map { .object(["Literal": .string(CedarString(String($0)))]) }
      }
      return .object(["like": .object(["left": operand.json, "pattern": .array(parts)])])
    case .is(let operand, let type, let ancestor):
      var fields: [CedarString: JSONText] = ["left": operand.json, "entity_type": .string(type.name)]
      if let ancestor { fields["in"] = ancestor.json }
      return .object(["is": .object(fields)])
    case .set(let items): return .object(["Set": .array(items.map(\.json))])
    case .record(let fields):
      return .object([
        "Record": .object(Dictionary(fields.map { ($0.name, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
      ])
    case .call(let function, let operands):
      return .object([CedarString(function.rawValue): .array(operands.map(\.json))])
    }
  }
}
