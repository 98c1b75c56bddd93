import Interchange
import LibraryOS
import Testing

@Suite("The pipeline")
struct PipelineTests {
  private func exchange(_ pipeline: Pipeline, path: ByteString = "/", answered: Answer) -> Exchange {
    Exchange(
      request: HTTPRequest(method: "GET", path: path), source: Endpoint(IPv4Address(10, 0, 0, 1), port: 1),
      arrival: Instant(nanoseconds: 0), pipeline: pipeline
    ) { answered.responses.append($0) }
  }

  @Test("stages run in their fixed order, whatever the order of linking")
  func order() {
    let trace = Trace()
    let pipeline = Pipeline()
    pipeline.add(FakeApplication(trace, "application"))
    for stage in [Stage.authorize, .filter, .allowance, .crossOrigin, .authenticate, .rateLimit] {
      pipeline.add(FakeMechanism(trace, ByteString(decimal: stage.rawValue), stage))
    }
    pipeline.add(FakeMechanism(trace, "3b", .authenticate))
    let answer = Answer()
    pipeline.advance(exchange(pipeline, answered: answer))
    #expect(trace.names == ["0", "1", "2", "3", "3b", "4", "5", "application"])
    #expect(answer.responses.map(\.status) == [200])
  }

  @Test("within a stage lower precedence comes first, and every challenge is offered in that order")
  func precedence() {
    let trace = Trace()
    let pipeline = Pipeline()
    pipeline.add(FakeMechanism(trace, "limit", .rateLimit, precedence: 9))
    pipeline.add(FakeMechanism(trace, "second", .authenticate, precedence: 2, challenge: "Second"))
    pipeline.add(FakeMechanism(trace, "first", .authenticate, precedence: 1, challenge: "First"))
    pipeline.add(FakeMechanism(trace, "cookie", .authenticate, precedence: 0))
    pipeline.add(FakeMechanism(trace, "third", .authenticate, precedence: 2, challenge: "Third"))
    pipeline.add(FakeApplication(trace, "application"))
    let answer = Answer()
    let exchange = exchange(pipeline, answered: answer)
    #expect(exchange.challenges == ["First", "Second", "Third"])
    pipeline.advance(exchange)
    #expect(trace.names == ["limit", "cookie", "first", "second", "third", "application"])
  }

  @Test("no later stage sees a request that a module answered")
  func answeredEarly() {
    let trace = Trace()
    let pipeline = Pipeline()
    pipeline.add(FakeMechanism(trace, "limit", .rateLimit, .respond(.text(429, "slow down"))))
    pipeline.add(FakeMechanism(trace, "authorize", .authorize))
    pipeline.add(FakeApplication(trace, "application"))
    let answer = Answer()
    pipeline.advance(exchange(pipeline, answered: answer))
    #expect(trace.names == ["limit"])
    #expect(answer.responses.map(\.status) == [429])
  }

  @Test("a suspended exchange goes on where it stopped")
  func suspension() {
    let trace = Trace()
    let pipeline = Pipeline()
    pipeline.add(FakeMechanism(trace, "authenticate", .authenticate, .suspend))
    pipeline.add(FakeMechanism(trace, "authorize", .authorize))
    pipeline.add(FakeApplication(trace, "application"))
    let answer = Answer()
    let exchange = exchange(pipeline, answered: answer)
    pipeline.advance(exchange)
    #expect(trace.names == ["authenticate"])
    #expect(answer.responses.isEmpty)
    exchange.resume(.proceed)
    #expect(trace.names == ["authenticate", "authorize", "application"])
    exchange.resume(.respond(.text(500, "again")))
    #expect(answer.responses.map(\.status) == [200])
  }

  @Test("the longest claim wins, and nobody's path is not found")
  func claims() {
    let trace = Trace()
    let pipeline = Pipeline()
    pipeline.add(FakeApplication(trace, "site", prefix: "/site"))
    pipeline.add(FakeApplication(trace, "inner", prefix: "/site/inner"))
    let answer = Answer()
    pipeline.advance(exchange(pipeline, path: "/site/inner/x", answered: answer))
    pipeline.advance(exchange(pipeline, path: "/site/x", answered: answer))
    pipeline.advance(exchange(pipeline, path: "/elsewhere", answered: answer))
    #expect(trace.names == ["inner", "site"])
    #expect(answer.responses.map(\.status) == [200, 200, 404])
  }

  @Test("modules' fields are added to whatever the response is")
  func responseFields() {
    let answer = Answer()
    let exchange = exchange(Pipeline(), answered: answer)
    exchange.responseHeaders.append(HTTPField("x-frame-options", "DENY"))
    exchange.finish(.text(404, "not found"))
    #expect(answer.responses.first?.headers.last == HTTPField("x-frame-options", "DENY"))
  }
}
