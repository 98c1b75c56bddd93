import Hosting
import Interchange
import Testing

@testable import Orchestration

@Suite("What an instance must refuse and answer")
struct EnforcementProbeTests {
  private static let orders = ProbeSending(path: "/orders")
  private static let denied = EnforcementProbe.deniedVisitor(orders, challenges: ["Basic", "Bearer"])
  private static let forbidden = EnforcementProbe.deniedVisitor(orders, challenges: [])
  private static let wrong = EnforcementProbe.wrongCredentials(scheme: "bearer", orders)
  private static let fields = EnforcementProbe.responseFields(
    orders, [ProbeField(name: "referrer-policy", value: "no-referrer")])
  private static let application = EnforcementProbe.application(ProbeSending(path: "/"))

  private func judge(
    _ probe: EnforcementProbe, _ status: Int, _ fields: [(name: String, value: String)] = []
  ) -> ProbeOutcome? {
    var sightings = ProbeSightings()
    sightings.conversation = .answers([ProbeAnswer(status: status, fields: fields)])
    return EnforcementProbe.judge([probe], sightings).first
  }

  @Test(
    "answers",
    arguments: [
      (wrong, 401, true), (wrong, 200, false), (wrong, 403, false), (wrong, 429, false), (wrong, 500, false),
      (forbidden, 403, true), (forbidden, 200, false), (forbidden, 401, false), (denied, 401, false),
      (application, 200, true), (application, 404, true), (application, 500, false), (application, 503, false),
      (fields, 200, false),
    ])
  func answers(probe: EnforcementProbe, status: Int, passes: Bool) {
    #expect(judge(probe, status)?.passed == passes)
  }

  @Test("a refusal asks for every way to authenticate, and a field has the value that is due")
  func details() {
    let one = judge(Self.denied, 401, [("www-authenticate", "Basic realm=\"x\"")])
    #expect(one?.passed == false && one?.seen == "401, asking for basic")
    let both: [(name: String, value: String)] = [
      ("www-authenticate", "Basic realm=\"x\""), ("www-authenticate", "Bearer realm=\"x\""),
    ]
    #expect(judge(Self.denied, 401, both)?.passed == true)
    #expect(judge(Self.denied, 200, both)?.passed == false)
    #expect(judge(Self.fields, 404, [("referrer-policy", "no-referrer")])?.passed == true)
    #expect(judge(Self.fields, 404, [("referrer-policy", "origin")])?.seen == "not, or not as due: referrer-policy")
    let twice = [("referrer-policy", "no-referrer"), ("referrer-policy", "origin")].map { (name: $0.0, value: $0.1) }
    #expect(judge(Self.fields, 404, twice)?.passed == false)
  }

  @Test("no answer at all is a failure, and says what was seen instead")
  func silence() {
    var sightings = ProbeSightings()
    sightings.conversation = .none("the connection was closed")
    for probe in [Self.wrong, Self.forbidden, Self.denied, Self.fields, Self.application, .certificate] {
      let outcome = EnforcementProbe.judge([probe], sightings).first
      #expect(outcome?.passed == false && outcome?.seen == "the connection was closed")
    }
    #expect(EnforcementProbe.judge([.missingClientCertificate], sightings).first?.passed == true)
    // The first is answered, the connection ends before the second.
    sightings.conversation = .answers([ProbeAnswer(status: 401, fields: [])])
    #expect(EnforcementProbe.judge([Self.wrong, Self.application], sightings).map(\.passed) == [true, false])
  }

  @Test("each answer is the one to its own request")
  func order() {
    var sightings = ProbeSightings()
    sightings.conversation = .answers([ProbeAnswer(status: 401, fields: []), ProbeAnswer(status: 200, fields: [])])
    let probes: [EnforcementProbe] = [.certificate, Self.wrong, Self.application, .closedPort(9)]
    #expect(EnforcementProbe.judge(probes, sightings).map(\.passed) == [true, true, true, false])
  }

  @Test(
    "connections that must not be opened: nothing and a refusal will do, an open one and none tried will not",
    arguments: [
      (OpeningConnection.State?.none, false), (.pending, true), (.refused, true), (.open, false),
    ])
  func openings(state: OpeningConnection.State?, passes: Bool) {
    for probe in [EnforcementProbe.closedPort(9), .unknownSource] {
      var sightings = ProbeSightings()
      sightings.openings[probe.name] = state
      #expect(EnforcementProbe.judge([probe], sightings).first?.passed == passes)
    }
  }

  @Test("in clear there is no answer; requests are counted; what is over the limit is refused as well")
  func others() {
    var sightings = ProbeSightings()
    #expect(EnforcementProbe.judge([.clearText, .rateLimit], sightings).map(\.passed) == [false, false])
    sightings.inClear = .some(.none("bytes that are no HTTP"))
    sightings.counters = [Counter("rate-limit.admitted", 1)]
    #expect(EnforcementProbe.judge([.clearText, .rateLimit], sightings).map(\.passed) == [true, true])
    sightings.inClear = .answers([ProbeAnswer(status: 200, fields: [])])
    sightings.counters = [Counter("http.requests", 4)]
    #expect(EnforcementProbe.judge([.clearText, .rateLimit], sightings).map(\.passed) == [false, false])
    sightings.conversation = .answers([ProbeAnswer(status: 429, fields: [])])
    sightings.counters = [Counter("rate-limit.refused", 1)]
    #expect(EnforcementProbe.judge([Self.wrong, .rateLimit], sightings).map(\.passed) == [true, true])
  }
}
