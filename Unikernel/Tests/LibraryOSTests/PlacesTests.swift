import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Somebody with a place.
private final class Holder: PlaceHolder {
  let places: Places<Holder>
  let client: Endpoint
  var index = 0
  var deadline: Instant
  var still: Stillness

  init(_ places: Places<Holder>, _ host: UInt32, _ still: Stillness, deadline: Int) {
    self.places = places
    client = Endpoint(IPv4Address(raw: host), port: 1000)
    self.still = still
    self.deadline = Instant(nanoseconds: UInt64(deadline))
    places.take(self)
  }

  func stillness(at now: Instant) -> Stillness { still }
  func yieldPlace() { #expect(places.free(self)) }
}

struct PlacesTests {
  static let now = Instant(nanoseconds: 0)

  private static func client(_ host: UInt32) -> Endpoint { Endpoint(IPv4Address(raw: host), port: 1) }

  /// Who yields to a newcomer, of sources with these connections; the deadline tells which.
  static let table: [(held: [UInt32: [Stillness]], newcomer: UInt32, yields: UInt32?)] = [
    ([1: [.waiting, .waiting], 2: [.waiting]], 9, 1),
    ([1: [.waiting], 2: [.waiting]], 9, nil),
    ([1: [.silent], 2: [.waiting]], 9, 1),
    ([1: [.silent, .silent], 2: [.waiting, .waiting, .waiting]], 9, 2),
    ([1: [.waiting, .waiting, .waiting], 2: [.waiting]], 1, nil),
    ([1: [.waiting, .waiting, .waiting], 2: [.waiting, .waiting]], 2, nil),
    ([1: [.waiting, .waiting, .waiting, .waiting], 2: [.waiting, .waiting]], 2, 1),
    ([1: [.busy, .busy, .busy], 2: [.waiting, .waiting]], 9, 2),
    ([1: [.busy, .busy, .busy]], 9, nil),
    ([1: [.underway, .underway, .underway]], 9, 1),
    ([1: [.underway, .underway], 2: Array(repeating: .busy, count: 20)], 9, nil),
  ]

  @Test("the source that holds most yields to who holds fewer, as far as nothing is lost", arguments: 0..<11)
  func yielding(_ row: Int) {
    let (held, newcomer, expected) = PlacesTests.table[row]
    let places = Places<Holder>(seed: 7)
    for (host, connections) in held.sorted(by: { $0.key < $1.key }) {
      for still in connections { _ = Holder(places, host, still, deadline: 1) }
    }
    let yielder = places.yielder(to: PlacesTests.client(newcomer), at: PlacesTests.now)
    #expect(yielder?.client == expected.map { Endpoint(IPv4Address(raw: $0), port: 1000) })
  }

  @Test("of one source, the stillest goes first, and of equals who has waited longest")
  func stillest() {
    let places = Places<Holder>(seed: 7)
    for (still, deadline) in [(Stillness.underway, 1), (.waiting, 2), (.silent, 9), (.silent, 4), (.silent, 6)] {
      _ = Holder(places, 1, still, deadline: deadline)
    }
    var order: [UInt64] = []
    while let next = places.yielder(to: PlacesTests.client(9), at: PlacesTests.now) {
      order.append(next.deadline.nanoseconds)
      next.yieldPlace()
    }
    #expect(order == [4, 6, 9, 2])
    #expect(places.count == 1)
  }

  @Test("addresses of one IPv6 network of 64 bits are one source")
  func networks() throws {
    let places = Places<Holder>(seed: 7)
    let first = try #require(IPv6Address("2001:db8::1"))
    let second = try #require(IPv6Address("2001:db8:0:0:ffff::2"))
    let other = try #require(IPv6Address("2001:db8:0:1::1"))
    let holder = Holder(places, 1, .waiting, deadline: 1)
    #expect(places.free(holder))
    var tally = SourceTally(seed: 1)
    for address in [first, second] { tally.add(IPAddress(address).sourceKey) }
    #expect(tally.count(of: IPAddress(first).sourceKey) == 2)
    #expect(tally.count(of: IPAddress(other).sourceKey) == 0)
  }

  @Test("one client gets a place while another holds all it can, and a source never displaces itself")
  func hoarding() {
    let clock = ManualClock()
    let events = EventRecorder()
    let shares = ConnectionShares(clock: clock, events: events)
    let places = Places<Holder>(seed: 3)
    var refused = 0
    for _ in 0..<1500 {
      if shares.admits(PlacesTests.client(1), to: places, maximum: 1024, module: "http") {
        _ = Holder(places, 1, .silent, deadline: 5)
      } else {
        refused += 1
      }
    }
    #expect(refused == 1500 - 1024 && shares.yielded == 0)
    for host in UInt32(2)...300 {
      #expect(shares.admits(PlacesTests.client(host), to: places, maximum: 1024, module: "http"))
      _ = Holder(places, host, .waiting, deadline: 1)
    }
    #expect(places.count == 1024 && places.count(of: PlacesTests.client(1)) == 1024 - 299)
    #expect(shares.yielded == 299)
    #expect(events.events.count == ConnectionShares.eventsPerSecond)
    #expect(events.events.first?.action == "place-yielded")
    #expect(events.events.first?.details.contains(ParameterField("source", .text("0.0.0.1"))) == true)
  }

  @Test("a declared limit is refused and reported, also while there are places")
  func limit() {
    let events = EventRecorder()
    let shares = ConnectionShares(clock: ManualClock(), events: events)
    let places = Places<Holder>(seed: 3)
    shares.limit = 2
    for expected in [true, true, false, false] {
      let isAdmitted = shares.admits(PlacesTests.client(1), to: places, maximum: 100, module: "http")
      #expect(isAdmitted == expected)
      if isAdmitted { _ = Holder(places, 1, .waiting, deadline: 1) }
    }
    #expect(shares.admits(PlacesTests.client(2), to: places, maximum: 100, module: "http"))
    #expect(shares.admits(PlacesTests.client(1), to: places, maximum: 100, module: "http", isLimited: false))
    #expect(shares.refused == 2 && events.events.map(\.action) == ["source-refused", "source-refused"])
  }

  @Test("a tally counts as a dictionary does, whatever comes and goes")
  func tally() {
    var generator = SystemRandomNumberGenerator()
    var tally = SourceTally(seed: generator.next())
    var expected: [UInt64: Int] = [:]
    for _ in 0..<20_000 {
      let source = UInt64.random(in: 0..<200, using: &generator)
      if Bool.random(using: &generator) {
        tally.add(source)
        expected[source, default: 0] += 1
      } else {
        tally.remove(source)
        expected[source] = max((expected[source] ?? 0) - 1, 0)
      }
    }
    for source in UInt64(0)..<200 { #expect(tally.count(of: source) == expected[source] ?? 0) }
  }

  @Test("a million sources that come and go leave nothing behind")
  func million() {
    var tally = SourceTally(seed: 5)
    for source in UInt64(0)..<1_000_000 {
      tally.add(source)
      if source >= 100 { tally.remove(source - 100) }
    }
    #expect(tally.memoryBound <= 512)
    #expect(tally.count(of: 999_950) == 1 && tally.count(of: 5) == 0)
  }
}
