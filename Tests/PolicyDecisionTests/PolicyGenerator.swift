import Interchange

/// Makes policies and HTTP requests at random, in a vocabulary small enough that they meet, ill-typed ones included.
struct PolicyGenerator {
  /// A generator that gives the same numbers for the same seed (SplitMix64).
  struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  var numbers: Numbers

  init(seed: UInt64) {
    numbers = Numbers(state: seed)
  }

  private static let paths = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/é", "/a/"]
  private static let roles = ["clerk", "reader", "admin"]
  private static let users = ["alice", "bob", "clerk"]
  private static let texts = ["", "a", "/a", "GET", "alice", "10.0.0.1", "high", "é", "*", "a/b"]
  private static let addresses = ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "::1", "ff02::1", "224.0.0.1"]

  private mutating func pick<T>(_ items: [T]) -> T { items[Int.random(in: 0..<items.count, using: &numbers)] }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &numbers) < percent }

  mutating func request() -> HTTPPolicyRequest {
    let isVisitor = chance(25)
    let roles = Self.roles.filter { _ in chance(40) }
    var attributes: [PolicyValueField] = []
    if chance(70) { attributes.append(PolicyValueField("threat_level", .string(ByteString(pick(["low", "high"]))))) }
    if chance(20) { attributes.append(PolicyValueField("host", .string("shadowed"))) }
    let source = PolicyAddress(ByteString(pick(Self.addresses))) ?? PolicyAddress(ipv4: 0)
    return HTTPPolicyRequest(
      user: isVisitor ? "" : ByteString(pick(Self.users)), scheme: ByteString(pick(["basic", "bearer"])),
      roles: roles.map { ByteString($0) }, method: ByteString(pick(["GET", "PUT", "DELETE", "PROPFIND"])),
      path: ByteString(pick(Self.paths + ["/a/b/c/d", "/x"])), query: ByteString(pick(Self.texts)),
      host: ByteString(pick(Self.texts)), source: source, attributes: attributes)
  }

  mutating func policy() -> String {
    let principal = pick([
      "principal", "principal", "principal == User::\"\(pick(Self.users))\"",
      "principal in Role::\"\(pick(Self.roles))\"",
      "principal is User", "principal is Visitor", "principal is User in Role::\"\(pick(Self.roles))\"",
      "principal == Visitor::\"anonymous\"", "principal in User::\"\(pick(Self.users))\"",
    ])
    let action = pick([
      "action", "action == Action::\"GET\"", "action in [Action::\"GET\", Action::\"PUT\"]", "action in []",
      "action in Action::\"DELETE\"",
    ])
    let path = pick(Self.paths)
    let resource = pick([
      "resource", "resource == Path::\"\(path)\"", "resource in Path::\"\(path)\"", "resource is Path",
      "resource is Path in Path::\"\(path)\"",
    ])
    var text = "\(pick(["permit", "permit", "forbid"])) (\(principal), \(action), \(resource))"
    for _ in 0..<Int.random(in: 0...2, using: &numbers) {
      text += " \(pick(["when", "when", "unless"])) { \(expression(.bool, 4)) }"
    }
    return text + ";"
  }

  enum Kind: CaseIterable { case bool, long, string, entity, address, set, record, any }

  /// An expression that is mostly of the kind asked for.
  mutating func expression(_ kind: Kind, _ depth: Int) -> String {
    if chance(3) { return atom(pick(Kind.allCases)) }
    guard depth > 0 else { return atom(kind) }
    let next = depth - 1
    if chance(8) {
      return "(if \(expression(.bool, next)) then \(expression(kind, next)) else \(expression(kind, next)))"
    }
    switch kind {
    case .bool: return bool(next)
    case .long:
      guard chance(60) else { return atom(.long) }
      return "(\(expression(.long, next)) \(pick(["+", "-", "*"])) \(expression(.long, next)))"
    case .string where chance(30):
      return "{\"n\": \(expression(.string, next)), m: 1}.n"
    case .set where chance(70):
      let element = pick([Kind.string, .long, .entity, .any])
      let items = (0..<Int.random(in: 0...3, using: &numbers)).map { _ in expression(element, next) }
      return "[\(items.joined(separator: ", "))]"
    case .record where chance(70):
      return "{\"b\": \(expression(.any, next)), \"a\": \(expression(.string, next))}"
    case .any: return expression(pick(Kind.allCases.filter { $0 != .any }), next)
    default: return atom(kind)
    }
  }

  private mutating func bool(_ depth: Int) -> String {
    switch Int.random(in: 0..<16, using: &numbers) {
    case 0: return "(\(expression(.bool, depth)) && \(expression(.bool, depth)) && \(expression(.bool, depth)))"
    case 1: return "(\(expression(.bool, depth)) || \(expression(.bool, depth)))"
    case 2: return "!(\(expression(.bool, depth)))"
    case 3, 4:
      let kind = pick(Kind.allCases)
      return "(\(expression(kind, depth)) \(pick(["==", "!="])) \(expression(kind, depth)))"
    case 5: return "(\(expression(.long, depth)) \(pick(["<", "<=", ">", ">="])) \(expression(.long, depth)))"
    case 6: return "(\(expression(.entity, depth)) in \(expression(pick([.entity, .set]), depth)))"
    case 7: return "(\(expression(.entity, depth)) has \(pick(["name", "path", "scheme", "other", "name.x"])))"
    case 8: return "(context has \(pick(["threat_level", "source", "host", "nothing", "host.x"])))"
    case 9: return "(\(expression(.string, depth)) like \"\(pick(["*", "a*", "*a", "/a*b*", "a\\\\*", "", "*é*"]))\")"
    case 10: return "(\(expression(.entity, depth)) is \(pick(["User", "Visitor", "Role", "Path", "Action"])))"
    case 11:
      return
        "(\(expression(.entity, depth)) is \(pick(["User", "Path"])) in \(expression(pick([.entity, .set]), depth)))"
    case 12: return "\(expression(.set, depth)).contains(\(expression(.any, depth)))"
    case 13:
      return "\(expression(.set, depth)).\(pick(["containsAll", "containsAny"]))(\(expression(.set, depth)))"
    case 14: return "\(expression(.address, depth)).isInRange(\(expression(.address, depth)))"
    default:
      return chance(50)
        ? "\(expression(.address, depth)).\(pick(["isIpv4", "isIpv6", "isLoopback", "isMulticast"]))()"
        : "\(expression(.set, depth)).isEmpty()"
    }
  }

  private mutating func atom(_ kind: Kind) -> String {
    switch kind {
    case .bool: return pick(["true", "false", "(context.method == \"GET\")"])
    case .long: return pick(["0", "1", "2", "(-3)", "9223372036854775807", "(-9223372036854775808)"])
    case .string:
      return pick([
        "\"\(pick(Self.texts))\"", "principal.name", "principal.scheme", "resource.path", "context.host",
        "context.method",
        "context.threat_level", "context[\"query\"]", "Path::\"/a\".path", "User::\"alice\".name",
      ])
    case .entity:
      return pick([
        "principal", "action", "resource", "User::\"\(pick(Self.users))\"", "Role::\"\(pick(Self.roles))\"",
        "Path::\"\(pick(Self.paths))\"", "Action::\"GET\"", "Visitor::\"anonymous\"",
      ])
    case .address:
      return pick(["context.source", "ip(\"\(pick(Self.addresses))\")", "ip(context.host)", "ip(\"nonsense\")"])
    case .set: return pick(["[]", "[\"a\", \"GET\"]", "[1, 2]", "[principal, resource]", "[[1], {\"a\": 2}]"])
    case .record: return pick(["{}", "{a: 1}", "context", "{a: context.host}"])
    case .any: return atom(pick(Kind.allCases.filter { $0 != .any }))
    }
  }
}
