import Cedar

/// All requests of one environment, with all entities that they can meet, as terms of one script.
///
/// Attributes are unknown functions of an entity's identifier and ancestors unknown relations, so that nothing is
/// quantified: what must hold of a hierarchy and of sets is required of those entities and elements that policies come
/// upon (the footprint), which is enough, since no policy can see more.
final class RequestSpace {
  let domain: any EntityDomain
  let environment: RequestEnvironment
  let script = SMTScript()
  let hierarchy: SchemaHierarchy
  private(set) var principal = SMTTerm.no
  private(set) var resource = SMTTerm.no
  private(set) var context: SymbolicValue = .record([:])

  /// What was asked about entities, for turning a model back into some.
  private(set) var attributes: [EntityFact] = []
  private(set) var tags: [TagFact] = []
  private(set) var ancestors: [AncestorFact] = []
  private var known: Set<[SMTTerm]> = []
  private var attributeCache: [String: SymbolicField] = [:]

  /// The identifiers that policies and the schema write out, by type: the number stands for the identifier.
  private(set) var identifiers: [EntityType: [CedarString]] = [:]
  private var numbers: [EntityUID: Int] = [:]

  private var elements: [SchemaType: [(terms: [SMTTerm], value: SymbolicValue)]] = [:]
  private var elementKeys: Set<[SMTTerm]> = []
  private var searches: [Search] = []
  /// What had to be left open: each stands for anything that a policy may say there.
  var limitations: [Unsupported] = []

  struct EntityFact {
    var type: EntityType
    var id: SMTTerm
    var name: CedarString
    var field: SymbolicField
  }

  struct TagFact {
    var type: EntityType
    var id: SMTTerm
    var key: SMTTerm
    var field: SymbolicField
  }

  struct AncestorFact {
    var type: EntityType
    var id: SMTTerm
    var ancestorType: EntityType
    var ancestor: SMTTerm
    var holds: SMTTerm
  }

  /// Whether an unknown set has an element of some kind.
  private struct Search {
    var element: SchemaType
    var isFound: SMTTerm
    var isMatch: (SymbolicValue) throws(Unsupported) -> SMTTerm
  }

  /// No more triples of entities are looked at, so that no hierarchy exhausts the memory.
  static let maximumTriples = 100_000

  init(_ environment: RequestEnvironment, _ domain: any EntityDomain) {
    self.domain = domain
    self.environment = environment
    hierarchy = SchemaHierarchy(domain.schema)
    for (type, declaration) in domain.schema.entityTypes {
      for id in declaration.identifiers ?? [] { _ = number(EntityUID(type: type, id: id)) }
    }
    principal = identifier(of: environment.principal, "principal", [])
    resource = identifier(of: environment.resource, "resource", [])
    context = .record(fields(domain.schema.actions[environment.action]?.context ?? [:], "context", []))
    domain.constrain(self)
  }

  // MARK: Identifiers

  private func number(_ uid: EntityUID) -> Int {
    if let number = numbers[uid] { return number }
    let number = identifiers[uid.type, default: []].count
    numbers[uid] = number
    identifiers[uid.type, default: []].append(uid.id)
    return number
  }

  /// The term of an entity that is written out.
  func term(_ uid: EntityUID) throws(Unsupported) -> SMTTerm {
    guard domain.hasVisibleIdentifiers(uid.type) else { return .integer(number(uid)) }
    guard let term = SMTTerm.string(uid.id.string) else { throw Unsupported("`\(uid)` has characters beyond U+2FFFF") }
    return term
  }

  private func identifier(of type: EntityType, _ key: String, _ arguments: [SMTTerm]) -> SMTTerm {
    if domain.hasVisibleIdentifiers(type) { return script.apply(key, arguments, .string) }
    let term = script.apply(key, arguments, .integer)
    if let listed = domain.schema.entityTypes[type]?.identifiers {
      script.require(script.call("<=", [.integer(0), term], .bool))
      script.require(script.call("<", [term, .integer(listed.count)], .bool))
    }
    return term
  }

  // MARK: Values

  /// Any value of a type, known by a key and the arguments it depends on.
  func value(_ type: SchemaType, _ key: String, _ arguments: [SMTTerm]) -> SymbolicValue {
    switch type {
    case .bool: return .bool(script.apply(key, arguments, .bool))
    case .long: return .long(script.apply(key, arguments, .bits(64)))
    case .string: return .string(script.apply(key, arguments, .string))
    case .entity(let type): return .entity(type, identifier(of: type, key, arguments))
    case .extension(.ip):
      let address = SymbolicAddress(
        isIPv6: script.apply(key + "\u{0}v6", arguments, .bool),
        bits: script.apply(key + "\u{0}bits", arguments, .bits(128)),
        prefix: script.apply(key + "\u{0}prefix", arguments, .bits(128)))
      let limit = script.choose(address.isIPv6, .bits(128, width: 128), .bits(32, width: 128))
      script.require(script.call("bvule", [address.prefix, limit], .bool))
      script.require(
        script.or(
          address.isIPv6, script.call("bvule", [address.bits, .bits(UInt32.max, width: 128)], .bool)))
      return .address(address)
    case .extension(let function): return .number(function, script.apply(key, arguments, .bits(64)))
    case .set(let element): return .set(.unknown(element: element, function: key, arguments: arguments))
    case .record(let types): return .record(fields(types, key, arguments))
    }
  }

  private func fields(
    _ types: [CedarString: SchemaAttribute], _ key: String, _ arguments: [SMTTerm]
  ) -> [CedarString: SymbolicField] {
    var result: [CedarString: SymbolicField] = [:]
    for (name, attribute) in types.sorted(by: { $0.key < $1.key }) {
      let inner = key + "\u{0}." + name.quoted
      result[name] = SymbolicField(
        presence: attribute.isRequired ? .yes : script.apply(inner + "\u{0}?", arguments, .bool),
        value: value(attribute.type, inner, arguments))
    }
    return result
  }

  // MARK: Entities

  /// Whether an entity of the type can be there at all.
  private func exists(_ type: EntityType, _ id: SMTTerm) -> SMTTerm {
    guard let declaration = domain.schema.entityTypes[type] else { return .no }
    if let listed = declaration.identifiers, id.isConstant, case .integer = id.sort {
      return .bool(Int(id.text).map { $0 < listed.count } ?? false)
    }
    return domain.exists(type, id, self)
  }

  /// An attribute of an entity; present where the entity is there and has it. `nil` where no entity of the type has one.
  func attribute(_ name: CedarString, of type: EntityType, _ id: SMTTerm) -> SymbolicField? {
    guard let attribute = domain.schema.entityTypes[type]?.attributes[name] else { return nil }
    let exists = exists(type, id)
    guard !exists.isFalse else { return nil }
    if domain.identifyingAttribute(of: type) == name { return SymbolicField(presence: exists, value: .string(id)) }
    let key = "\u{1}\(type)\u{0}.\(name.quoted)"
    if let known = attributeCache[key + "\u{0}" + id.text] { return known }
    let present = attribute.isRequired ? SMTTerm.yes : script.apply(key + "\u{0}?", [id], .bool)
    let field = SymbolicField(presence: script.and(exists, present), value: value(attribute.type, key, [id]))
    attributeCache[key + "\u{0}" + id.text] = field
    attributes.append(EntityFact(type: type, id: id, name: name, field: field))
    return field
  }

  /// A tag of an entity. `nil` where no entity of the type has any.
  func tag(_ name: SMTTerm, of type: EntityType, _ id: SMTTerm) -> SymbolicField? {
    guard let tag = domain.schema.entityTypes[type]?.tags else { return nil }
    let key = "\u{2}\(type)"
    let present = script.apply(key + "\u{0}?", [id, name], .bool)
    let field = SymbolicField(
      presence: script.and(exists(type, id), present), value: value(tag, key, [id, name]))
    if known.insert([id, name, present]).inserted {
      tags.append(TagFact(type: type, id: id, key: name, field: field))
    }
    return field
  }

  /// Whether an entity is another or below it.
  func isEntity(
    _ type: EntityType, _ id: SMTTerm, in ancestorType: EntityType, _ ancestor: SMTTerm
  ) throws(Unsupported) -> SMTTerm {
    let same = type == ancestorType ? script.equal(id, ancestor) : .no
    if same.isTrue { return .yes }
    if domain.schema.actions.keys.contains(where: { $0.type == type }) {
      guard ancestorType.basename == "Action" || ancestorType == type else { return .no }
      guard id.isConstant, ancestor.isConstant, let action = uid(type, id), let above = uid(ancestorType, ancestor)
      else { throw Unsupported("the hierarchy of an action that is not written out") }
      return .bool(hierarchy.isAction(action, in: above))
    }
    if let below = domain.isBelow(type, id, ancestorType, ancestor, self) { return script.or(same, below) }
    guard canBe(type, below: ancestorType) else { return same }
    return script.or(same, below(type, id, ancestorType, ancestor))
  }

  private func uid(_ type: EntityType, _ id: SMTTerm) -> EntityUID? {
    guard let number = Int(id.text), let ids = identifiers[type], ids.indices.contains(number) else { return nil }
    return EntityUID(type: type, id: ids[number])
  }

  private func canBe(_ type: EntityType, below ancestor: EntityType) -> Bool {
    guard let declaration = domain.schema.entityTypes[type] else { return false }
    return declaration.parents.contains { hierarchy.isType($0, in: ancestor) }
  }

  private func below(
    _ type: EntityType, _ id: SMTTerm, _ ancestorType: EntityType, _ ancestor: SMTTerm
  ) -> SMTTerm {
    let holds = script.apply("\u{3}\(type)\u{0}\(ancestorType)", [id, ancestor], .bool)
    if known.insert([id, ancestor, holds]).inserted {
      ancestors.append(
        AncestorFact(type: type, id: id, ancestorType: ancestorType, ancestor: ancestor, holds: holds))
    }
    return holds
  }

  // MARK: Sets

  /// Whether a value is an element.
  func contains(_ set: SymbolicSet, _ value: SymbolicValue) throws(Unsupported) -> SMTTerm {
    switch set {
    case .listed(let items):
      var terms: [SMTTerm] = []
      for item in items { terms.append(try equal(item, value)) }
      return script.or(terms)
    case .choice(let test, let first, let second):
      return script.choose(test, try contains(first, value), try contains(second, value))
    case .unknown(let element, let function, let arguments):
      guard fits(value, element) else { return .no }
      guard let terms = value.terms else { throw Unsupported("a set of sets, or of records with optional parts") }
      if elementKeys.insert(terms).inserted { elements[element, default: []].append((terms, value)) }
      return script.apply(function, arguments + terms, .bool)
    }
  }

  /// Whether an element is of some kind.
  func isAny(
    of set: SymbolicSet, _ isMatch: @escaping (SymbolicValue) throws(Unsupported) -> SMTTerm
  ) throws(Unsupported) -> SMTTerm {
    switch set {
    case .listed(let items):
      var terms: [SMTTerm] = []
      for item in items { terms.append(try isMatch(item)) }
      return script.or(terms)
    case .choice(let test, let first, let second):
      return script.choose(test, try isAny(of: first, isMatch), try isAny(of: second, isMatch))
    case .unknown(let element, _, _):
      let isFound = script.apply(script.freshKey(), [], .bool)
      let witness = value(element, script.freshKey(), [])
      let found = script.and(try contains(set, witness), try isMatch(witness))
      script.require(script.implies(isFound, found))
      searches.append(
        Search(element: element, isFound: isFound) { [self] (item: SymbolicValue) throws(Unsupported) -> SMTTerm in
          script.and(try contains(set, item), try isMatch(item))
        })
      return isFound
    }
  }

  /// Whether all elements of one set are in another.
  func isSubset(_ set: SymbolicSet, of other: SymbolicSet) throws(Unsupported) -> SMTTerm {
    script.not(
      try isAny(of: set) { [self] (item: SymbolicValue) throws(Unsupported) -> SMTTerm in
        script.not(try contains(other, item))
      })
  }

  private func fits(_ value: SymbolicValue, _ type: SchemaType) -> Bool {
    switch (value, type) {
    case (.bool, .bool), (.long, .long), (.string, .string), (.address, .extension(.ip)), (.set, .set): true
    case (.entity(let found, _), .entity(let type)): found == type
    case (.number(let found, _), .extension(let function)): found == function
    case (.record(let fields), .record(let types)):
      fields.count == types.count
        && fields.allSatisfy { name, field in types[name].map { fits(field.value, $0.type) } ?? false }
    default: false
    }
  }

  // MARK: Equality

  /// Whether two values are the same one.
  func equal(_ left: SymbolicValue, _ right: SymbolicValue) throws(Unsupported) -> SMTTerm {
    switch (left, right) {
    case (.bool(let a), .bool(let b)), (.long(let a), .long(let b)), (.string(let a), .string(let b)):
      return script.equal(a, b)
    case (.entity(let type, let a), .entity(let other, let b)): return type == other ? script.equal(a, b) : .no
    case (.number(let function, let a), .number(let other, let b)):
      return function == other ? script.equal(a, b) : .no
    case (.address(let a), .address(let b)):
      return script.and(
        script.equal(a.isIPv6, b.isIPv6), script.equal(a.bits, b.bits), script.equal(a.prefix, b.prefix))
    case (.record(let a), .record(let b)):
      var parts: [SMTTerm] = []
      for name in Set(a.keys).union(b.keys).sorted() {
        switch (a[name], b[name]) {
        case (let x?, let y?):
          parts.append(script.equal(x.presence, y.presence))
          parts.append(script.implies(x.presence, try equal(x.value, y.value)))
        case (let x?, nil), (nil, let x?): parts.append(script.not(x.presence))
        case (nil, nil): break
        }
      }
      return script.and(parts)
    case (.set(let a), .set(let b)): return script.and(try isSubset(a, of: b), try isSubset(b, of: a))
    default: return .no
    }
  }

  // MARK: What holds of the footprint

  /// Requires of the entities and elements met what must hold of them. Called once, after all policies.
  func close() throws(Unsupported) {
    var done = 0
    // What an element is asked may bring up elements of other types, but no search.
    for _ in 0..<4 {
      let total = elements.values.reduce(0) { $0 + $1.count }
      guard total != done else { break }
      done = total
      for search in searches {
        for item in elements[search.element] ?? [] {
          script.require(script.implies(try search.isMatch(item.value), search.isFound))
        }
      }
    }
    guard elements.values.reduce(0, { $0 + $1.count }) == done else { throw Unsupported("sets too intertwined") }
    // The searches refer to this space.
    searches = []
    try closeHierarchy()
  }

  /// What was asked of two entities must fit together: whatever is below one entity is below all that this one is
  /// below, and nothing is below itself. Pairs that nothing was asked of, and that follow from none that was, can stay
  /// apart, so that they need no formula.
  private func closeHierarchy() throws(Unsupported) {
    var fromType: [EntityType: [AncestorFact]] = [:]
    var toType: [EntityType: [AncestorFact]] = [:]
    var triples: Set<[SMTTerm]> = []
    var position = 0
    // What follows is appended to the facts on the way.
    while position < ancestors.count {
      let fact = ancestors[position]
      position += 1
      fromType[fact.type, default: []].append(fact)
      toType[fact.ancestorType, default: []].append(fact)
      if fact.type == fact.ancestorType {
        script.require(script.not(script.and(fact.holds, script.equal(fact.id, fact.ancestor))))
      }
      let chains =
        (fromType[fact.ancestorType] ?? []).map { (fact, $0) } + (toType[fact.type] ?? []).map { ($0, fact) }
      for (lower, upper) in chains {
        // The entity in the middle goes by two terms, which may mean the same one.
        let (middle, other) = (lower.ancestor, upper.id)
        guard middle == other || !(middle.isConstant && other.isConstant) else { continue }
        guard triples.insert([lower.holds, middle, upper.holds]).inserted else { continue }
        guard triples.count <= Self.maximumTriples else {
          throw Unsupported("a hierarchy of more than \(Self.maximumTriples) triples of entities")
        }
        let above = below(lower.ancestorType, middle, upper.ancestorType, upper.ancestor)
        let all = below(lower.type, lower.id, upper.ancestorType, upper.ancestor)
        script.require(script.implies(script.and(lower.holds, above), all))
      }
    }
  }

  /// The elements met of a type.
  func elements(of type: SchemaType) -> [SymbolicValue] { (elements[type] ?? []).map(\.value) }
}
