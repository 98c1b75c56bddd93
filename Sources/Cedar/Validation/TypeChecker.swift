/// A type that the checker finds: those of schemas, and Booleans whose value is known.
indirect enum CheckedType: Hashable, Sendable {
  case bool(Bool?)
  case long, string
  case entity(EntityType)
  case `extension`(ExtensionFunction)
  case set(CheckedType)
  case record([CedarString: Field])

  struct Field: Hashable, Sendable {
    var type: CheckedType
    var isRequired: Bool
  }

  init(_ type: SchemaType) {
    switch type {
    case .bool: self = .bool(nil)
    case .long: self = .long
    case .string: self = .string
    case .entity(let type): self = .entity(type)
    case .extension(let function): self = .extension(function)
    case .set(let element): self = .set(CheckedType(element))
    case .record(let fields): self = .record(CheckedType.fields(fields))
    }
  }

  static func fields(_ fields: [CedarString: SchemaAttribute]) -> [CedarString: Field] {
    fields.mapValues { Field(type: CheckedType($0.type), isRequired: $0.isRequired) }
  }

  /// The one type that values of both have.
  func joined(_ other: CheckedType) -> CheckedType? {
    switch (self, other) {
    case (.bool(let a), .bool(let b)): return .bool(a == b ? a : nil)
    case (.set(let a), .set(let b)): return a.joined(b).map { .set($0) }
    case (.record(let a), .record(let b)):
      guard a.count == b.count else { return nil }
      var result: [CedarString: Field] = [:]
      for (name, field) in a {
        guard let match = b[name], match.isRequired == field.isRequired, let type = field.type.joined(match.type)
        else { return nil }
        result[name] = Field(type: type, isRequired: field.isRequired)
      }
      return .record(result)
    default: return self == other ? self : nil
    }
  }
}

/// Checks expressions for one action with one type of principal and one of resource.
struct TypeChecker {
  struct Failure: Error {
    var message: String
    var expected: String?
    var suggestion: String?
    var range: SourceSpan
    /// Whether it says that something may be missing: then a test before it would mend it.
    var isAboutAbsence = false
  }

  typealias Capabilities = Set<String>
  typealias Answer = (type: CheckedType, gained: Capabilities)

  let schema: Schema
  let hierarchy: SchemaHierarchy
  let principal: EntityType
  let action: EntityUID
  let resource: EntityType
  let mistakes = Mistakes()

  func check(_ e: Expression, _ known: Capabilities) throws(Failure) -> Answer {
    switch e.kind {
    case .literal(let value): return (literal(value), [])
    case .variable(.principal): return (.entity(principal), [])
    case .variable(.action): return (.entity(action.type), [])
    case .variable(.resource): return (.entity(resource), [])
    case .variable(.context): return (.record(CheckedType.fields(schema.actions[action]?.context ?? [:])), [])
    case .not(let operand): return (.bool(try bool(operand, known).value.map { !$0 }), [])
    case .negate(let operand):
      try require(.long, operand, known)
      return (.long, [])
    case .and(let operands):
      var gained: Capabilities = []
      var value: Bool? = true
      var attempts = Attempts(mistakes)
      for operand in operands {
        guard
          let next = attempts.attempt({ () throws(Failure) in try bool(operand, known.union(gained)) })
        else { continue }
        if next.value == false, !attempts.hasFailed { return (.bool(false), []) }
        if next.value == nil { value = nil }
        gained.formUnion(next.gained)
      }
      try attempts.finish()
      return (.bool(value), gained)
    case .or(let operands):
      var gained: Capabilities?
      var value: Bool? = false
      var attempts = Attempts(mistakes)
      for operand in operands {
        guard let next = attempts.attempt({ () throws(Failure) in try bool(operand, known) }), next.value != false
        else { continue }
        if next.value == true, !attempts.hasFailed {
          return (.bool(true), gained?.intersection(next.gained) ?? next.gained)
        }
        value = nil
        gained = gained?.intersection(next.gained) ?? next.gained
      }
      try attempts.finish()
      return (.bool(value), gained ?? [])
    case .conditional(let test, let first, let second):
      let tested = try bool(test, known)
      if tested.value == false { return try check(second, known) }
      if tested.value == true {
        let yes = try check(first, known.union(tested.gained))
        return (yes.type, tested.gained.union(yes.gained))
      }
      var attempts = Attempts(mistakes)
      let yes = attempts.attempt { () throws(Failure) in try check(first, known.union(tested.gained)) }
      let no = attempts.attempt { () throws(Failure) in try check(second, known) }
      try attempts.finish()
      guard let yes, let no else { throw wrong("an expression", e) }
      guard let type = yes.type.joined(no.type) else {
        throw Failure(message: "the two branches have different types", expected: "one type", range: e.range)
      }
      return (type, tested.gained.union(yes.gained).intersection(no.gained))
    case .binary(let operation, let left, let right): return try binary(operation, left, right, e, known)
    case .isEmpty(let operand):
      guard case .set = try check(operand, known).type else { throw wrong("a set", operand) }
      return (.bool(nil), [])
    case .attribute(let operand, let name):
      let (fields, _) = try fields(of: operand, known)
      guard let field = fields[name] else {
        throw Failure(
          message: "there is no attribute `\(name)`", expected: Self.expected(fields.keys),
          suggestion: NearestName.nearest(name.string, fields.keys.map(\.string)), range: e.range)
      }
      guard field.isRequired || known.contains(key(operand) + "." + name.quoted) else {
        throw Failure(
          message: "the attribute `\(name)` may be missing", expected: "a test with `has` before", range: e.range,
          isAboutAbsence: true)
      }
      return (field.type, [])
    case .has(let operand, let names):
      var path = key(operand)
      var (fields, isEntity) = try fields(of: operand, known)
      var gained: Capabilities = []
      var value: Bool? = true
      for (index, name) in names.enumerated() {
        guard let field = fields[name] else { return (.bool(false), []) }
        path += "." + name.quoted
        if !(known.contains(path) || field.isRequired && !isEntity) {
          value = nil
          gained.insert(path)
        }
        if index < names.count - 1 { (fields, isEntity) = try self.fields(of: field.type, at: e.range) }
      }
      return (.bool(value), gained)
    case .like(let operand, _):
      try require(.string, operand, known)
      return (.bool(nil), [])
    case .is(let operand, let type, let ancestor):
      guard case .entity(let found) = try check(operand, known).type else { throw wrong("an entity", operand) }
      guard found == type else { return (.bool(false), []) }
      guard let ancestor else { return (.bool(true), []) }
      return (try membership(operand, found, ancestor, known), [])
    case .set(let items):
      var element: CheckedType?
      var attempts = Attempts(mistakes)
      for item in items {
        attempts.attempt { () throws(Failure) in
          let type = try check(item, known).type
          guard let joined = element.map({ $0.joined(type) }) ?? type else {
            throw Failure(message: "the elements have different types", expected: "one type", range: item.range)
          }
          element = joined
        }
      }
      try attempts.finish()
      guard let element else {
        throw Failure(message: "the set is empty, so its type is not known", expected: "an element", range: e.range)
      }
      return (.set(element), [])
    case .record(let items):
      var fields: [CedarString: CheckedType.Field] = [:]
      var attempts = Attempts(mistakes)
      for item in items {
        attempts.attempt { () throws(Failure) in
          fields[item.name] = .init(type: try check(item.value, known).type, isRequired: true)
        }
      }
      try attempts.finish()
      return (.record(fields), [])
    case .call(let function, let arguments): return (try call(function, arguments, e, known), [])
    }
  }

  /// The names that there are, unless they are many.
  private static func expected(_ names: some Collection<CedarString>) -> String? {
    guard (1...8).contains(names.count) else { return nil }
    return names.sorted().map { "`\($0)`" }.joined(separator: " or ")
  }

  func bool(_ e: Expression, _ known: Capabilities) throws(Failure) -> (value: Bool?, gained: Capabilities) {
    let answer = try check(e, known)
    guard case .bool(let value) = answer.type else { throw wrong("a Boolean", e) }
    return (value, answer.gained)
  }

  func wrong(_ expected: String, _ e: Expression) -> Failure {
    Failure(message: "the expression has the wrong type", expected: expected, range: e.range)
  }

  func require(_ type: CheckedType, _ e: Expression, _ known: Capabilities) throws(Failure) {
    guard try check(e, known).type == type else { throw wrong("\(type)", e) }
  }

  private func literal(_ value: Value) -> CheckedType {
    switch value {
    case .bool(let value): .bool(value)
    case .long: .long
    case .entity(let uid): .entity(uid.type)
    default: .string
    }
  }

  private func fields(of e: Expression, _ known: Capabilities) throws(Failure) -> (
    [CedarString: CheckedType.Field], Bool
  ) {
    try fields(of: try check(e, known).type, at: e.range)
  }

  private func fields(of type: CheckedType, at range: SourceSpan) throws(Failure) -> (
    [CedarString: CheckedType.Field], Bool
  ) {
    switch type {
    case .record(let fields): return (fields, false)
    case .entity(let type): return (CheckedType.fields(schema.entityTypes[type]?.attributes ?? [:]), true)
    default: throw Failure(message: "the expression has no attributes", expected: "a record or an entity", range: range)
    }
  }

  private func key(_ e: Expression) -> String {
    switch e.kind {
    case .variable(.action): action.description
    case .variable(let variable): variable.rawValue
    case .literal(let value): value.description
    case .attribute(let operand, let name): key(operand) + "." + name.quoted
    case .binary(let operation, let left, let right): "(\(key(left)) \(operation.rawValue) \(key(right)))"
    default: "@\(e.range.start.offset)-\(e.range.end.offset)"
    }
  }

  private func constant(_ e: Expression) -> Value? {
    switch e.kind {
    case .literal(let value): value
    case .variable(.action): .entity(action)
    default: nil
    }
  }

  private func membership(_ left: Expression, _ type: EntityType, _ right: Expression, _ known: Capabilities)
    throws(Failure) -> CheckedType
  {
    var target = try check(right, known).type
    if case .set(let element) = target { target = element }
    guard case .entity(let ancestor) = target else { throw wrong("an entity or a set of entities", right) }
    if case .entity(let uid)? = constant(left), schema.actions[uid] != nil {
      var items = [right]
      if case .set(let written) = right.kind { items = written }
      let uids = items.compactMap { item -> EntityUID? in
        if case .entity(let uid)? = constant(item) { uid } else { nil }
      }
      if uids.count == items.count { return .bool(uids.contains { hierarchy.isAction(uid, in: $0) }) }
    }
    if schema.entityTypes[type] == nil { return .bool(type == ancestor ? nil : false) }
    return .bool(hierarchy.isType(type, in: ancestor) ? nil : false)
  }

  private func binary(
    _ operation: Expression.BinaryOperator, _ left: Expression, _ right: Expression, _ e: Expression,
    _ known: Capabilities
  ) throws(Failure) -> Answer {
    var attempts = Attempts(mistakes)
    let first = attempts.attempt { () throws(Failure) in try check(left, known).type }
    let second = attempts.attempt { () throws(Failure) in try check(right, known).type }
    try attempts.finish()
    guard let a = first, let b = second else { throw wrong("an expression", e) }
    switch operation {
    case .equal, .notEqual:
      var value: Bool?
      if let x = constant(left), let y = constant(right) {
        value = x == y
      } else if a.joined(b) == nil {
        guard case .entity = a, case .entity = b else {
          throw Failure(message: "values of different types are compared", expected: "one type", range: e.range)
        }
        value = false
      }
      return (.bool(operation == .equal ? value : value.map { !$0 }), [])
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard a == b, a == .long || a == .extension(.datetime) || a == .extension(.duration) else {
        throw wrong("two numbers, datetimes or durations", e)
      }
      return (.bool(nil), [])
    case .add, .subtract, .multiply:
      guard a == .long, b == .long else { throw wrong("two numbers", e) }
      return (.long, [])
    case .in:
      guard case .entity(let type) = a else { throw wrong("an entity", left) }
      return (try membership(left, type, right, known), [])
    case .contains:
      guard case .set(let element) = a, element.joined(b) != nil else { throw wrong("a set of such elements", left) }
      return (.bool(nil), [])
    case .containsAll, .containsAny:
      guard case .set = a, case .set = b, a.joined(b) != nil else { throw wrong("two sets of one type", e) }
      return (.bool(nil), [])
    case .hasTag, .getTag:
      guard case .entity(let type) = a else { throw wrong("an entity", left) }
      guard b == .string else { throw wrong("a string", right) }
      let capability = key(left) + "#" + key(right)
      guard let tags = schema.entityTypes[type]?.tags else {
        if operation == .hasTag { return (.bool(false), []) }
        throw Failure(message: "entities of type `\(type)` have no tags", expected: nil, range: e.range)
      }
      if operation == .hasTag { return known.contains(capability) ? (.bool(true), []) : (.bool(nil), [capability]) }
      guard known.contains(capability) else {
        throw Failure(
          message: "the tag may be missing", expected: "a test with `hasTag` before", range: e.range,
          isAboutAbsence: true)
      }
      return (CheckedType(tags), [])
    }
  }

  private func call(_ function: ExtensionFunction, _ arguments: [Expression], _ e: Expression, _ known: Capabilities)
    throws(Failure) -> CheckedType
  {
    guard arguments.count == function.arity else { throw wrong("\(function.arity) arguments", e) }
    if function.isConstructor {
      guard case .literal(let value) = arguments[0].kind, (try? function.apply(to: [value])) != nil else {
        throw wrong("a literal that `\(function.rawValue)` takes", arguments[0])
      }
      return .extension(function)
    }
    let (types, result): ([ExtensionFunction], CheckedType) =
      switch function {
      case .isIpv4, .isIpv6, .isLoopback, .isMulticast: ([.ip], .bool(nil))
      case .isInRange: ([.ip, .ip], .bool(nil))
      case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: ([.decimal, .decimal], .bool(nil))
      case .offset: ([.datetime, .duration], .extension(.datetime))
      case .durationSince: ([.datetime, .datetime], .extension(.duration))
      case .toDate: ([.datetime], .extension(.datetime))
      case .toTime: ([.datetime], .extension(.duration))
      default: ([.duration], .long)
      }
    var attempts = Attempts(mistakes)
    for (type, argument) in zip(types, arguments) {
      attempts.attempt { () throws(Failure) in try require(.extension(type), argument, known) }
    }
    try attempts.finish()
    return result
  }
}
