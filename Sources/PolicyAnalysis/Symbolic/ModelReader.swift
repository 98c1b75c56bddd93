import Cedar

/// Turns what a solver found back into a request and entities.
struct ModelReader {
  let space: RequestSpace
  private let model: [SMTTerm: SMTValue]
  private var entities: [EntityUID: Entity] = [:]
  private var taken: Set<EntityUID> = []

  /// The terms whose values are needed, each once.
  static func terms(_ space: RequestSpace) -> [SMTTerm] {
    var result: [SMTTerm] = []
    var seen: Set<SMTTerm> = []
    func add(_ terms: [SMTTerm]) {
      for term in terms where !term.isConstant && seen.insert(term).inserted { result.append(term) }
    }
    func add(_ value: SymbolicValue) {
      switch value {
      case .record(let fields):
        for (_, field) in fields.sorted(by: { $0.key < $1.key }) {
          add([field.presence])
          add(field.value)
        }
      case .set(.unknown(let element, let function, let arguments)):
        for item in space.elements(of: element) {
          guard let terms = item.terms else { continue }
          add(terms)
          add([space.script.apply(function, arguments + terms, .bool)])
        }
      case .set: break
      default: add(value.terms ?? [])
      }
    }
    add([space.principal, space.resource])
    add(space.context)
    for fact in space.attributes {
      add([fact.id, fact.field.presence])
      add(fact.field.value)
    }
    for fact in space.tags {
      add([fact.id, fact.key, fact.field.presence])
      add(fact.field.value)
    }
    for fact in space.ancestors { add([fact.id, fact.ancestor, fact.holds]) }
    return result
  }

  init(_ space: RequestSpace, _ model: [SMTTerm: SMTValue]) {
    self.space = space
    self.model = model
  }

  /// The request and the entities; `nil` where the solver's answer lacks a value.
  mutating func read() -> (Request, Entities)? {
    let environment = space.environment
    guard let principal = uid(environment.principal, space.principal),
      let resource = uid(environment.resource, space.resource), case .record(let context)? = value(space.context)
    else { return nil }
    for (uid, action) in space.domain.schema.actions {
      entities[uid] = Entity(uid, parents: action.parents)
    }
    for uid in [principal, resource] { ensure(uid) }
    for fact in space.attributes {
      guard let uid = uid(fact.type, fact.id) else { return nil }
      ensure(uid)
      guard isTrue(fact.field.presence), entities[uid]?.attributes[fact.name] == nil else { continue }
      guard let value = value(fact.field.value) else { return nil }
      entities[uid]?.attributes[fact.name] = value
    }
    for fact in space.tags {
      guard let uid = uid(fact.type, fact.id), case .string(let key)? = constant(fact.key) else { return nil }
      ensure(uid)
      guard isTrue(fact.field.presence) else { continue }
      guard let value = value(fact.field.value) else { return nil }
      entities[uid]?.tags[CedarString(key)] = value
    }
    for fact in space.ancestors where isTrue(fact.holds) {
      guard let uid = uid(fact.type, fact.id), let ancestor = self.uid(fact.ancestorType, fact.ancestor) else {
        return nil
      }
      ensure(uid)
      ensure(ancestor)
      link(uid, below: ancestor)
    }
    fill()
    guard let known = try? Entities(Array(entities.values)) else { return nil }
    let request = Request(
      principal: principal, action: environment.action, resource: resource, context: context)
    return space.domain.completed(request, known)
  }

  // MARK: Values

  private func constant(_ term: SMTTerm) -> SMTValue? {
    if let value = model[term] { return value }
    return term.isConstant ? SMTAnswer("((\(term.text) \(term.text)))").values.first ?? nil : nil
  }

  private func isTrue(_ term: SMTTerm) -> Bool { constant(term) == .bool(true) }

  private func long(_ term: SMTTerm) -> Int64? {
    guard case .bits(let bits)? = constant(term) else { return nil }
    return Int64(truncatingIfNeeded: bits)
  }

  private func value(_ symbolic: SymbolicValue) -> Value? {
    switch symbolic {
    case .bool(let term): return .bool(isTrue(term))
    case .long(let term): return long(term).map { .long($0) }
    case .string(let term):
      guard case .string(let text)? = constant(term) else { return nil }
      return .string(CedarString(text))
    case .entity(let type, let id): return uid(type, id).map { .entity($0) }
    case .number(.decimal, let term): return long(term).map { .extension(.decimal(Decimal(scaled: $0))) }
    case .number(.datetime, let term): return long(term).map { .extension(.datetime($0)) }
    case .number(_, let term): return long(term).map { .extension(.duration($0)) }
    case .address(let address):
      guard case .bits(let bits)? = constant(address.bits), case .bits(let prefix)? = constant(address.prefix) else {
        return nil
      }
      return .extension(
        .address(
          IPAddress(isIPv6: isTrue(address.isIPv6), bits: bits, prefixLength: Int(clamping: min(prefix, 128)))))
    case .record(let fields):
      var values: [CedarString: Value] = [:]
      for (name, field) in fields where isTrue(field.presence) {
        guard let value = value(field.value) else { return nil }
        values[name] = value
      }
      return .record(values)
    case .set(.unknown(let element, let function, let arguments)):
      var values: Set<Value> = []
      for item in space.elements(of: element) {
        guard let terms = item.terms, isTrue(space.script.apply(function, arguments + terms, .bool)) else { continue }
        guard let value = value(item) else { return nil }
        values.insert(value)
      }
      return .set(values)
    case .set: return nil
    }
  }

  // MARK: Entities

  private func uid(_ type: EntityType, _ id: SMTTerm) -> EntityUID? {
    switch constant(id) {
    case .string(let text)?: return EntityUID(type: type, id: CedarString(text))
    case .integer(let number)?:
      let written = space.identifiers[type] ?? []
      if written.indices.contains(number) { return EntityUID(type: type, id: written[number]) }
      var name = "\(type.basename.lowercased())\(number.magnitude)"
      while written.contains(CedarString(name)) { name += "'" }
      return EntityUID(type: type, id: CedarString(number < 0 ? "-" + name : name))
    default: return nil
    }
  }

  private mutating func ensure(_ uid: EntityUID) {
    if entities[uid] == nil { entities[uid] = Entity(uid) }
  }

  /// Puts an entity below another, by others of the types between them where the schema has it so.
  private mutating func link(_ uid: EntityUID, below ancestor: EntityUID) {
    let types = space.domain.schema.entityTypes
    var pending = [[uid.type]]
    var seen: Set<EntityType> = []
    while !pending.isEmpty {
      let path = pending.removeFirst()
      guard let parents = path.last.flatMap({ types[$0]?.parents }) else { continue }
      if parents.contains(ancestor.type) {
        var child = uid
        for type in path.dropFirst() {
          let between = fresh(type)
          ensure(between)
          entities[child]?.parents.insert(between)
          child = between
        }
        entities[child]?.parents.insert(ancestor)
        return
      }
      for parent in parents.sorted() where seen.insert(parent).inserted { pending.append(path + [parent]) }
    }
  }

  private mutating func fresh(_ type: EntityType) -> EntityUID {
    let written = Set(space.identifiers[type] ?? [])
    var number = 0
    while true {
      let uid = EntityUID(type: type, id: CedarString("other\(number == 0 ? "" : "\(number)")"))
      if !written.contains(uid.id), entities[uid] == nil, taken.insert(uid).inserted { return uid }
      number += 1
    }
  }

  /// Gives every entity the attributes that it must have, and every entity that these refer to.
  private mutating func fill() {
    var others: [EntityType: EntityUID] = [:]
    var pending = Array(entities.keys)
    while let uid = pending.popLast() {
      guard let declaration = space.domain.schema.entityTypes[uid.type] else { continue }
      for (name, attribute) in declaration.attributes where attribute.isRequired {
        guard entities[uid]?.attributes[name] == nil else { continue }
        let value = plain(attribute.type, &others, &pending)
        entities[uid]?.attributes[name] = value
      }
    }
  }

  private mutating func plain(
    _ type: SchemaType, _ others: inout [EntityType: EntityUID], _ pending: inout [EntityUID]
  ) -> Value {
    switch type {
    case .bool: return .bool(false)
    case .long: return .long(0)
    case .string: return .string("")
    case .set: return .set([])
    case .extension(.ip): return .extension(.address(IPAddress(isIPv6: false, bits: 0, prefixLength: 32)))
    case .extension(.decimal): return .extension(.decimal(Decimal(scaled: 0)))
    case .extension(.datetime): return .extension(.datetime(0))
    case .extension: return .extension(.duration(0))
    case .record(let fields):
      var values: [CedarString: Value] = [:]
      for (name, field) in fields where field.isRequired { values[name] = plain(field.type, &others, &pending) }
      return .record(values)
    case .entity(let type):
      if let known = others[type] { return .entity(known) }
      let listed = space.domain.schema.entityTypes[type]?.identifiers?.first
      let uid = listed.map { EntityUID(type: type, id: $0) } ?? fresh(type)
      others[type] = uid
      if entities[uid] == nil {
        ensure(uid)
        pending.append(uid)
      }
      return .entity(uid)
    }
  }
}
