import PolicyDecision
import Testing

@Suite("several questions of the AuthZEN API")
struct AccessEvaluationsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body: String
    var decisions: [Bool]

    init(_ testDescription: String, _ body: String, _ decisions: [Bool]) {
      (self.testDescription, self.body, self.decisions) = (testDescription, body, decisions)
    }
  }

  static let alice = #""subject":{"type":"user","id":"alice"}"#
  static let mixed = #"{"action":{"name":"read"}},{"action":{"name":"write"}},{"action":{"name":"read"}}"#
  static let bob = #""subject":{"type":"user","id":"bob"},"resource":{"type":"record","id":"record-1"}"#

  static let cases = [
    Case("in their order", #"{\#(bob),"evaluations":[\#(mixed)]}"#, [true, false, true]),
    Case(
      "until one is denied",
      #"{\#(bob),"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[\#(mixed)]}"#, [true, false]),
    Case(
      "until one is permitted",
      #"{\#(bob),"options":{"evaluations_semantic":"permit_on_first_permit"},"evaluations":[{"action":{"name":"write"}},\#(mixed)]}"#,
      [false, true]),
    Case(
      "all of them, when asked to",
      #"{\#(bob),"options":{"evaluations_semantic":"execute_all","other":1},"evaluations":[\#(mixed)]}"#,
      [true, false, true]),
    Case(
      "without defaults",
      #"{"evaluations":[{\#(alice),"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}},{\#(bob),"action":{"name":"write"}}]}"#,
      [true, false]),
    Case(
      "where a subject replaces the default whole, properties included",
      #"{"subject":{"type":"user","id":"carol","properties":{"role":"admin"}},"action":{"name":"write"},"resource":{"type":"record","id":"record-2"},"evaluations":[{},{"subject":{"type":"user","id":"dan"}}]}"#,
      [true, false]),
    Case(
      "where one is incomplete, or no object, or of wrong types: only that one fails",
      #"{\#(alice),"action":{"name":"read"},"evaluations":[{"resource":{"type":"record","id":"record-1"}},{},{"resource":{"type":"record"}},7,{"resource":"r"},{"resource":{"type":"record","id":"record-2"}}]}"#,
      [true, false, false, false, false, true]),
    Case(
      "where a failure ends the questions as a denial does",
      #"{\#(alice),"action":{"name":"read"},"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[{},{"resource":{"type":"record","id":"record-1"}}]}"#,
      [false]),
    Case(
      "where a default that is no whole resource is completed",
      #"{\#(alice),"action":{"name":"write"},"resource":{"type":"record"},"evaluations":[{"resource":{"id":"record-1","properties":{"status":"active"}}},{"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}}]}"#,
      [true, false]),
    Case(
      "where a default that is whole completes nothing",
      #"{\#(alice),"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"evaluations":[{"resource":{"type":"record"}},{}]}"#,
      [false, true]),
  ]

  @Test("are decided", arguments: cases)
  func decides(_ example: Case) throws {
    #expect(try CertificationFixture.decisionPoint().evaluateAll(example.body) == example.decisions)
  }

  @Test("one that fails says what is wrong")
  func failure() throws {
    let outcomes = try CertificationFixture.decisionPoint().answer(
      .evaluations, Self.cases[6].body, as: Outcomes.self
    ).evaluations
    #expect(outcomes[1].context.error?.message == "resource: the request has no `resource`, expected an object")
    #expect(outcomes[2].context.error?.message == "resource.id: `resource` has no `id`, expected a string")
    #expect(outcomes[3].context.error?.message.contains("the evaluation is an integer") == true)
    #expect(outcomes[0].context.error == nil)
  }

  @Test("without any, or with an empty list, the request is a single question", arguments: ["", #","evaluations":[]"#])
  func single(list: String) throws {
    let body = #"{\#(Self.bob),"action":{"name":"read"}\#(list)}"#
    #expect(try CertificationFixture.decisionPoint().answer(.evaluations, body, as: Outcome.self).decision)
  }

  @Test(
    "the request as a whole is refused",
    arguments: [
      (#"{"evaluations":{}}"#, "`evaluations` is an object, expected an array"),
      (#"{"subject":"alice","evaluations":[{}]}"#, "`subject` is a string"),
      (#"{"options":[],"evaluations":[{}]}"#, "`options` is an array"),
      (
        #"{"options":{"evaluations_semantic":"some"},"evaluations":[{}]}"#,
        "the semantic is `some`, expected `execute_all`"
      ),
      (#"{"options":{"evaluations_semantic":1},"evaluations":[{}]}"#, "the semantic is an integer"),
      (
        #"{"evaluations":["# + Array(repeating: "{}", count: 1001).joined(separator: ",") + "]}",
        "there are 1001 evaluations, expected at most 1000"
      ),
    ])
  func refuses(body: String, said: String) throws {
    let point = try CertificationFixture.decisionPoint()
    let error = #expect(throws: MalformedAccessRequest.self) { try point.answer(.evaluations, body) }
    #expect(error?.description.contains(said) == true)
  }
}
