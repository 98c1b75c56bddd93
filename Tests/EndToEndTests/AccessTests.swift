import Foundation
import Testing

@Suite("The policy decision point, asked over TCP by an AuthZEN client", .serialized, .builtProgram)
struct AccessTests {
  static let example = Testbed.repository.appending(path: "Examples/decisions")
  static let alice = #""subject":{"type":"user","id":"alice"}"#
  static let bob = #""subject":{"type":"user","id":"bob"}"#
  static let record = #""resource":{"type":"record","id":"record-1"}"#
  static let archive = #""resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}"#

  static func action(_ name: String) -> String { #""action":{"name":"\#(name)"}"# }

  private func serving(_ body: (AccessClient) async throws -> Void) async throws {
    try await AccessClient.serving { client in
      let outcome = try await client.testudo(
        "decision", "set", "--policies", Self.example.appending(path: "records.cedar").path, "--entities",
        Self.example.appending(path: "records.json").path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("v1"))
      try await body(client)
    }
  }

  @Test("the certification scenario: single questions, several, searches and discovery")
  func certification() async throws {
    try await serving { client in
      let (read, write) = (Self.action("read"), Self.action("write"))
      let singles: [(String, Bool)] = [
        ("{\(Self.alice),\(read),\(Self.record)}", true), ("{\(Self.alice),\(write),\(Self.record)}", true),
        ("{\(Self.bob),\(read),\(Self.record)}", true), ("{\(Self.bob),\(write),\(Self.record)}", false),
        ("{\(Self.alice),\(write),\(Self.archive)}", false),
        (
          #"{"subject":{"type":"user","id":"bob","properties":{"role":"admin"}},\#(write),\#(Self.archive)}"#, true
        ),
        (#"{\#(Self.alice),"action":{"name":"delete","properties":{"soft":true}},\#(Self.record)}"#, true),
        (#"{\#(Self.alice),"action":{"name":"delete","properties":{"soft":false}},\#(Self.record)}"#, false),
        (#"{\#(Self.alice),\#(read),\#(Self.record),"foo":"bar","context":{"time":"2025-06-27T18:03-07:00"}}"#, true),
      ]
      for (body, decision) in singles {
        #expect(try await client.decisions("evaluation", body) == [decision], "\(body)")
        #expect(try await client.decisions("evaluations", body) == [decision], "\(body)")
      }
      #expect(
        try await client.decisions(
          "evaluations", "{\(Self.bob),\(Self.record),\"evaluations\":[{\(read)},{\(write)},{}]}")
          == [true, false, false])
      #expect(
        try await client.decisions(
          "evaluations",
          #"{\#(Self.bob),\#(Self.record),"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[{\#(write)},{\#(read)}]}"#
        ) == [false])
      #expect(
        try await client.found("subject", #"{"subject":{"type":"user"},\#(read),\#(Self.record)}"#)
          == ["alice", "bob"])
      #expect(
        try await client.found("subject", #"{"subject":{"type":"user"},\#(write),\#(Self.archive)}"#) == ["bob"])
      #expect(
        try await client.found("resource", #"{\#(Self.alice),\#(write),"resource":{"type":"record"}}"#)
          == ["record-1"])
      #expect(try await client.found("action", "{\(Self.alice),\(Self.record)}") == ["read", "write"])
      #expect(
        try await client.found("subject", #"{"subject":{"type":"spaceship"},\#(read),\#(Self.record)}"#) == [])

      let metadata = try await client.send("GET", ".well-known/authzen-configuration")
      #expect(metadata.status == 200 && metadata.headers["content-type"] == "application/json")
      let document = try JSONDecoder().decode([String: String].self, from: Data(metadata.body.utf8))
      #expect(document["policy_decision_point"] == client.base)
      #expect(document["access_evaluation_endpoint"] == "\(client.base)/access/v1/evaluation")
    }
  }

  @Test(
    "a client written from the specification alone finds nothing that differs, with and without TLS and tokens",
    .enabled(if: Testbed.path(of: "python3") != nil, "`python3` is missing"), arguments: [false, true])
  func specification(tls: Bool) async throws {
    try await AccessClient.serving(tls: tls) { client in
      let set = try await client.testudo(
        "decision", "set", "--policies", Self.example.appending(path: "records.cedar").path, "--entities",
        Self.example.appending(path: "records.json").path)
      try #require(set.status == 0, "\(set.errors)")
      var words = [Testbed.repository.appending(path: "Tests/AuthZEN/client.py").path, client.base]
      if let authority = client.authority {
        let made = try await client.testudo("token", "create", "--name", "client", "--role", "decision-caller")
        words += ["--cacert", authority, "--token", made.output.trimmingCharacters(in: .whitespacesAndNewlines)]
      }
      let outcome = try await Command.run(Testbed.path(of: "python3") ?? "", words)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
  }

  @Test("what is no request is refused with 400 and what is wrong, with the caller's name for it")
  func badInput() async throws {
    try await serving { client in
      let wrong: [(String, String?, String)] = [
        ("", "application/json", "the body is empty"), ("{", "application/json", "1:2:"),
        ("{}", "application/json", "the request has no `subject`"), ("[]", "application/json", "an array"),
        (#"{"subject":"alice",\#(Self.action("read")),\#(Self.record)}"#, "application/json", "`subject` is a string"),
        ("{\(Self.alice),\(Self.action("read")),\(Self.record)}", "text/plain", "`text/plain`"),
        ("{\(Self.alice),\(Self.action("read")),\(Self.record)}", nil, "content type"),
        ("{\"a\":" + String(repeating: "[", count: 10_000), "application/json", "nested too deep"),
      ]
      for path in ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"] {
        for (body, type, said) in wrong {
          let answer = try await client.send(
            "POST", "access/v1/\(path)", body, type: type, headers: ["X-Request-ID: 17/a b"])
          // Searches do not ask for what they look for in the same words; the kind of answer is the same.
          #expect(answer.status == 400, "\(path) \(body.prefix(60)) \(answer)")
          #expect(answer.headers["content-type"] == "application/problem+json")
          #expect(answer.headers["x-request-id"] == "17/a b")
          if path.hasPrefix("evaluation") { #expect(answer.body.contains(said), "\(answer.body)") }
        }
      }
      let long = #"{"context":{"a":"\#(String(repeating: "x", count: 1 << 20))"}}"#
      #expect(try await client.post("evaluation", long).status == 413)
      let charset = try await client.send(
        "POST", "access/v1/evaluation", "{\(Self.alice),\(Self.action("read")),\(Self.record)}",
        type: "Application/JSON; charset=utf-8", headers: ["X-Request-ID: abc"])
      #expect(charset.status == 200 && charset.headers["x-request-id"] == "abc")
      // What changes anything is not served over TCP.
      #expect(try await client.send("GET", "api/v1/decision").status == 404)
      #expect(try await client.send("GET", "api/v1/services").status == 404)
    }
  }

  @Test("tenants have decision points of their own, versions count up, and what is unsound changes nothing")
  func tenants() async throws {
    try await serving { client in
      let read = "{\(Self.alice),\(Self.action("read")),\(Self.record)}"
      let shop = "tenants/shop/access/v1/evaluation"
      let denied = try await client.send("POST", shop, read)
      #expect(denied.status == 200 && denied.body.contains("\"decision\":false"))
      let policies = client.home.appending(path: "all.cedar")
      try Data("permit (principal, action, resource);".utf8).write(to: policies)
      #expect(
        try await client.testudo("decision", "set", "--tenant", "shop", "--policies", policies.path).status == 0)
      #expect(try await client.send("POST", shop, read).body.contains("\"decision\":true"))
      let metadata = try await client.send("GET", ".well-known/authzen-configuration/tenants/shop")
      #expect(metadata.body.contains("\(client.base)/tenants/shop/access/v1/evaluation"))

      try Data("permit (principal, action, resource)\nwhen { ;".utf8).write(to: policies)
      let refused = try await client.testudo("decision", "set", "--tenant", "shop", "--policies", policies.path)
      #expect(refused.status == 1 && refused.errors.contains("all.cedar:2:"), "\(refused.errors)")
      #expect(try await client.send("POST", shop, read).body.contains("\"policy_version\":1"))
      #expect(try await client.send("POST", "tenants/No%22/access/v1/evaluation", read).status == 404)
      #expect(try await client.testudo("decision", "clear", "--tenant", "shop").output.contains("v2"))
      #expect(try await client.send("POST", shop, read).body.contains("\"decision\":false"))
    }
  }

  @Test("every decision is in the log, as an event of OCSF")
  func log() async throws {
    try await serving { client in
      let body = "{\(Self.bob),\(Self.record),\"evaluations\":[{\(Self.action("read"))},{\(Self.action("write"))}]}"
      _ = try await client.send("POST", "access/v1/evaluations", body, headers: ["X-Request-ID: r-1"])
      let log = try await client.testudo("decision", "log")
      let events = try log.output.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(events.map { $0["class_uid"] as? Int } == [3003, 3003])
      #expect(events.map { $0["action"] as? String } == ["Allowed", "Denied"])
      #expect(events.map { ($0["metadata"] as? [String: Any])?["correlation_uid"] as? String } == ["r-1", "r-1"])
      let file = client.home.appending(path: "decisions/decisions.jsonl")
      #expect(try String(contentsOf: file, encoding: .utf8) == log.output)
    }
  }

  @Test(
    "without a certificate, only addresses of this machine alone are listened on",
    arguments: ["0.0.0.0:8080", "192.0.2.1:80", "[::]:80", "127.0.0.1", "example.org:1"])
  func addresses(address: String) async throws {
    let outcome = try await Command.run(
      Testbed.program, ["serve", "--listen", address],
      environment: ["TESTUDO_HOME": FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path])
    #expect(outcome.status == 2 && outcome.errors.contains(address))
  }
}
