import Foundation
import Glibc
import Testing

@Suite("Requests that the decision point decides about", .serialized, .realUnikernels)
struct RemoteDecisionTests {
  static let example = Testbed.repository.appending(path: "Examples/remote")

  /// The example, up, with its policies in the decision point.
  private func up(cache: String = "1 s", _ body: (Portal, String) async throws -> Void) async throws {
    await Testbed.places.take()
    let result: Result<Void, any Error>
    do {
      try await Portal.copied(of: Self.example) { service in
        try service.edit("service.yaml") { $0.replacing("cache: 1 s", with: "cache: \(cache)") }
        let up = try await service.up()
        try #require(up.status == 0, "\(up.errors)")
        let url = try #require(try await service.unikernel("shelf").urls.first)
        try await body(service, url.hasSuffix("/") ? String(url.dropLast()) : url)
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  private func set(_ policies: String, _ service: Portal) async throws {
    let file = service.folder.appending(path: "decision.cedar")
    try Data(policies.utf8).write(to: file)
    let outcome = try await service.testudo("decision", "set", "--policies", file.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(
    "they are refused until it has policies, then decided by these, also after these change, and each is in the log")
  func decided() async throws {
    try await up(cache: "1 h") { service, url in
      let order = "\(url)/orders/17"
      #expect(try await service.unikernel("shelf").mechanisms.contains("remote-authorization"))
      #expect(try await service.unikernel("shelf").mechanisms.contains("authorization") == false)
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three").status == 403)
      try await set(String(contentsOf: Self.example.appending(path: "shelf.cedar"), encoding: .utf8), service)
      #expect(
        try await eventually { try await Client.request("PUT", order, as: .clerk, body: "three").status == 201 })
      #expect(try await Client.request("GET", order, as: .reader).body == "three")
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 403)
      #expect(try await Client.request("GET", order).status == 401)

      let log = try await service.testudo("decision", "log")
      let events = try log.output.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      let seen = events.map {
        "\(($0["user"] as? [String: Any])?["uid"] ?? "") \($0["privileges"] ?? "") \($0["action"] ?? "")"
      }
      #expect(seen.contains { $0.contains("carl") && $0.contains("PUT") && $0.contains("Allowed") }, "\(seen)")
      #expect(seen.contains { $0.contains("rita") && $0.contains("PUT") && $0.contains("Denied") }, "\(seen)")

      // What was allowed is not any more, although the answer is kept for an hour: it is forgotten.
      try await set("@valid_for(\"3600\") permit (principal, action, resource);", service)
      #expect(try await Client.request("GET", order, as: .reader).status == 200)
      #expect(try await Client.request("GET", order, as: .clerk).status == 200)
      try await set("forbid (principal, action, resource);", service)
      #expect(try await Client.request("GET", order, as: .reader).status == 403)
      #expect(try await Client.request("GET", order, as: .clerk).status == 403)
    }
  }

  @Test("contextual attributes are part of the question")
  func context() async throws {
    try await up { service, url in
      try await set(String(contentsOf: Self.example.appending(path: "shelf.cedar"), encoding: .utf8), service)
      let order = "\(url)/orders/1"
      #expect(
        try await eventually { try await Client.request("PUT", order, as: .clerk, body: "x").status == 201 })
      // Of another tenant, it is none of this service's.
      let other = try await service.testudo("context", "set", "threat_level=high", "--tenant", "bank")
      #expect(other.status == 0, "\(other.errors)")
      #expect(try await Client.request("GET", order, as: .clerk).status == 200)
      let missing = try await service.testudo("context", "set", "threat_level=high", "--service", "nobody")
      #expect(missing.status == 1 && missing.errors.contains("`nobody`"), "\(missing)")
      let outcome = try await service.testudo(
        "context", "set", "threat_level=high", "--service", try await service.unikernel("shelf").service)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try await eventually { try await Client.request("GET", order, as: .clerk).status == 403 })
    }
  }

  @Test("while the control plane is stopped they are refused within the deadline, and decided again when it is back")
  func unreachable() async throws {
    try await up { service, url in
      try await set("permit (principal, action, resource);", service)
      let order = "\(url)/orders/1"
      #expect(
        try await eventually { try await Client.request("PUT", order, as: .clerk, body: "x").status == 201 })
      #expect(kill(try service.controlPlane(), SIGKILL) == 0)
      // Another path each time, so that no answer is known.
      #expect(
        try await eventually { try await Client.request("GET", "\(url)/orders/\(UUID())", as: .clerk).status == 403 })
      let start = ContinuousClock.now
      let answer = try await Client.request("GET", "\(url)/orders/other", as: .clerk, timeout: 10)
      #expect(answer.status == 403)
      // The deadline is 500 ms; the rest is for a crowded machine.
      #expect(ContinuousClock.now - start < .seconds(8))
      let up = try await service.up()
      #expect(up.status == 0, "\(up.errors)")
      #expect(try await eventually { try await Client.request("GET", order, as: .clerk).status == 200 })
    }
  }

  @Test("policies cannot be applied to it: the decision point has them")
  func apply() async throws {
    try await up { service, _ in
      let file = Self.example.appending(path: "shelf.cedar").path
      let outcome = try await service.testudo("policy", "apply", file)
      #expect(outcome.status == 1 && outcome.errors.contains("testudo decision set"), "\(outcome.errors)")
    }
  }
}
