import TOSCA
import Testing

@testable import SecTOSCA

@Suite("The order of strength")
struct StrengthTests {
  /// A generator of reproducible sequences (SplitMix64).
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  static func requirement(_ protection: Protection, _ name: String = "r") -> SecurityRequirement {
    SecurityRequirement(name: name, targets: ["storefront"], protection: protection, place: place(name))
  }

  /// Few values of each kind, so that random sets are often comparable.
  static func protection(_ generator: inout Generator) -> Protection {
    func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: choices.indices, using: &generator)] }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
      let networks = [
        "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "192.168.0.0/16", "0.0.0.0/0", "fd00::/8",
        "fd00::/9",
      ]
      return .filtering(
        Filtering(
          flows: pick([.declared, .none]), allowedSources: networks.filter { _ in pick([true, false, false]) },
          allowsPing: pick([true, false])))
    case 1:
      return .rateLimit(
        RateLimit(
          requests: pick([1, 10, 60]), intervalMilliseconds: pick([1000, 60_000]), burst: pick([1, 10]),
          paths: pick([["/"], ["/orders"], ["/orders/old"], ["/orders", "/accounts"]]),
          connections: pick([nil, 10, 20])))
    case 9:
      return .rateLimit(
        RateLimit(
          buckets: [
            RateLimit.Bucket(
              party: pick([.source, .principal, .all]), requests: pick([1, 10]), intervalMilliseconds: 1000, burst: 1)
          ],
          quota: pick([
            nil, RateLimit.Quota(party: .source, received: pick([nil, 10]), sent: pick([5, 10]), periodSeconds: 60),
          ]),
          paths: pick([["/"], ["/orders"]]), methods: pick([[], ["GET"], ["GET", "PUT"]]),
          totalConnections: pick([nil, 10]), minimumRate: pick([nil, 100, 1000]), isAnnounced: pick([true, false])))
    case 2:
      return .authentication(
        Authentication(
          realm: "r",
          scheme: pick([
            .basic(accounts: []), .bearer(Tokens(issuer: "i", keys: [])), .certificate,
            .apiKey(APIKeys(header: "a", query: nil, keys: [])),
            .anyOf([Authentication(realm: "r", scheme: .basic(accounts: []))]),
          ])))
    case 3: return .authorization(Authorization(policyFiles: [pick(["a.cedar", "b.cedar"])], schemaFile: nil))
    case 4:
      return
        .transportSecurity(
          TransportSecurity(
            minimumVersion: pick(["1.2", "1.3"]), clients: pick([.none, .requested, .required]),
            strictSeconds: pick([0, 60])))
    case 5: return .audit(Audit(minimumSeverity: pick([1, 2, 4])))
    case 6:
      return .surfaceBudget(
        SurfaceBudget(maximumImageBytes: pick([nil, 1000, 2000]), maximumSystemCalls: pick([nil, 4, 5])))
    case 7: return .lifetime(Lifetime(seconds: pick([60, 3600])))
    default:
      return .runtimeIntegrity(
        RuntimeIntegrity(intervalSeconds: pick([10, 60]), onViolation: pick([.quarantine, .replace])))
    }
  }

  static func requirements(_ count: ClosedRange<Int>, _ generator: inout Generator) -> [SecurityRequirement] {
    (0..<Int.random(in: count, using: &generator)).map { requirement(protection(&generator), "r\($0)") }
  }

  @Test("is reflexive", arguments: 0..<8)
  func reflexive(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<250 {
      let set = Self.requirements(0...8, &generator)
      #expect(Strength.isAtLeast(set, asStrongAs: set))
      #expect(Strength.isAtLeast(set.shuffled(using: &generator), asStrongAs: set))
    }
  }

  @Test("is transitive", arguments: 0..<8)
  func transitive(seed: UInt64) {
    var generator = Generator(state: seed)
    var chains = 0
    for _ in 0..<2000 {
      let (low, middle, high) = (
        Self.requirements(0...2, &generator), Self.requirements(1...4, &generator), Self.requirements(2...8, &generator)
      )
      guard Strength.isAtLeast(middle, asStrongAs: low), Strength.isAtLeast(high, asStrongAs: middle) else { continue }
      chains += 1
      #expect(Strength.isAtLeast(high, asStrongAs: low))
    }
    #expect(chains > 20, "too few chains to say anything")
  }

  @Test("never falls when a requirement is added", arguments: 0..<8)
  func monotone(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<500 {
      let set = Self.requirements(0...8, &generator)
      let more = (set + [Self.requirement(Self.protection(&generator), "more")]).shuffled(using: &generator)
      #expect(
        Strength.isAtLeast(more, asStrongAs: set),
        "\(more.map(\.protection.summary)) over \(set.map(\.protection.summary))")
    }
  }

  @Test("levels that only add requirements never lower protection", arguments: 0..<4)
  func addingLevels(seed: UInt64) {
    var generator = Generator(state: seed)
    for _ in 0..<50 {
      var topology = Portal.topology().without("normal", "elevated", "lockdown", "follow_threat")
      var names = ["declared_flows", "passwords", "order_rules", "calm", "nobody"].shuffled(using: &generator)
      var required: [String] = []
      for rank in 0..<3 {
        let count = Int.random(in: 0...names.count, using: &generator)
        required += names.prefix(count)
        names.removeFirst(count)
        topology = topology.with(Portal.level("level\(rank)", rank, required.shuffled(using: &generator)))
      }
      let (service, findings) = Interpreter().interpret(topology)
      #expect(service != nil, "\(findings.map(\.message))")
    }
  }

  @Test("puts bearer over basic over nothing")
  func authentication() {
    let basic = Self.requirement(.authentication(Authentication(realm: "r", scheme: .basic(accounts: []))), "basic")
    let bearer = Self.requirement(
      .authentication(Authentication(realm: "r", scheme: .bearer(Tokens(issuer: "i", keys: [])))), "bearer")
    #expect(Strength.isAtLeast([bearer], asStrongAs: [basic]))
    #expect(Strength.isAtLeast([basic], asStrongAs: []))
    #expect(!Strength.isAtLeast([], asStrongAs: [basic]))
    let weakenings = Strength.weakenings(from: [bearer], to: [basic])
    #expect(weakenings.map(\.kind) == ["authentication"])
    #expect(weakenings.map(\.requirements) == [["bearer"]])
  }

  @Test("counts two limits on parts of the paths as less than one on all: each has a bucket of its own")
  func splitLimit() {
    func limit(_ paths: [String]) -> SecurityRequirement {
      Self.requirement(.rateLimit(RateLimit(requests: 1, intervalMilliseconds: 1000, burst: 1, paths: paths)))
    }
    #expect(!Strength.isAtLeast([limit(["/a"]), limit(["/b"])], asStrongAs: [limit(["/a", "/b"])]))
    #expect(Strength.isAtLeast([limit(["/a", "/b"])], asStrongAs: [limit(["/a"]), limit(["/b"])]))
    #expect(!Strength.isAtLeast([limit(["/a"])], asStrongAs: [limit(["/ab"])]))
  }

  @Test("of two filterings, only what both admit passes")
  func filtering() {
    let one = Filtering(flows: .declared, allowedSources: ["10.0.0.0/8", "192.168.0.0/16"], allowsPing: true)
    let other = Filtering(flows: .declared, allowedSources: ["10.1.0.0/16", "172.16.0.0/12"])
    #expect(
      one.combined(with: other) == Filtering(flows: .declared, allowedSources: ["10.1.0.0/16"], allowsPing: false))
    #expect(one.combined(with: Filtering(flows: .none)) == Filtering(flows: .none))
    let open = Filtering(flows: .declared, commands: [.allow, .deny])
    #expect(open.combined(with: open).commands == [.allow, .deny])
    #expect(open.combined(with: Filtering(flows: .declared, commands: [])).commands == [.deny])
  }

  @Test("names a limit as lost only where that limit is lost")
  func lostLimit() {
    let fast = Self.requirement(
      .rateLimit(RateLimit(requests: 100, intervalMilliseconds: 1000, burst: 100, paths: ["/"])), "fast")
    let slow = Self.requirement(
      .rateLimit(RateLimit(requests: 1, intervalMilliseconds: 1000, burst: 1, paths: ["/orders"])), "slow")
    #expect(Strength.weakenings(from: [fast, slow], to: [fast]).map(\.requirements) == [["slow"]])
  }

  @Test("a limit is stronger only if it counts the same party, all its methods, and allows no more bytes")
  func parties() {
    func limit(_ party: RateLimit.Party, _ methods: [String] = [], sent: Int? = nil) -> SecurityRequirement {
      Self.requirement(
        .rateLimit(
          RateLimit(
            buckets: [RateLimit.Bucket(party: party, requests: 1, intervalMilliseconds: 1000, burst: 1)],
            quota: sent.map { RateLimit.Quota(party: .source, received: nil, sent: $0, periodSeconds: 60) },
            methods: methods)))
    }
    #expect(!Strength.isAtLeast([limit(.principal)], asStrongAs: [limit(.source)]))
    #expect(!Strength.isAtLeast([limit(.source)], asStrongAs: [limit(.principal)]))
    #expect(Strength.isAtLeast([limit(.source)], asStrongAs: [limit(.source, ["PUT"])]))
    #expect(!Strength.isAtLeast([limit(.source, ["PUT"])], asStrongAs: [limit(.source)]))
    #expect(Strength.isAtLeast([limit(.source, sent: 5)], asStrongAs: [limit(.source, sent: 9), limit(.source)]))
    #expect(!Strength.isAtLeast([limit(.source, sent: 9)], asStrongAs: [limit(.source, sent: 5)]))
    #expect(!Strength.isAtLeast([limit(.source)], asStrongAs: [limit(.source, sent: 5)]))
  }

  @Test("extreme numbers do no harm")
  func extremes() {
    let limit = RateLimit(requests: .max, intervalMilliseconds: 1, burst: .max, paths: ["/"])
    let other = RateLimit(requests: 1, intervalMilliseconds: .max, burst: 1, paths: ["/"])
    #expect(
      Strength.isAtLeast([Self.requirement(.rateLimit(other))], asStrongAs: [Self.requirement(.rateLimit(limit))]))
    #expect(
      !Strength.isAtLeast([Self.requirement(.rateLimit(limit))], asStrongAs: [Self.requirement(.rateLimit(other))]))
  }
}
