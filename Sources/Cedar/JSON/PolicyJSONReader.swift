extension PolicySet {
  /// Reads the JSON format: a set (`staticPolicies`, `templates`, `templateLinks`), or one policy, which is then named
  /// `policy0`.
  public init(json text: String) throws(CedarJSONError) {
    guard text.utf8.count <= PolicySet.maximumLength else {
      throw CedarJSONError(
        at: "1:1", "the document has \(text.utf8.count) bytes", expected: "at most \(PolicySet.maximumLength)")
    }
    let document = try JSONText(parsing: text)
    let reader = PolicyJSONReader()
    guard case .object(let fields) = document else {
      throw CedarJSONError(at: "policies", "the document is \(document.kindName)", expected: "an object")
    }
    if fields["effect"] != nil {
      self.init([try reader.policy(document, id: "policy0", at: "policy")])
      return
    }
    try reader.check(fields, only: ["staticPolicies", "templates", "templateLinks"], at: "policies")
    var all: [Policy] = []
    for (name, isTemplate) in [("staticPolicies", false), ("templates", true)] {
      guard let json = fields[CedarString(name)] else { continue }
      let members = try reader.object(json, at: name)
      for (id, member) in members.sorted(by: { PolicyJSONReader.isBefore($0.key.string, $1.key.string) }) {
        let policy = try reader.policy(member, id: id.string, at: "\(name).\(id)")
        guard policy.isTemplate == isTemplate else {
          throw CedarJSONError(
            at: "\(name).\(id)", isTemplate ? "the template has no slot" : "the policy has a slot",
            expected: isTemplate ? "a slot, or its place in `staticPolicies`" : "its place in `templates`")
        }
        all.append(policy)
      }
    }
    self.init(all)
    guard let links = fields["templateLinks"] else { return }
    for (index, link) in try reader.array(links, at: "templateLinks").enumerated() {
      try reader.link(link, in: &self, at: "templateLinks[\(index)]")
    }
  }
}

/// Reads policies and expressions from their JSON format. Places in mistakes are those in the document; the expressions
/// that are made have none.
struct PolicyJSONReader {
  private let values = JSONValues(types: UnspecifiedAttributeTypes())
  private static let nowhere = SourceSpan(
    SourcePosition(line: 1, column: 1, offset: 0), SourcePosition(line: 1, column: 1, offset: 0))

  /// `policy2` stands before `policy10`.
  static func isBefore(_ left: String, _ right: String) -> Bool {
    let a = left.drop { !$0.isNumber }
    let b = right.drop { !$0.isNumber }
    if left.dropLast(a.count) == right.dropLast(b.count), let a = Int(a), let b = Int(b), a != b { return a < b }
    return left < right
  }

  func object(_ json: JSONText, at place: String) throws(CedarJSONError) -> [CedarString: JSONText] {
    guard case .object(let fields) = json else {
      throw CedarJSONError(at: place, "\(json.kindName) stands here", expected: "an object")
    }
    return fields
  }

  func array(_ json: JSONText, at place: String) throws(CedarJSONError) -> [JSONText] {
    guard case .array(let items) = json else {
      throw CedarJSONError(at: place, "\(json.kindName) stands here", expected: "an array")
    }
    return items
  }

  func check(
    _ fields: [CedarString: JSONText], only known: Set<CedarString>, at place: String
  ) throws(CedarJSONError) {
    guard let other = fields.keys.filter({ !known.contains($0) }).min() else { return }
    throw CedarJSONError(
      at: place, "there is a field `\(other)`",
      expected: known.sorted().map { "`\($0)`" }.joined(separator: ", "))
  }

  private func string(
    _ name: CedarString, in fields: [CedarString: JSONText], at place: String
  ) throws(CedarJSONError) -> CedarString {
    guard let value = fields[name] else {
      throw CedarJSONError(at: place, "`\(name)` is missing", expected: "a string")
    }
    guard case .string(let text) = value else {
      throw CedarJSONError(at: "\(place).\(name)", "\(value.kindName) stands here", expected: "a string")
    }
    return text
  }

  private func field(
    _ name: CedarString, in fields: [CedarString: JSONText], at place: String
  ) throws(CedarJSONError) -> JSONText {
    guard let value = fields[name] else { throw CedarJSONError(at: place, "`\(name)` is missing") }
    return value
  }

  // MARK: Policies

  func policy(_ json: JSONText, id: String, at place: String) throws(CedarJSONError) -> Policy {
    let fields = try object(json, at: place)
    try check(
      fields, only: ["effect", "principal", "action", "resource", "conditions", "annotations"], at: place)
    guard let effect = Effect(rawValue: try string("effect", in: fields, at: place).string) else {
      throw CedarJSONError(at: place + ".effect", "this is no effect", expected: "`permit` or `forbid`")
    }
    var annotations: [Annotation] = []
    if let json = fields["annotations"] {
      for (name, value) in try object(json, at: place + ".annotations").sorted(by: { $0.key < $1.key }) {
        switch value {
        case .null: annotations.append(Annotation(name: name.string, value: "", range: Self.nowhere))
        case .string(let text): annotations.append(Annotation(name: name.string, value: text, range: Self.nowhere))
        default:
          throw CedarJSONError(
            at: "\(place).annotations.\(name)", "\(value.kindName) stands here", expected: "a string or null")
        }
      }
    }
    var conditions: [Condition] = []
    for (index, item) in try array(fields["conditions"] ?? .array([]), at: place + ".conditions").enumerated() {
      let here = "\(place).conditions[\(index)]"
      let condition = try object(item, at: here)
      try check(condition, only: ["kind", "body"], at: here)
      guard let kind = Condition.Kind(rawValue: try string("kind", in: condition, at: here).string) else {
        throw CedarJSONError(at: here + ".kind", "this is no kind of condition", expected: "`when` or `unless`")
      }
      let body = try expression(try field("body", in: condition, at: here), at: here + ".body")
      conditions.append(Condition(kind: kind, body: body))
    }
    return Policy(
      id: id, annotations: annotations, effect: effect,
      principal: try scope(try field("principal", in: fields, at: place), .principal, at: place + ".principal"),
      action: try actionScope(try field("action", in: fields, at: place), at: place + ".action"),
      resource: try scope(try field("resource", in: fields, at: place), .resource, at: place + ".resource"),
      conditions: conditions, range: Self.nowhere)
  }

  private func scope(_ json: JSONText, _ slot: Slot, at place: String) throws(CedarJSONError) -> ScopeConstraint {
    let fields = try object(json, at: place)
    let operation = try string("op", in: fields, at: place).string
    switch operation {
    case "All": return .any
    case "==": return .equal(try reference(fields, slot, at: place))
    case "in": return .in(try reference(fields, slot, at: place))
    case "is":
      let name = try string("entity_type", in: fields, at: place)
      guard EntityType.isName(name.string) else {
        throw CedarJSONError(
          at: place + ".entity_type", "`\(name)` is not the name of a type", expected: "names joined by `::`")
      }
      let type = TypeReference(type: EntityType(name), range: Self.nowhere)
      guard let inner = fields["in"] else { return .is(type) }
      return .isIn(type, try reference(try object(inner, at: place + ".in"), slot, at: place + ".in"))
    default:
      throw CedarJSONError(
        at: place + ".op", "there is no operator `\(operation)`", expected: "`All`, `==`, `in` or `is`")
    }
  }

  private func actionScope(_ json: JSONText, at place: String) throws(CedarJSONError) -> ActionConstraint {
    let fields = try object(json, at: place)
    let operation = try string("op", in: fields, at: place).string
    switch operation {
    case "All": return .any
    case "==": return .equal(try action(try field("entity", in: fields, at: place), at: place + ".entity"))
    case "in":
      guard let list = fields["entities"] else {
        return .in([try action(try field("entity", in: fields, at: place), at: place + ".entity")])
      }
      var references: [EntityReference] = []
      for (index, item) in try array(list, at: place + ".entities").enumerated() {
        references.append(try action(item, at: "\(place).entities[\(index)]"))
      }
      return .in(references)
    default:
      throw CedarJSONError(at: place + ".op", "there is no operator `\(operation)`", expected: "`All`, `==` or `in`")
    }
  }

  private func action(_ json: JSONText, at place: String) throws(CedarJSONError) -> EntityReference {
    let uid = try values.uid(json, at: place)
    guard uid.type.basename == "Action" else {
      throw CedarJSONError(at: place, "`\(uid)` is not an action", expected: "an entity of type `Action`")
    }
    return EntityReference(target: .entity(uid), range: Self.nowhere)
  }

  private func reference(
    _ fields: [CedarString: JSONText], _ slot: Slot, at place: String
  ) throws(CedarJSONError) -> EntityReference {
    if let json = fields["entity"] {
      return EntityReference(target: .entity(try values.uid(json, at: place + ".entity")), range: Self.nowhere)
    }
    guard fields["slot"] != nil, try string("slot", in: fields, at: place).string == slot.rawValue else {
      throw CedarJSONError(at: place, "no entity is named", expected: "`entity`, or `slot` with `\(slot.rawValue)`")
    }
    return EntityReference(target: .slot(slot), range: Self.nowhere)
  }

  func link(_ json: JSONText, in set: inout PolicySet, at place: String) throws(CedarJSONError) {
    let fields = try object(json, at: place)
    let template = try string("templateId", in: fields, at: place)
    let id = try string("newId", in: fields, at: place)
    var slots: [Slot: EntityUID] = [:]
    for (name, value) in try object(try field("values", in: fields, at: place), at: place + ".values") {
      guard let slot = Slot(rawValue: name.string) else {
        throw CedarJSONError(
          at: "\(place).values", "there is no slot `\(name)`", expected: "`?principal` or `?resource`")
      }
      slots[slot] = try values.uid(value, at: "\(place).values.\(name)")
    }
    guard !set.policies.contains(where: { $0.id == id.string }) else {
      throw CedarJSONError(at: place, "another policy has the id `\(id)`", expected: "an id of its own")
    }
    guard set.link(template: template.string, as: id.string, slots: slots) else {
      throw CedarJSONError(
        at: place, "the template `\(template)` cannot be linked", expected: "a template, and an entity for each slot")
    }
  }
}

extension PolicyJSONReader {
  // MARK: Expressions

  private func node(_ kind: Expression.Kind, at place: String) throws(CedarJSONError) -> Expression {
    let depth = 1 + (kind.children.map(\.depth).max() ?? 0)
    guard depth <= Expression.maximumDepth else {
      throw CedarJSONError(
        at: place, "the expression is nested too deep", expected: "at most \(Expression.maximumDepth) levels")
    }
    return Expression(kind, Self.nowhere, depth: depth)
  }

  func expression(_ json: JSONText, at place: String) throws(CedarJSONError) -> Expression {
    let fields = try object(json, at: place)
    guard fields.count == 1, let (name, value) = fields.first else {
      throw CedarJSONError(at: place, "there are \(fields.count) fields", expected: "one, which names the operator")
    }
    let here = "\(place).\(name)"
    return try node(try kind(name.string, value, at: here), at: here)
  }

  private func kind(_ name: String, _ json: JSONText, at place: String) throws(CedarJSONError) -> Expression.Kind {
    func operand(_ name: CedarString) throws(CedarJSONError) -> Expression {
      try expression(
        try field(name, in: try object(json, at: place), at: place), at: "\(place).\(name)")
    }
    func text(_ name: CedarString) throws(CedarJSONError) -> CedarString {
      try string(name, in: try object(json, at: place), at: place)
    }
    switch name {
    case "Value": return try literal(json, at: place)
    case "Var":
      guard case .string(let text) = json, let variable = Expression.Variable(rawValue: text.string) else {
        throw CedarJSONError(
          at: place, "this is no variable", expected: "`principal`, `action`, `resource` or `context`")
      }
      return .variable(variable)
    case "!": return .not(try operand("arg"))
    case "neg": return .negate(try operand("arg"))
    case "isEmpty": return .isEmpty(try operand("arg"))
    case "&&": return .and(Self.flattened(try operand("left"), try operand("right"), isAnd: true))
    case "||": return .or(Self.flattened(try operand("left"), try operand("right"), isAnd: false))
    case ".": return .attribute(try operand("left"), try text("attr"))
    case "has": return .has(try operand("left"), [try text("attr")])
    case "like": return .like(try operand("left"), try pattern(json, at: place))
    case "is":
      let fields = try object(json, at: place)
      var ancestor: Expression?
      if fields["in"] != nil { ancestor = try operand("in") }
      return .is(try operand("left"), EntityType(try text("entity_type")), in: ancestor)
    case "if-then-else": return .conditional(try operand("if"), then: try operand("then"), else: try operand("else"))
    case "Set": return .set(try expressions(json, at: place))
    case "Record":
      var fields: [Expression.Field] = []
      for (name, value) in try object(json, at: place).sorted(by: { $0.key < $1.key }) {
        fields.append(Expression.Field(name: name, value: try expression(value, at: "\(place).\(name)")))
      }
      return .record(fields)
    default:
      if let operation = Expression.BinaryOperator(rawValue: name) {
        return .binary(operation, try operand("left"), try operand("right"))
      }
      guard let function = ExtensionFunction(rawValue: name) else {
        throw CedarJSONError(at: place, "there is no operator `\(name)`", expected: "one of the language's")
      }
      return .call(function, try expressions(json, at: place))
    }
  }

  /// `(a && b) && c` is one conjunction of three.
  private static func flattened(_ left: Expression, _ right: Expression, isAnd: Bool) -> [Expression] {
    switch left.kind {
    case .and(let operands) where isAnd: operands + [right]
    case .or(let operands) where !isAnd: operands + [right]
    default: [left, right]
    }
  }

  private func expressions(_ json: JSONText, at place: String) throws(CedarJSONError) -> [Expression] {
    var result: [Expression] = []
    for (index, item) in try array(json, at: place).enumerated() {
      result.append(try expression(item, at: "\(place)[\(index)]"))
    }
    return result
  }

  /// A value written out; sets and records of values become the expressions that make them.
  private func literal(_ json: JSONText, at place: String) throws(CedarJSONError) -> Expression.Kind {
    try kind(of: try values.value(json, .unspecified, at: place), at: place)
  }

  private func kind(of value: Value, at place: String) throws(CedarJSONError) -> Expression.Kind {
    switch value {
    case .bool, .long, .string, .entity: return .literal(value)
    case .set(let items):
      var expressions: [Expression] = []
      for item in items.sorted(by: { $0.description < $1.description }) {
        expressions.append(try node(try kind(of: item, at: place), at: place))
      }
      return .set(expressions)
    case .record(let fields):
      var parts: [Expression.Field] = []
      for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
        parts.append(Expression.Field(name: name, value: try node(try kind(of: value, at: place), at: place)))
      }
      return .record(parts)
    case .extension(let value):
      return .call(value.constructor, [try node(.literal(.string(value.argument)), at: place)])
    }
  }

  private func pattern(_ json: JSONText, at place: String) throws(CedarJSONError) -> Pattern {
    let parts = try array(try field("pattern", in: try object(json, at: place), at: place), at: place + ".pattern")
    var segments = [""]
    for (index, part) in parts.enumerated() {
      switch part {
      case .string("Wildcard"): segments.append("")
      case .object(let fields) where fields.count == 1:
        segments[segments.count - 1] += try string("Literal", in: fields, at: "\(place).pattern[\(index)]").string
      default:
        throw CedarJSONError(
          at: "\(place).pattern[\(index)]", "\(part.kindName) stands here",
          expected: "`\"Wildcard\"` or `{\"Literal\": …}`")
      }
    }
    return Pattern(segments: segments.map { CedarString($0) })
  }
}
