import Foundation
import Testing

@Suite("The API over TCP, with TLS and tokens", .serialized, .builtProgram)
struct AccessTokenTests {
  static let read =
    #"{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"r"}}"#

  /// A control plane with a certificate of its own, whose clients trust it.
  private func serving(_ body: (AccessClient) async throws -> Void) async throws {
    try await AccessClient.serving(tls: true, body)
  }

  private func token(_ client: AccessClient, _ role: String, _ others: String...) async throws -> String {
    let outcome = try await client.run(["token", "create", "--name", "test", "--role", role] + others)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func status(
    _ client: AccessClient, _ method: String, _ path: String, _ token: String?, _ body: String? = nil
  ) async throws -> Int {
    try await client.send(
      method, path, body, headers: token.map { ["Authorization: Bearer \($0)"] } ?? []
    ).status
  }

  @Test("whoever shows no token, or one that is none, is told to show one; who may not is told so")
  func refusals() async throws {
    try await serving { client in
      let gateway = try await token(client, "decision-caller", "--tenant", "shop")
      let path = "tenants/shop/access/v1/evaluation"
      for shown in [nil, "nonsense", gateway + "x", "testudo_0123456789abcdef_AAAA"] as [String?] {
        let answer = try await client.send(
          "POST", path, Self.read, headers: shown.map { ["Authorization: Bearer \($0)"] } ?? [])
        #expect(answer.status == 401 && answer.headers["content-type"] == "application/problem+json", "\(answer)")
        #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer realm=\"testudo\"") == true)
        #expect(answer.headers["www-authenticate"]?.contains("invalid_token") == (shown != nil))
      }
      let basic = try await client.send("POST", path, Self.read, headers: ["Authorization: Basic YTpi"])
      #expect(basic.status == 401)
      #expect(try await status(client, "POST", path, gateway, Self.read) == 200)
      // Without a name, it is the token's own tenant.
      #expect(try await status(client, "POST", "access/v1/evaluation", gateway, Self.read) == 200)

      let forbidden = try await client.send(
        "POST", "tenants/bank/access/v1/evaluation", Self.read, headers: ["Authorization: Bearer \(gateway)"])
      #expect(forbidden.status == 403 && forbidden.headers["content-type"] == "application/problem+json")
      #expect(forbidden.headers["www-authenticate"]?.contains("insufficient_scope") == true)
      for other in [
        "access/v1/evaluation?tenant=bank", "access/v1/evaluation?tenant=shop&tenant=bank",
        "tenants/bank/access/v1/search/subject",
      ] {
        let found = try await status(client, "POST", other, gateway, Self.read)
        #expect(found == (other.contains("shop") ? 200 : 403), "\(other)")
      }
      // Where the decision points are, and that there is a control plane, is no secret.
      #expect(try await status(client, "GET", ".well-known/authzen-configuration/tenants/shop", nil) == 200)
      #expect(try await status(client, "GET", "healthz", nil) == 200)
      #expect(try await status(client, "GET", "no/such/path", nil) == 401)
      #expect(try await status(client, "GET", "no/such/path", gateway) == 404)
    }
  }

  @Test("each role may do over TCP what it is for, to its own tenant")
  func roles() async throws {
    try await serving { client in
      let tokens = [
        "decision-caller": try await token(client, "decision-caller", "--tenant", "shop"),
        "viewer": try await token(client, "viewer", "--tenant", "shop"),
        "operator": try await token(client, "operator", "--tenant", "shop"),
        "security-officer": try await token(client, "security-officer", "--tenant", "shop"),
        "administrator": try await token(client, "administrator", "--tenant", "shop"),
        "everything": try await token(client, "administrator", "--all-tenants"),
      ]
      let requests: [(String, String, String?, Set<String>, Int)] = [
        (
          "GET", "api/v1/services", nil, ["viewer", "operator", "security-officer", "administrator", "everything"], 200
        ),
        ("GET", "api/v1/events", nil, ["viewer", "operator", "security-officer", "administrator", "everything"], 200),
        (
          "POST", "access/v1/evaluation", Self.read,
          ["decision-caller", "security-officer", "administrator", "everything"], 200
        ),
        (
          "PUT", "api/v1/decision/policies", "permit (principal, action, resource);",
          ["security-officer", "administrator", "everything"], 200
        ),
        ("GET", "api/v1/decision/log", nil, ["security-officer", "administrator", "everything"], 200),
        (
          "PUT", "api/v1/services/none/level", #"{"level":null}"#,
          ["operator", "security-officer", "administrator", "everything"], 404
        ),
        ("GET", "api/v1/tokens", nil, ["administrator", "everything"], 200),
        ("GET", "api/v1/context", nil, ["everything"], 200), ("GET", "metrics", nil, ["everything"], 200),
        ("POST", "api/v1/services", "{}", ["everything"], 400),
      ]
      for (method, path, body, allowed, expected) in requests {
        for (role, token) in tokens {
          let found = try await status(client, method, path, token, body)
          #expect(found == (allowed.contains(role) ? expected : 403), "\(role): \(method) \(path)")
        }
      }
    }
  }

  @Test("a tenant sees its own decisions, events and tokens only, and a revoked token is a stranger's at once")
  func apart() async throws {
    try await serving { client in
      let shop = try await token(client, "administrator", "--tenant", "shop")
      let bank = try await token(client, "administrator", "--tenant", "bank")
      let all = "permit (principal, action, resource);"
      #expect(try await status(client, "PUT", "api/v1/decision/policies", shop, all) == 200)
      let answers = try await [shop, bank].asyncMap { token in
        try await client.send("POST", "access/v1/evaluation", Self.read, headers: ["Authorization: Bearer \(token)"])
          .body
      }
      #expect(answers[0].contains("\"decision\":true") && answers[1].contains("\"decision\":false"))
      for (own, other, token) in [("shop", "bank", shop), ("bank", "shop", bank)] {
        for path in ["api/v1/decision/log", "api/v1/events", "api/v1/tokens"] {
          let answer = try await client.send("GET", path, headers: ["Authorization: Bearer \(token)"])
          #expect(answer.status == 200 && answer.body.contains("\"\(own)\""), "\(path) \(answer)")
          #expect(!answer.body.contains("\"\(other)\""), "\(path) \(answer)")
        }
      }
      let tokens = try await client.run(["token", "list", "--tenant", "bank"])
      #expect(!tokens.output.contains(bank))
      let id = try #require(bank.split(separator: "_").dropFirst().first)
      // Another tenant's administrator cannot end it.
      #expect(try await status(client, "DELETE", "api/v1/tokens/\(id)", shop) == 404)
      #expect(try await client.run(["token", "revoke", String(id)]).status == 0)
      #expect(try await status(client, "GET", "api/v1/tokens", bank) == 401)
    }
  }

  @Test("others' addresses need a certificate, and files that are none are refused by name")
  func wrongUse() async throws {
    let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    func serve(_ arguments: String...) async throws -> Outcome {
      try await Command.run(Testbed.program, ["serve"] + arguments, environment: ["TESTUDO_HOME": home.path])
    }
    let open = try await serve("--listen", "0.0.0.0:0")
    #expect(open.status == 2 && open.errors.contains("--certificate"))
    #expect(try await serve("--listen", "0.0.0.0:0", "--certificate", "x.pem").status == 2)
    let missing = try await serve("--listen", "0.0.0.0:0", "--certificate", "no-such.pem", "--key", "no-such-key.pem")
    #expect(missing.status == 1 && missing.errors.contains("no-such.pem"), "\(missing)")
    #expect(!FileManager.default.fileExists(atPath: home.path), "nothing is begun before that")
  }
}

extension Array {
  fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}
