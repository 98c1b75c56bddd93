import Foundation
import PolicyDecision
import Testing

@Suite("one question of the AuthZEN API")
struct AccessEvaluationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body: String
    var decision: Bool
    var reason: [String]
  }

  static let cases = [
    Case(
      testDescription: "what a policy permits",
      body:
        #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}"#,
      decision: true, reason: ["read"]),
    Case(
      testDescription: "what no policy permits",
      body:
        #"{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}"#,
      decision: false, reason: []),
    Case(
      testDescription: "what a policy forbids by a property of the request",
      body:
        #"{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1","properties":{"status":"archived"}}}"#,
      decision: false, reason: ["archived"]),
    Case(
      testDescription: "properties of the subject",
      body:
        #"{"subject":{"type":"user","id":"carol","properties":{"role":"admin"}},"action":{"name":"write"},"resource":{"type":"record","id":"record-9","properties":{"status":"archived"}}}"#,
      decision: true, reason: ["administrators-archive"]),
    Case(
      testDescription: "properties of the action",
      body:
        #"{"subject":{"type":"user","id":"alice"},"action":{"name":"delete","properties":{"soft":true}},"resource":{"type":"record","id":"record-1"}}"#,
      decision: true, reason: ["soft-delete"]),
    Case(
      testDescription: "other properties of the action",
      body:
        #"{"subject":{"type":"user","id":"alice"},"action":{"name":"delete","properties":{"soft":false}},"resource":{"type":"record","id":"record-1"}}"#,
      decision: false, reason: []),
    Case(
      testDescription: "unknown fields, and values that Cedar has not",
      body:
        #"{"subject":{"type":"user","id":"alice","foo":1},"action":{"name":"read"},"resource":{"type":"record","id":"record-1","properties":{"score":0.123456,"note":null,"big":1e3}},"context":{"time":"2025-06-27T18:03-07:00","pos":[1.5,null]},"futureField":{"nested":true}}"#,
      decision: true, reason: ["read"]),
    Case(
      testDescription: "an unknown type, even one that is no name in Cedar",
      body:
        #"{"subject":{"type":"https://x.example/user","id":"alice"},"action":{"name":"read"},"resource":{"type":"","id":""}}"#,
      decision: false, reason: []),
  ]

  @Test("is decided, with version and reason", arguments: cases)
  func decides(_ example: Case) throws {
    let outcome = try CertificationFixture.decisionPoint().evaluate(example.body)
    #expect(outcome.decision == example.decision)
    #expect(outcome.context.reason == example.reason)
    #expect(outcome.context.policy_version == 3)
    #expect(outcome.context.errors == nil && outcome.context.error == nil)
  }

  @Test("a policy that cannot be evaluated is named with what went wrong")
  func errors() throws {
    let outcome = try CertificationFixture.decisionPoint().evaluate(
      #"{"subject":{"type":"user","id":"alice"},"action":{"name":"write"},"resource":{"type":"record","id":"record-7"}}"#
    )
    #expect(outcome.decision)
    #expect(outcome.context.reason == ["write"])
    #expect(outcome.context.errors?.map(\.policy) == ["archived"])
    #expect(outcome.context.errors?.first?.message.contains("does not exist") == true)
  }

  @Test("a value that has no counterpart in Cedar denies, since leaving it out could permit")
  func tooLarge() throws {
    let outcome = try CertificationFixture.decisionPoint().evaluate(
      #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"context":{"a":{"risk":1e99}}}"#
    )
    #expect(!outcome.decision)
    #expect(outcome.context.error?.message.hasPrefix("context.a.risk: `1e99` is too large") == true)
  }

  @Test("without policies everything is denied, with version 0")
  func empty() throws {
    let outcome = try DecisionPoint.empty.evaluate(Self.cases[0].body)
    #expect(!outcome.decision)
    #expect(outcome.context.policy_version == 0)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var body: String
    var said: [String]

    init(_ testDescription: String, _ body: String, _ said: String...) {
      (self.testDescription, self.body, self.said) = (testDescription, body, said)
    }
  }

  static let wrong = [
    Wrong("an empty body", "", "body: the body is empty"),
    Wrong("a body of space", " \n", "body: the body is empty"),
    Wrong("no JSON", "{\"subject\":", "1:12: the document ends early"),
    Wrong("more than a document", "{} {}", "more follows"),
    Wrong("an array", "[]", "the body is an array, expected a JSON object"),
    Wrong("a name twice", "{\"action\":{},\"action\":{}}", "twice"),
    Wrong("a number cut short", "{\"a\":1.}", "this is not a number"),
    Wrong(
      "nothing asked", "{}", "subject: the request has no `subject`", "action: the request has no `action`",
      "resource: the request has no `resource`"),
    Wrong(
      "a subject that is a string", #"{"subject":"alice","action":{"name":"read"},"resource":{"type":"r","id":"1"}}"#,
      "subject: `subject` is a string, expected an object"),
    Wrong(
      "a subject that is null", #"{"subject":null,"action":{"name":"read"},"resource":{"type":"r","id":"1"}}"#,
      "subject: `subject` is null"),
    Wrong(
      "no type, no name, no id", #"{"subject":{"id":"alice"},"action":{},"resource":{"type":"r"}}"#,
      "subject.type: `subject` has no `type`, expected a string", "action.name: `action` has no `name`",
      "resource.id: `resource` has no `id`"),
    Wrong(
      "numbers for names", #"{"subject":{"type":1,"id":2},"action":{"name":123},"resource":{"type":"r","id":"1"}}"#,
      "subject.type: `type` is an integer", "subject.id: `id` is an integer",
      "action.name: `name` is an integer, expected a string"),
    Wrong(
      "properties and a context that are no objects",
      #"{"subject":{"type":"u","id":"a","properties":[]},"action":{"name":"x","properties":1},"resource":{"type":"r","id":"1","properties":"p"},"context":7}"#,
      "subject.properties: `properties` is an array", "action.properties: `properties` is an integer",
      "resource.properties: `properties` is a string", "context: `context` is an integer"),
    Wrong(
      "nesting without end",
      #"{"context":"# + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000) + "}",
      "nested too deep"),
  ]

  @Test("is refused with all that is wrong: a request with", arguments: wrong)
  func refuses(_ wrong: Wrong) throws {
    let point = try CertificationFixture.decisionPoint()
    for endpoint in [AccessEndpoint.evaluation, .evaluations] {
      let error = #expect(throws: MalformedAccessRequest.self) { try point.answer(endpoint, wrong.body) }
      for words in wrong.said { #expect(error?.description.contains(words) == true, "\(String(describing: error))") }
    }
  }

  @Test("a body cut at any byte is refused or decided, never anything else")
  func cut() throws {
    let point = try CertificationFixture.decisionPoint()
    let body = Array(Self.cases[6].body.utf8)
    for end in 0..<body.count {
      #expect(throws: MalformedAccessRequest.self) {
        try point.answer(.evaluation, String(decoding: body[..<end], as: UTF8.self))
      }
    }
  }
}
