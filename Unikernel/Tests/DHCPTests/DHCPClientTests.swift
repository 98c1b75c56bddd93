import LibraryOS
import LibraryOSTesting
import Testing

@testable import DHCP

/// A client, the time, and what it wanted last.
private final class Case {
  var client: DHCPClient
  var now = Instant(nanoseconds: 1_000_000_000_000)
  var actions: [DHCPClient.Action] = []

  init(former: IPv4Address? = nil) {
    client = DHCPClient(
      hardware: ServerMessage.clientHardware, former: former, random: RepeatableRandom(seed: 4))
    actions = client.start(at: now)
  }

  /// What it broadcast or sent last.
  var sent: DHCPMessage? {
    for action in actions.reversed() {
      switch action {
      case .broadcast(let message), .send(let message, _): return message
      default: continue
      }
    }
    return nil
  }

  private var transaction: UInt32 = 0

  func answer(_ type: DHCPMessageType, _ change: (inout ServerMessage) -> Void = { _ in }) {
    if let sent { transaction = sent.transaction }
    var message = ServerMessage(type: type, transaction: transaction)
    change(&message)
    actions = message.message.map { client.receive($0, at: now) } ?? []
  }

  /// Lets time pass, as far as the next deadlines; gives the seconds after which each came.
  @discardableResult
  func pass(_ count: Int = 1) -> [Double] {
    var waits: [Double] = []
    for _ in 0..<count {
      guard let deadline = client.deadline else { return waits }
      waits.append(Double((deadline - now).nanoseconds) / 1e9)
      now = max(now, deadline)
      actions = client.expire(at: now)
    }
    return waits
  }

  func bind(_ change: (inout ServerMessage) -> Void = { _ in }) {
    answer(.offer, change)
    answer(.acknowledge, change)
    pass(3)
  }
}

@Suite("The client of DHCP")
struct DHCPClientTests {
  @Test("an address is found, asked for, acknowledged, probed for, and then used")
  func whole() throws {
    let it = Case()
    #expect(it.client.state == .selecting && it.sent?.type == .discover && it.actions.count == 1)
    it.answer(.offer)
    let request = try #require(it.sent)
    #expect(it.client.state == .requesting && request.type == .request)
    #expect(request.requested == IPv4Address(10, 0, 0, 9) && request.server == IPv4Address(10, 0, 0, 1))
    #expect(request.client == nil)
    it.answer(.acknowledge)
    #expect(it.client.state == .probing && it.actions == [.probe(IPv4Address(10, 0, 0, 9))])
    #expect(it.client.candidate == IPv4Address(10, 0, 0, 9))
    it.pass()
    #expect(it.actions == [.probe(IPv4Address(10, 0, 0, 9))])
    it.pass()
    it.pass()
    let lease = try #require(it.client.lease)
    #expect(it.client.state == .bound && it.actions == [.use(lease)] && it.client.candidate == nil)
    #expect(lease.router == IPv4Address(10, 0, 0, 1))
  }

  @Test("while nobody answers, it asks less and less often")
  func patience() {
    let it = Case()
    let waits = it.pass(8)
    for (index, expected) in [4.0, 8, 16, 32, 64, 64, 64, 64].enumerated() {
      #expect(abs(waits[index] - expected) <= 1)
    }
    #expect(it.sent?.type == .discover && (it.sent?.seconds ?? 0) > 200)
  }

  @Test("an offer that is not acknowledged is given up after four requests")
  func silentServer() {
    let it = Case()
    it.answer(.offer)
    let first = it.sent?.transaction
    for _ in 0..<3 {
      it.pass()
      #expect(it.sent?.type == .request)
    }
    it.pass()
    #expect(it.sent?.type == .discover && it.sent?.transaction != first)
  }

  @Test("an address that somebody has is declined, and another is asked for ten seconds later")
  func conflict() throws {
    let it = Case()
    it.answer(.offer)
    it.answer(.acknowledge)
    it.actions = it.client.conflict(at: it.now)
    let decline = try #require(it.sent)
    #expect(decline.type == .decline && decline.requested == IPv4Address(10, 0, 0, 9))
    #expect(decline.server == IPv4Address(10, 0, 0, 1) && it.client.state == .initial && it.client.lease == nil)
    #expect(it.pass() == [10])
    #expect(it.sent?.type == .discover)
    // Once it is in use, what somebody says of it changes nothing.
    it.bind()
    #expect(it.client.conflict(at: it.now).isEmpty && it.client.state == .bound)
  }

  @Test("the former address is asked for first; refused, it is forgotten")
  func reboot() throws {
    let it = Case(former: IPv4Address(10, 0, 0, 9))
    let request = try #require(it.sent)
    #expect(it.client.state == .rebooting && request.type == .request && request.server == nil)
    #expect(request.requested == IPv4Address(10, 0, 0, 9))
    it.answer(.acknowledge) { $0.given = 0x0A00_000A }
    #expect(it.client.state == .rebooting)
    it.answer(.refuse)
    #expect(it.client.state == .initial && it.actions.isEmpty && it.pass() == [1])
    #expect(it.client.state == .selecting && it.sent?.requested == nil)
    let other = Case(former: IPv4Address(10, 0, 0, 9))
    other.answer(.acknowledge)
    #expect(other.client.state == .probing)
  }

  @Test("where no server is, the former address is used, and asked about now and then")
  func withoutServer() {
    let it = Case(former: IPv4Address(10, 0, 0, 9))
    #expect(it.pass(2).reduce(0, +) < 14.1)
    #expect(it.actions.first == .useFormer && it.sent?.requested == IPv4Address(10, 0, 0, 9))
    #expect(it.pass() == [64])
    #expect(it.actions.count == 1)
    // A server that comes to be there may lend it, or take it away.
    it.answer(.acknowledge)
    #expect(it.client.state == .bound)
    let other = Case(former: IPv4Address(10, 0, 0, 9))
    other.pass(2)
    other.answer(.refuse)
    #expect(other.actions == [.withdraw] && other.client.state == .initial)
  }

  @Test("at T1 its server is asked, at T2 any, and at the end the address is gone")
  func renewal() throws {
    let it = Case()
    it.bind()
    #expect(abs((it.pass().first ?? 0) - 1800) < 2)
    #expect(it.client.state == .renewing)
    guard case .send(let message, let server)? = it.actions.first else {
      Issue.record("\(it.actions)")
      return
    }
    #expect(server == IPv4Address(10, 0, 0, 1) && message.client == IPv4Address(10, 0, 0, 9))
    #expect(message.requested == nil && message.server == nil)
    // Half of what is left until T2: 675, then 338 s and so on; a minute at least.
    #expect(abs((it.pass().first ?? 0) - 675) < 2)
    while it.client.state == .renewing { #expect(it.pass()[0] < 676) }
    #expect(it.client.state == .rebinding && it.actions.count == 1)
    if case .send = it.actions[0] { Issue.record("any server is asked") }
    while it.client.state == .rebinding { it.pass() }
    #expect(it.actions.first == .withdraw && it.sent?.type == .discover && it.client.state == .selecting)
  }

  @Test("an answer makes the time longer, counted from the question")
  func renewed() throws {
    let it = Case()
    it.bind()
    it.pass()
    let asked = it.now
    it.now = it.now + .seconds(10)
    it.answer(.acknowledge) { $0.lease = 7200 }
    let lease = try #require(it.client.lease)
    #expect(it.client.state == .bound && it.actions == [.use(lease)] && it.client.deadline == asked + .seconds(3600))
    // Another address than the one that is in use is none that was asked for.
    it.pass()
    it.answer(.acknowledge) { $0.given = 0x0A00_000A }
    #expect(it.client.state == .renewing)
    it.answer(.acknowledge) { $0.server = 0x0A00_0002 }
    #expect(it.client.state == .renewing)
    it.answer(.refuse)
    #expect(it.actions == [.withdraw] && it.client.state == .initial)
  }

  @Test("a lease without end is never asked about again")
  func infinite() {
    let it = Case()
    it.bind { $0.lease = .max }
    #expect(it.client.state == .bound && it.client.deadline == nil)
  }

  @Test("what is of another transaction, for another client, or not due, changes nothing")
  func strangers() {
    let it = Case()
    it.answer(.acknowledge)
    it.answer(.refuse)
    it.answer(.offer) { $0.transaction &+= 1 }
    it.answer(.offer) { $0.hardware &+= 1 }
    it.answer(.offer) { $0.lease = nil }
    #expect(it.client.state == .selecting)
    it.answer(.offer)
    it.answer(.acknowledge) { $0.server = 0x0A00_0002 }
    it.answer(.acknowledge) { $0.given = 0x0A00_000A }
    it.answer(.refuse) { $0.server = 0x0A00_0002 }
    it.answer(.offer) { $0.given = 0x0A00_000A }
    #expect(it.client.state == .requesting)
    it.answer(.refuse)
    #expect(it.client.state == .initial)
  }

  @Test("whatever a server says and when, there is always a next step but in a lease without end")
  func anything() {
    let random = RepeatableRandom(seed: 11)
    let it = Case(former: IPv4Address(10, 0, 0, 9))
    for _ in 0..<20_000 {
      if random.number(below: 3) == 0 { it.pass() }
      let types: [DHCPMessageType] = [.offer, .acknowledge, .refuse]
      it.answer(types[random.number(below: 3)]) {
        $0.lease = [30, 3600, nil][random.number(below: 3)]
        if random.number(below: 4) == 0 { $0.given = 0x0A00_000A }
      }
      if random.number(below: 9) == 0 { it.actions = it.client.conflict(at: it.now) }
      #expect(it.client.deadline != nil)
    }
  }
}
