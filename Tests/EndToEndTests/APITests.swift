import Foundation
import Testing

@Suite("The API as its description has it", .serialized, .builtProgram)
struct APITests {
  private func serving(_ body: (AccessClient, _ administrator: String) async throws -> Void) async throws {
    try await AccessClient.serving(tls: true) { client in
      let made = try await client.testudo(
        "token", "create", "--name", "test", "--role", "administrator", "--all-tenants")
      try #require(made.status == 0, "\(made.errors)")
      let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
      try await body(client, "Authorization: Bearer \(token)")
    }
  }

  @Test("what is asked in another way than described is refused with what was expected, as a problem")
  func refusals() async throws {
    try await serving { client, administrator in
      let requests: [(String, String, String?, String?, Int, String)] = [
        ("POST", "api/v1/unikernels", "{}", "application/json", 405, "GET, HEAD"),
        ("TRACE", "healthz", nil, nil, 405, "GET, HEAD"),
        ("GET", "api/v1/nothing", nil, nil, 404, "/openapi.json"),
        ("GET", "api/v1/events?after=x", nil, nil, 400, "whole number"),
        ("DELETE", "api/v1/services/portal?tennant=shop", nil, nil, 400, "`tenant`"),
        ("GET", "api/v1/context?verbose=1", nil, nil, 400, "`tenant`, `service`"),
        ("PUT", "api/v1/context", "mode=run", "application/x-www-form-urlencoded", 415, "`application/json`"),
        ("PUT", "api/v1/context", "{}", nil, 415, "no content type"),
        ("PUT", "api/v1/context", "[1", "application/json", 400, "not JSON"),
        ("PUT", "api/v1/context", #"{"mode":1}"#, "application/json", 400, "`mode` is of another kind"),
        (
          "POST", "api/v1/tokens", #"{"name":"\#(String(repeating: "x", count: 70_000))","role":"viewer"}"#,
          "application/json", 413, "65536"
        ),
        ("POST", "api/v1/services", #"{"path":"portal"}"#, "application/json", 422, "absolute path"),
        ("PUT", "api/v1/services/portal/level", #"{"level":null}"#, "application/json", 404, "no service `portal`"),
        ("PUT", "api/v1/services/portal/level", "{}", "application/json", 400, "no `level`"),
        ("PUT", "api/v1/services/portal/level", #"{"levl":"high"}"#, "application/json", 400, "`levl`"),
        ("POST", "api/v1/policies/rollback", #"{"version":1}"#, "application/json", 400, "none but `to`"),
        ("GET", "api/v1/images/sha256:00", nil, nil, 404, "no image `sha256:00`"),
        ("GET", "api/v1/images/..%2F..%2Fkeys", nil, nil, 404, "no image"),
      ]
      for (method, path, body, type, status, words) in requests {
        let answer = try await client.send(method, path, body, type: type, headers: [administrator])
        #expect(answer.status == status, "\(method) \(path) \(answer)")
        #expect(answer.headers["content-type"] == "application/problem+json", "\(method) \(path) \(answer)")
        #expect(answer.body.contains(words), "\(method) \(path) \(answer)")
        if status == 405 { #expect(answer.headers["allow"] == "GET, HEAD") }
      }
      // Whoever has no token does not learn which paths there are.
      #expect(try await client.send("POST", "api/v1/unikernels", "{}").status == 401)
    }
  }

  @Test(
    "the description is everybody's, and the same that the program prints; the control plane says whether it is ready")
  func itself() async throws {
    try await serving { client, administrator in
      let answer = try await client.send("GET", "openapi.json")
      let printed = try await client.testudo("serve", "--print-openapi")
      #expect(answer.status == 200 && printed.status == 0 && answer.body == printed.output)
      let ready = try await client.send("GET", "readyz")
      #expect(ready.status == 200 && ready.body.contains(#""isReady":true"#), "\(ready)")
      #expect(!ready.body.contains(client.home.path), "everybody may ask")
      let head = try await client.send("HEAD", "api/v1/images", headers: [administrator, "Connection: close"])
      #expect(head.status == 200 && head.body.isEmpty)
      // What every change needs is gone: it is alive, and not ready.
      let key = client.home.appending(path: "keys/image.pem").path
      try FileManager.default.moveItem(atPath: key, toPath: key + ".away")
      try Data().write(to: URL(filePath: key))
      let lacking = try await client.send("GET", "readyz")
      #expect(lacking.status == 503 && lacking.body.contains("keys: "), "\(lacking)")
      #expect(lacking.headers["content-type"] == "application/problem+json")
      #expect(try await client.send("GET", "healthz").status == 200)
    }
  }

  @Test("metrics are in the text format: families in one piece, no series twice")
  func metrics() async throws {
    try await serving { client, administrator in
      _ = try await client.send("GET", "api/v1/services", headers: [administrator])
      _ = try await client.send("GET", "no/such/path", headers: [administrator])
      let answer = try await client.send("GET", "metrics", headers: [administrator])
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      var families: Set<String> = []
      var series: Set<Substring> = []
      var family = ""
      for line in answer.body.split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 3)
        if line.hasPrefix("# HELP ") {
          family = String(words[2])
          #expect(families.insert(family).inserted, "\(line)")
        } else if line.hasPrefix("# TYPE ") {
          #expect(String(words[2]) == family && ["counter", "gauge", "summary"].contains(words[3]), "\(line)")
        } else {
          let match = try #require(
            line.wholeMatch(of: #/([a-z_]+)(\{([a-z_]+="[^"\n]*",?)*\})? ([0-9.e+-]+)/#), "\(line)")
          #expect(match.1.hasPrefix(family) && Double(match.4) != nil, "\(line)")
          #expect(series.insert(line.prefix { $0 != " " }).inserted, "\(line)")
        }
      }
      #expect(families.isSuperset(of: ["testudo_build_info", "testudo_ready", "process_cpu_seconds_total"]))
      #expect(
        series.contains(#"testudo_api_request_duration_seconds_count{route="other",method="other",status="404"}"#))
    }
  }
}
