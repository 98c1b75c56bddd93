import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@testable import RemoteAuthorization

/// Where questions go in these tests.
private final class QuestionList: QuestionSink {
  var questions: [RemoteQuestion] = []
  var isOpen = true

  func ask(_ question: RemoteQuestion) -> Bool {
    if isOpen { questions.append(question) }
    return isOpen
  }
}

/// A module, with what it asks and how the requests ended.
private final class Fixture {
  let clock = ManualClock()
  let events = EventRecorder()
  let sink = QuestionList()
  let module: RemoteAuthorization
  /// The status of each request that was answered, 200 for one that went on to the application.
  var statuses: [Int] = []
  let pipeline = Pipeline()

  init(deadline: Int64 = 200, cache: Int64 = 5000, challenge: ByteString? = nil) throws {
    module = RemoteAuthorization(clock: clock, random: RepeatableRandom(), events: events, questions: sink)
    try module.configure([("deadline-ms", .integer(deadline)), ("cache-ms", .integer(cache))])
    pipeline.add(ChallengingModule(challenge))
    pipeline.add(module)
    pipeline.add(Greeter())
  }

  @discardableResult
  func request(_ path: ByteString, user: ByteString = "rita") -> Exchange {
    let exchange = Exchange(
      request: HTTPRequest(method: "GET", path: path, host: "shop.example"),
      source: Endpoint(IPv4Address(10, 0, 0, 9), port: 4000), arrival: clock.now, pipeline: pipeline
    ) { [self] in statuses.append($0.status) }
    if !user.isEmpty { exchange.principal = Principal(name: user, roles: ["reader"], scheme: "basic") }
    pipeline.advance(exchange)
    return exchange
  }

  func answer(_ index: Int, _ isPermit: Bool, validFor milliseconds: UInt64 = 0, epoch: UInt64 = 0) {
    module.receive(
      RemoteAnswer(
        number: sink.questions[index].number, isPermit: isPermit,
        validUntil: milliseconds == 0 ? 0 : clock.wallMilliseconds + milliseconds, policy: "some",
        epoch: epoch))
  }
}

private final class Greeter: Application {
  let name: ByteString = "greeter"
  let counters: [Counter] = []
  func prepare(_ parameters: [Parameter]) throws(ParameterFault) {}
  func commit() {}
  func rollback() {}
  func claim(_ path: ByteString) -> Int? { 1 }
  func respond(to exchange: Exchange) { exchange.finish(.text(200, "hello")) }
}

@Suite("requests that the decision point decides about")
struct RemoteAuthorizationTests {
  @Test("a request waits for the answer, and goes on or is refused by it")
  func waits() throws {
    let fixture = try Fixture()
    fixture.request("/a")
    fixture.request("/b")
    #expect(fixture.statuses.isEmpty)
    #expect(fixture.sink.questions.map(\.request.path) == ["/a", "/b"])
    #expect(fixture.sink.questions[0].request.roles == ["reader"])
    #expect(fixture.sink.questions[0].request.source == PolicyAddress(ipv4: 0x0A00_0009))
    fixture.answer(1, false)
    #expect(fixture.statuses == [403])
    fixture.answer(0, true)
    #expect(fixture.statuses == [403, 200])
    #expect(fixture.module.deadline == nil)
    #expect(fixture.events.events.map(\.action) == ["denied"])
    // Neither is asked again of the module, nor does a second answer do anything.
    fixture.answer(0, false)
    #expect(fixture.statuses == [403, 200])
  }

  @Test("without an answer within the deadline the request is refused, and a late answer changes nothing")
  func deadline() throws {
    let fixture = try Fixture(deadline: 200)
    fixture.request("/a")
    fixture.clock.advance(by: .milliseconds(199), fixture.module)
    #expect(fixture.statuses.isEmpty)
    fixture.clock.advance(by: .milliseconds(1), fixture.module)
    #expect(fixture.statuses == [403])
    #expect(!fixture.module.awaitsAnswer(to: fixture.sink.questions[0].number))
    fixture.answer(0, true, validFor: 60_000)
    #expect(fixture.statuses == [403])
    #expect(fixture.module.counter("unanswered") == 1)
    // The late answer was not kept either.
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 2)
  }

  @Test("where nobody can be asked, requests are refused at once; visitors are asked for credentials")
  func unreachable() throws {
    let fixture = try Fixture(challenge: "Basic realm=\"x\"")
    fixture.sink.isOpen = false
    fixture.request("/a")
    fixture.request("/a", user: "")
    #expect(fixture.statuses == [403, 401])
    #expect(fixture.module.deadline == nil)
  }

  @Test("an answer is used again while it is valid, no longer than the settings allow, and for the same request only")
  func cache() throws {
    let fixture = try Fixture(cache: 1000)
    fixture.request("/a")
    fixture.answer(0, true, validFor: 400)
    fixture.clock.advance(by: .milliseconds(399))
    fixture.request("/a")
    #expect(fixture.statuses == [200, 200] && fixture.module.counter("reused") == 1)
    fixture.request("/a", user: "carl")
    fixture.request("/ab")
    #expect(fixture.sink.questions.count == 3, "others are asked about")
    fixture.clock.advance(by: .milliseconds(1))
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 4, "`valid_until` has passed")
    fixture.answer(3, false, validFor: 60_000)
    #expect(fixture.statuses == [200, 200, 403])
    fixture.clock.advance(by: .milliseconds(999))
    fixture.request("/a")
    #expect(fixture.statuses == [200, 200, 403, 403], "denials are kept, too")
    fixture.clock.advance(by: .milliseconds(1))
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 5, "the settings allow no more")
  }

  @Test("an answer that is valid for this once is not kept, and none is where the settings say so")
  func once() throws {
    let fixture = try Fixture(cache: 0)
    for index in 0..<2 {
      fixture.request("/a")
      fixture.answer(index, true, validFor: index == 0 ? 0 : 60_000)
    }
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 3 && fixture.statuses == [200, 200])
  }

  @Test("requests that nothing tells apart share a question; beyond the bound of those that wait, the answer is 503")
  func bounds() throws {
    let fixture = try Fixture()
    for _ in 0..<RemoteAuthorization.maximumWaiting { fixture.request("/a") }
    #expect(fixture.sink.questions.count == 1 && fixture.statuses.isEmpty)
    fixture.request("/a")
    fixture.request("/b")
    #expect(fixture.statuses == [503, 503])
    fixture.answer(0, true, validFor: 1000)
    #expect(fixture.statuses.filter { $0 == 200 }.count == RemoteAuthorization.maximumWaiting)
    fixture.request("/b")
    #expect(fixture.sink.questions.count == 2, "there is room again")
  }

  @Test("answers to many different requests take bounded room")
  func keptBound() throws {
    let fixture = try Fixture(cache: 60_000)
    for index in 0..<(2 * RemoteAuthorization.maximumKept) {
      fixture.request(ByteString("/\(index)"))
      fixture.answer(index, true, validFor: 60_000)
    }
    let before = fixture.sink.questions.count
    for index in 0..<(2 * RemoteAuthorization.maximumKept) { fixture.request(ByteString("/\(index)")) }
    let reused = Int(fixture.module.counter("reused") ?? 0)
    #expect(reused > 0 && reused <= RemoteAuthorization.maximumKept)
    #expect(fixture.sink.questions.count > before)
  }

  @Test("what was kept is forgotten in a new epoch; an answer of an older one is used once, by those who asked before")
  func epochs() throws {
    let fixture = try Fixture()
    fixture.request("/a")
    fixture.answer(0, true, validFor: 60_000, epoch: 5)
    fixture.request("/a")
    #expect(fixture.statuses == [200, 200] && fixture.sink.questions.count == 1)
    fixture.module.forgetAnswers(before: 5)
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 1, "that is the epoch it is of")
    fixture.module.forgetAnswers(before: 6)
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 2)
    // Whoever asks after the change does not share what was asked before.
    fixture.module.forgetAnswers(before: 7)
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 3)
    fixture.answer(1, true, validFor: 60_000, epoch: 6)
    #expect(fixture.statuses.count == 4)
    fixture.answer(2, false, validFor: 60_000, epoch: 7)
    #expect(fixture.statuses.suffix(2) == [200, 403])
    fixture.request("/a")
    #expect(fixture.statuses.last == 403 && fixture.sink.questions.count == 3)
    // An answer tells of a new epoch, too, should the message be late.
    fixture.request("/b")
    fixture.answer(3, true, validFor: 60_000, epoch: 8)
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 5)
  }

  @Test("new settings forget what was kept; without any, the answer is 503; wrong ones are refused")
  func settings() throws {
    let fixture = try Fixture()
    fixture.request("/a")
    fixture.answer(0, true, validFor: 60_000)
    try fixture.module.configure([("cache-ms", .integer(6000))])
    fixture.request("/a")
    #expect(fixture.sink.questions.count == 2)
    for wrong: (ByteString, ParameterValue) in [
      ("deadline-ms", .integer(0)), ("deadline-ms", .integer(10_001)), ("cache-ms", .integer(-1)),
      ("cache-ms", "soon"), ("bundle", .bytes([])),
    ] {
      #expect(throws: ParameterFault.self) { try fixture.module.configure([wrong]) }
    }
    let bare = RemoteAuthorization(
      clock: fixture.clock, random: RepeatableRandom(), events: fixture.events, questions: fixture.sink)
    #expect(throws: ParameterFault.self) { try bare.configure([("cache-ms", .integer(1))]) }
  }
}
