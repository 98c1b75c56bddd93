@testable import Cedar

/// Policies, entities and requests at random, in a vocabulary small enough that they meet, ill-typed ones included.
struct PolicyGenerator {
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

  static let users = ["a", "b", "c"].map { EntityUID(type: "User", id: CedarString($0)) }
  static let groups = ["g", "h", "i"].map { EntityUID(type: "Group", id: CedarString($0)) }
  static let files = ["x", "y"].map { EntityUID(type: "Files::File", id: CedarString($0)) }
  static let actions = ["read", "write", "any"].map { EntityUID(type: "Action", id: CedarString($0)) }
  static let names: [CedarString] = ["dept", "level", "tags", "boss", "flag", "place", "address"]

  mutating func value(_ depth: Int = 0) -> Value {
    switch Int.random(in: 0..<(depth > 1 ? 6 : 8), using: &numbers) {
    case 0: .bool(chance(50))
    case 1: .long(Int64.random(in: 0...2, using: &numbers))
    case 2, 3: .string(pick(["p", "q"]))
    case 4: .entity(pick(Self.users + Self.groups + Self.files))
    case 5: address()
    case 6: .set(Set((0..<2).map { _ in value(depth + 1) }))
    default: .record(attributes(depth + 1))
    }
  }

  mutating func address() -> Value {
    IPAddress(pick(["10.0.0.1", "10.0.0.0/8", "::1"])).map { .extension(.address($0)) } ?? .bool(false)
  }

  mutating func attributes(_ depth: Int = 0) -> [CedarString: Value] {
    var result: [CedarString: Value] = [:]
    for name in Self.names where chance(60) {
      // Mostly what policies expect there, sometimes anything.
      if chance(20) {
        result[name] = value(depth)
        continue
      }
      switch name {
      case "dept": result[name] = .string(pick(["p", "q"]))
      case "level": result[name] = .long(Int64.random(in: 0...2, using: &numbers))
      case "tags": result[name] = .set([.string(pick(["p", "q"])), .long(1)])
      case "boss": result[name] = .entity(pick(Self.users))
      case "flag": result[name] = .bool(chance(50))
      case "address": result[name] = address()
      default: result[name] = depth > 0 ? .string("p") : .record(attributes(depth + 1))
      }
    }
    return result
  }

  mutating func entities() -> Entities {
    var list: [Entity] = []
    for uid in Self.users + Self.groups + Self.files + Self.actions where chance(85) {
      // Only later groups are above, so that there is no cycle.
      let above = uid.type == "Group" ? Self.groups.filter { $0 > uid } : Self.groups
      list.append(Entity(uid, attributes: attributes(), parents: Set(above.filter { _ in chance(30) })))
    }
    return (try? Entities(list)) ?? Entities()
  }

  mutating func request() -> Request {
    Request(
      principal: pick(Self.users + Self.groups), action: pick(Self.actions), resource: pick(Self.files + Self.users),
      context: attributes())
  }

  private mutating func scope(_ variable: String, _ entities: [EntityUID]) -> String {
    let one = pick(entities)
    let above = pick(Self.groups)
    return pick([
      variable, variable, "\(variable) == \(one)", "\(variable) in \(above)", "\(variable) is \(one.type)",
      "\(variable) is \(one.type) in \(above)",
    ])
  }

  private mutating func path() -> String {
    let root = pick(["principal", "principal", "resource", "context", "action"])
    let name = pick(Self.names)
    return chance(15) ? "\(root).\(name).\(pick(Self.names))" : chance(90) ? "\(root).\(name)" : root
  }

  private mutating func constant() -> String {
    pick([
      "\"p\"", "\"q\"", "0", "1", "true", "\(pick(Self.users))", "\(pick(Self.groups))", "[\"p\", 1]", "[]",
      "ip(\"10.0.0.0/8\")", "ip(\"::1\")", "[\(pick(Self.users)), \(pick(Self.groups))]",
    ])
  }

  mutating func condition(_ depth: Int = 0) -> String {
    let path = path()
    switch Int.random(in: 0..<(depth > 2 ? 14 : 19), using: &numbers) {
    case 0, 1, 2: return chance(50) ? "\(path) == \(constant())" : "\(constant()) == \(path)"
    case 3: return "\(path) == \(self.path())"
    case 4: return "\(path) != \(constant())"
    case 5: return "\(path) \(pick(["<", "<=", ">", ">="])) \(pick(["1", self.path()]))"
    case 6: return "\(path) in \(chance(50) ? constant() : self.path())"
    case 7: return chance(50) ? "\(path).contains(\(constant()))" : "[\"p\", 1, \(pick(Self.users))].contains(\(path))"
    case 8: return "\(path).\(pick(["containsAny", "containsAll"]))([\"p\", 1])"
    case 9: return "[1, \"q\"].containsAny(\(path))"
    case 10: return "\(path) has \(pick(Self.names))" + (chance(20) ? ".\(pick(Self.names))" : "")
    case 11: return path
    case 12: return "\(path) is User" + (chance(40) ? " in \(pick(Self.groups))" : "")
    case 13:
      return pick([
        "\(path) like \"p*\"", "\(path).isInRange(ip(\"10.0.0.0/8\"))", "\(path).isIpv4()", "1 + \(path) == 2",
      ])
    case 14: return "!(\(condition(depth + 1)))"
    case 15, 16: return "(\(condition(depth + 1)) && \(condition(depth + 1)))"
    case 17: return "(\(condition(depth + 1)) || \(condition(depth + 1)))"
    default: return "(if \(condition(depth + 1)) then \(condition(depth + 1)) else \(condition(depth + 1)))"
    }
  }

  mutating func policy() -> String {
    let action = pick([
      "action", "action", "action == \(pick(Self.actions))", "action in \(Self.actions)", "action in []",
      "action in [\(pick(Self.actions))]",
    ])
    var text = "\(chance(70) ? "permit" : "forbid")(\(scope("principal", Self.users)), \(action), "
    text += "\(scope("resource", Self.files)))"
    for _ in 0..<Int.random(in: 0...2, using: &numbers) {
      text += " \(chance(75) ? "when" : "unless") { "
      text += (0..<Int.random(in: 1...3, using: &numbers)).map { _ in condition() }.joined(separator: " && ") + " }"
    }
    return text + ";"
  }
}
