import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import Authorization

final class FixedClock: Clock {
  var now = Instant(nanoseconds: 0)
  var wallMilliseconds: UInt64 = 1_700_000_000_000
}

final class EventList: EventSink {
  var events: [SecurityEvent] = []

  func record(_ event: SecurityEvent) { events.append(event) }
}

@Suite("authorization of requests")
struct AuthorizationTests {
  let events = EventList()
  let clock = FixedClock()

  private func module() -> Authorization { Authorization(clock: clock, events: events) }

  /// Permits the role `clerk` below `/orders`, and forbids all while the context says `threat_level` is `high`.
  private var bundle: [UInt8] {
    var parts = PolicyBundleParts()
    parts.names = ["threat_level"]
    parts.constants = [.string("high")]
    parts.nodes = [
      PolicyNode(.contextAttribute, 0), PolicyNode(.constant, 0), PolicyNode(.equal, 0, 1),
    ]
    parts.policies = [
      BundledPolicy(
        name: "clerks", forbids: false, principal: .within(PolicyEntity(.role, "clerk")), methods: .all,
        resource: .within(PolicyEntity(.path, "/orders")), condition: nil),
      BundledPolicy(
        name: "lock", forbids: true, principal: .any, methods: .all, resource: .any, condition: 2),
    ]
    return parts.encode()
  }

  private func set(_ name: ByteString, _ value: ParameterValue) -> Parameter {
    Parameter(module: "authorization", name: name, value: value)
  }

  private func level(_ level: ByteString) -> Parameter {
    set("attributes", .map([ParameterField("threat_level", .text(level))]))
  }

  private func exchange(
    _ principal: Principal, path: ByteString = "/orders/1", arrival: Instant = Instant(nanoseconds: 0),
    offering challenges: [ByteString] = []
  ) -> Exchange {
    let pipeline = Pipeline()
    for challenge in challenges { pipeline.add(ChallengingModule(challenge)) }
    let exchange = Exchange(
      request: HTTPRequest(method: "PUT", path: path), source: Endpoint(IPv4Address(10, 0, 0, 9), port: 4000),
      arrival: arrival, pipeline: pipeline
    ) { _ in }
    exchange.principal = principal
    return exchange
  }

  @Test("policies hold for their lease after the last word of the orchestrator, and again from the next one on")
  func lease() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low"), set("lease-ms", .integer(2000))])
    module.commit()
    func verdict(at milliseconds: Int) -> Bool {
      let exchange = exchange(clerk, arrival: Instant(nanoseconds: UInt64(milliseconds) * 1_000_000))
      if case .proceed = module.examine(exchange) { return true }
      return false
    }
    #expect(verdict(at: 0) && verdict(at: 2000))
    #expect(!verdict(at: 2001) && !verdict(at: 90_000))
    #expect(module.counters.contains(Counter("authorization.lapsed", 2)))
    module.contacted(at: Instant(nanoseconds: 100_000_000_000))
    #expect(verdict(at: 101_999) && !verdict(at: 102_001))
    // The wall clock does not matter.
    clock.wallMilliseconds = 0
    #expect(!verdict(at: 102_001))
    clock.now = Instant(nanoseconds: 103_000_000_000)
    try module.prepare([set("lease-ms", .integer(0))])
    module.commit()
    #expect(verdict(at: 900_000))
  }

  @Test("a lease that is none is refused", arguments: [ParameterValue.integer(-1), .text("60"), .integer(1 << 40)])
  func wrongLease(_ value: ParameterValue) throws {
    let module = module()
    #expect(throws: ParameterFault("authorization.lease-ms", expected: "a time in milliseconds, 0 for none")) {
      try module.prepare([set("bundle", .bytes(bundle)), set("lease-ms", value)])
    }
  }

  private let clerk = Principal(name: "carl", roles: ["clerk"], scheme: "basic")

  private func status(_ verdict: Verdict) -> Int {
    switch verdict {
    case .proceed: 0
    case .respond(let response): response.status
    case .suspend: -1
    }
  }

  @Test("the first message must have a bundle")
  func required() {
    let module = module()
    #expect(throws: ParameterFault.self) { try module.prepare([level("low")]) }
    #expect(status(module.examine(exchange(clerk))) == 403)
  }

  @Test("what a policy permits goes on, and nothing else")
  func decides() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    #expect(status(module.examine(exchange(clerk))) == 403)
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 0)
    #expect(status(module.examine(exchange(clerk, path: "/other"))) == 403)
    #expect(status(module.examine(exchange(Principal(name: "rita", roles: ["reader"], scheme: "basic")))) == 403)
    #expect(
      module.counters == [
        Counter("authorization.allowed", 1), Counter("authorization.denied", 3), Counter("authorization.errors", 0),
        Counter("authorization.lapsed", 0), Counter("authorization.policy-version", 0),
      ])
  }

  @Test("a visitor is asked for each kind of credentials, or sent away where there is none to show")
  func challenges() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    module.commit()
    #expect(status(module.examine(exchange(.visitor))) == 403)
    let exchange = exchange(.visitor, offering: ["Basic realm=\"a\"", "Bearer realm=\"a\""])
    guard case .respond(let response) = module.examine(exchange) else {
      Issue.record("the visitor was let in")
      return
    }
    #expect(response.status == 401)
    #expect(
      response.headers.filter { $0.name == "www-authenticate" }.map(\.value) == [
        "Basic realm=\"a\"", "Bearer realm=\"a\"",
      ])
  }

  @Test("a contextual attribute changes decisions from one request to the next")
  func attributes() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 0)
    try module.prepare([level("high")])
    #expect(status(module.examine(exchange(clerk))) == 0)
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 403)
    #expect(events.events.last?.details.last == ParameterField("policy", .text("lock")))
  }

  @Test("a policy that cannot be evaluated is left out and counted")
  func errors() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle))])
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 0)
    #expect(module.counters[2] == Counter("authorization.errors", 1))
  }

  @Test("a bad bundle is refused and what was in force stays", arguments: [0, 3, 20, 60])
  func bad(length: Int) throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    module.commit()
    let cut = Array(bundle[..<length])
    #expect(throws: ParameterFault.self) { try module.prepare([level("high"), set("bundle", .bytes(cut))]) }
    module.rollback()
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 0)
  }

  @Test(
    "settings of another shape or name are refused",
    arguments: [
      ("bundle", ParameterValue.text("x")), ("attributes", .list([])),
      ("attributes", .map([ParameterField("a", .integer(1))])),
      ("attributes", .map([ParameterField("a", .text("1")), ParameterField("a", .text("2"))])),
      ("bundel", .bytes([])),
    ] as [(ByteString, ParameterValue)])
  func shapes(name: ByteString, value: ParameterValue) {
    let module = module()
    #expect(throws: ParameterFault.self) { try module.prepare([set("bundle", .bytes(bundle)), set(name, value)]) }
  }

  @Test("what was prepared is forgotten when another module refuses")
  func rollback() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    module.rollback()
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 403)
  }

  private func version(_ tenant: ByteString, _ number: Int64, digest: Int = 32) -> Parameter {
    set(
      "version",
      .map([
        ParameterField("tenant", .text(tenant)), ParameterField("number", .integer(number)),
        ParameterField("digest", .bytes([UInt8](repeating: 1, count: digest))),
      ]))
  }

  @Test("a version follows one of the same tenant that is not newer; nothing else does")
  func versions() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), version("shop", 4), level("low")])
    module.commit()
    #expect(module.counters.contains(Counter("authorization.policy-version", 4)))
    let empty = PolicyBundleParts().encode()
    let refused: [([Parameter], ByteString)] = [
      (
        [set("bundle", .bytes(empty)), version("bank", 5)],
        "a version of the policies of `shop`, not of another tenant"
      ),
      ([set("bundle", .bytes(empty)), version("shop", 3)], "no version before 4"),
      ([set("bundle", .bytes(empty))], "a version together with its bundle"),
      ([version("shop", 5)], "a version together with its bundle"),
      (
        [set("bundle", .bytes(empty)), version("shop", 0)], "a tenant, a number from 1, and a digest of 32 bytes"
      ),
      (
        [set("bundle", .bytes(empty)), version("shop", 5, digest: 31)],
        "a tenant, a number from 1, and a digest of 32 bytes"
      ),
    ]
    for (parameters, expected) in refused {
      #expect(throws: ParameterFault("authorization.version", expected: expected)) { try module.prepare(parameters) }
      module.rollback()
      module.commit()
      #expect(status(module.examine(exchange(clerk))) == 0, "what was in force stays")
    }
    // The same version again, as with another attribute, and attributes alone.
    try module.prepare([set("bundle", .bytes(bundle)), version("shop", 4), level("high")])
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 403)
    try module.prepare([level("low")])
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 0)
    try module.prepare([set("bundle", .bytes(empty)), version("shop", 5)])
    module.commit()
    #expect(status(module.examine(exchange(clerk))) == 403)
    #expect(module.counters.contains(Counter("authorization.policy-version", 5)))
  }

  @Test("a denial is an event that says who asked for what")
  func event() throws {
    let module = module()
    try module.prepare([set("bundle", .bytes(bundle)), level("low")])
    module.commit()
    _ = module.examine(exchange(.visitor, path: ByteString(Array(repeating: 0x2F, count: 1000))))
    let event = try #require(events.events.first)
    #expect(event.module == "authorization" && event.action == "denied" && event.severity == .medium)
    #expect(event.time == clock.wallMilliseconds)
    #expect(event.details.map(\.name) == ["method", "path", "principal", "source"])
    #expect(event.details[0].value == .text("PUT"))
    #expect(event.details[1].value.textValue?.count == 256)
    #expect(event.details[2].value == .text("anonymous"))
    #expect(event.details[3].value == .text("10.0.0.9:4000"))
  }
}
