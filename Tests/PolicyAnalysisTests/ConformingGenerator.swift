import Cedar

/// Policies, requests and entities at random that conform to one schema, small enough that they meet.
struct ConformingGenerator {
  static let schema = """
    entity Team in [Team];
    entity User in [Team] { level: Long, dept: String, boss?: User, tags: Set<String>, home: ipaddr } tags Long;
    entity File { owner: User, readers: Set<User>, note?: { text: String, size?: Long } };
    action any;
    action read, write in [any] appliesTo {
      principal: [User, Team], resource: [File], context: { mode?: String, limit: Long, from: User }
    };
    """

  /// SplitMix64 (Steele, Lea and Flood): the same numbers for the same seed.
  struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  var numbers: Numbers

  init(seed: UInt64) { numbers = Numbers(state: seed) }

  mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &numbers)] }
  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }

  static let users = ["a", "b", "c"].map { EntityUID(type: "User", id: $0) }
  static let teams = ["s", "t", "u"].map { EntityUID(type: "Team", id: $0) }
  static let files = ["x", "y"].map { EntityUID(type: "File", id: $0) }

  private mutating func text() -> CedarString { pick(["p", "q", "pq", ""]) }

  private mutating func texts() -> Value { .set(Set([text(), text()].filter { _ in chance(60) }.map { .string($0) })) }

  private mutating func long() -> Value { .long(pick([0, 1, 2, 3, .max, .min])) }

  mutating func entities() throws -> Entities {
    var list: [Entity] = []
    for uid in Self.teams {
      // Only later teams are above, so that there is no cycle.
      list.append(Entity(uid, parents: Set(Self.teams.filter { $0 > uid }.filter { _ in chance(40) })))
    }
    for uid in Self.users {
      var attributes: [CedarString: Value] = ["level": long(), "dept": .string(text()), "tags": texts()]
      attributes["home"] = IPAddress(pick(["10.0.0.1", "10.0.0.0/8", "192.168.0.1", "::1"])).map {
        .extension(.address($0))
      }
      if chance(60) { attributes["boss"] = .entity(pick(Self.users)) }
      var tags: [CedarString: Value] = [:]
      for name in ["p", "q"] as [CedarString] where chance(50) { tags[name] = long() }
      list.append(
        Entity(uid, attributes: attributes, tags: tags, parents: Set(Self.teams.filter { _ in chance(30) })))
    }
    for uid in Self.files {
      var attributes: [CedarString: Value] = ["owner": .entity(pick(Self.users))]
      attributes["readers"] = .set(Set(Self.users.filter { _ in chance(40) }.map { .entity($0) }))
      if chance(60) {
        var note: [CedarString: Value] = ["text": .string(text())]
        if chance(50) { note["size"] = long() }
        attributes["note"] = .record(note)
      }
      list.append(Entity(uid, attributes: attributes))
    }
    for id in ["read", "write"] as [CedarString] {
      list.append(
        Entity(EntityUID(type: "Action", id: id), parents: [EntityUID(type: "Action", id: "any")]))
    }
    return try Entities(list)
  }

  mutating func request() -> Request {
    var context: [CedarString: Value] = ["limit": long(), "from": .entity(pick(Self.users))]
    if chance(60) { context["mode"] = .string(text()) }
    return Request(
      principal: pick(Self.users + Self.users + Self.teams),
      action: EntityUID(type: "Action", id: pick(["read", "write"])),
      resource: pick(Self.files), context: context)
  }

  // MARK: Policies

  private mutating func user(_ depth: Int = 0) -> String {
    depth < 2 && chance(25)
      ? "\(user(depth + 1)).boss"
      : pick(["principal", "principal", "resource.owner", "context.from", "\(pick(Self.users))"])
  }

  private mutating func string() -> String {
    pick(["\"p\"", "\"q\"", "\"pq\"", "\(user()).dept", "context.mode", "resource.note.text"])
  }

  private mutating func number(_ depth: Int = 0) -> String {
    if depth < 2, chance(20) { return "(\(number(depth + 1)) \(pick(["+", "-", "*"])) \(number(depth + 1)))" }
    let user = user()
    return pick([
      "0", "1", "2", "\(user).level", "context.limit", "resource.note.size", "-\(user).level",
      "\(user).getTag(\"p\")", "\(user).getTag(\(string()))",
    ])
  }

  private mutating func strings() -> String {
    pick(["\(user()).tags", "[\"p\"]", "[\"p\", \"q\"]", "[\(string())]", "[]"])
  }

  private mutating func team() -> String { "\(pick(Self.teams))" }

  mutating func condition(_ depth: Int = 0) -> String {
    let user = user()
    let other = self.user()
    switch Int.random(in: 0..<(depth > 2 ? 17 : 22), using: &numbers) {
    case 0: return "\(string()) == \(string())"
    case 1: return "\(number()) \(pick(["==", "<", "<=", ">", ">="])) \(number())"
    case 2: return "\(user) == \(other)"
    case 3: return "\(user) in \(chance(60) ? team() : "[\(team()), \(team())]")"
    case 4: return "\(user) in resource.readers"
    case 5: return "resource.readers.contains(\(user))"
    case 6: return "\(strings()).\(pick(["containsAll", "containsAny"]))(\(strings()))"
    case 7: return "\(strings()).contains(\(string()))"
    case 8: return "\(strings()) == \(strings())"
    case 9:
      return pick(["\(user) has boss", "context has mode", "resource has note.size", "\(user).hasTag(\(string()))"])
    case 10: return "\(string()) like \(pick(["\"p*\"", "\"*q\"", "\"p*q\"", "\"*\""]))"
    case 11: return "\(user).home.\(pick(["isIpv4()", "isInRange(ip(\"10.0.0.0/8\"))", "isLoopback()"]))"
    case 12: return "\(team()) in \(team())"
    case 13: return "resource.note == {text: \(string())\(chance(50) ? ", size: \(number())" : "")}"
    case 14: return "\(user) is \(pick(["User", "Team"]))" + (chance(50) ? " in \(team())" : "")
    case 15: return pick(["\(user).tags.isEmpty()", "action in Action::\"any\"", "action == Action::\"read\""])
    // Ill-typed, so an error or false.
    case 16:
      return pick(["\(user).level == \"p\"", "\(user).dept < 1", "\(user).nothing == 1", "\(number()) == \(string())"])
    case 17: return "!(\(condition(depth + 1)))"
    case 18, 19: return "(\(condition(depth + 1)) && \(condition(depth + 1)))"
    case 20: return "(\(condition(depth + 1)) || \(condition(depth + 1)))"
    default: return "(if \(condition(depth + 1)) then \(condition(depth + 1)) else \(condition(depth + 1)))"
    }
  }

  mutating func policy() -> String {
    let principal = pick([
      "principal", "principal", "principal == \(pick(Self.users))", "principal in \(team())", "principal is User",
    ])
    let action = pick(["action", "action", "action == Action::\"read\"", "action in [Action::\"any\"]"])
    let resource = pick(["resource", "resource", "resource == \(pick(Self.files))"])
    var text = "\(chance(70) ? "permit" : "forbid") (\(principal), \(action), \(resource))"
    for _ in 0..<Int.random(in: 0...2, using: &numbers) {
      text += " \(chance(75) ? "when" : "unless") { \(condition()) }"
    }
    return text + ";"
  }
}
