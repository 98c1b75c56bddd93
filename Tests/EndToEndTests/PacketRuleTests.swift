import Foundation
import Testing

/// Commands of OpenC2, as whoever defends a network centrally sends them.
@Suite("Packet filters under command", .serialized, .realUnikernels)
struct PacketRuleTests {
  private static let type = "Content-Type: application/openc2+json;version=1.0"

  /// The OpenC2 response to a command, and the HTTP status it came with.
  private func command(_ portal: Portal, _ command: String) async throws -> (status: Int, response: NSDictionary) {
    let answer = try await Client.perform([
      "--unix-socket", portal.home.appending(path: "run/api.sock").path, "-X", "POST", "-H", Self.type, "-d",
      #"{"headers": {"request_id": "r1"}, "body": {"openc2": {"request": \#(command)}}}"#,
      "http://localhost/.well-known/openc2",
    ])
    let message = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? NSDictionary, "\(answer)")
    #expect(part("headers.request_id", of: message) as? String == "r1")
    #expect(answer.headers["content-type"] == "application/openc2+json;version=1.0")
    let response = try #require(part("body.openc2.response", of: message) as? NSDictionary)
    return (answer.status, response)
  }

  /// What stands at a path of names.
  private func part(_ path: String, of document: NSDictionary) -> Any? {
    path.split(separator: ".").reduce(document as Any?) { inner, name in (inner as? NSDictionary)?[String(name)] }
  }

  private func isServed(_ url: String, from address: String) async throws -> Bool {
    try await Client.request("GET", "\(url)/", timeout: 3, with: ["--interface", address]).status == 200
  }

  @Test(
    "a client is kept out by a command once it is answered, others are not, and a rule ends when its number is deleted")
  func deny() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let before = Set(try await portal.unikernels().map(\.pid))
      #expect(try await isServed(url, from: "127.0.0.2"))
      let made = try await command(
        portal,
        #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "tcp", "src_addr": "127.0.0.2"}}, "actuator": {"slpf": {"named_group": "portal"}}}"#
      )
      #expect(made.status == 200 && made.response["status"] as? Int == 200, "\(made)")
      let number = try #require(part("results.slpf.rule_number", of: made.response) as? Int)
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      #expect(try await isServed(url, from: "127.0.0.3"))
      #expect(Set(try await portal.unikernels().map(\.pid)) == before, "running images are told, and not replaced")
      let listed = try await portal.testudo("rule", "list")
      #expect(listed.output.contains("deny tcp from 127.0.0.2/32"), "\(listed)")
      // From the command to the last acknowledgement there is one correlation.
      let events = try await portal.events()
      let inserted = try #require(events.last { $0.kind == "packet-rule-inserted" })
      #expect(inserted.details?["request"] == "r1" && inserted.details?["rule"] == "\(number)")
      let pushes = events.filter { $0.correlation == inserted.correlation && $0.details?["step"] == "push" }
      #expect(Set(pushes.compactMap(\.resource)) == ["storefront", "orders"], "\(pushes)")
      // It holds at every level, and for instances that are started later.
      try #require(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      #expect(Set(try await portal.unikernels().map(\.pid)) != before)
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      #expect(try await isServed(url, from: "127.0.0.3"))
      let ended = try await command(portal, #"{"action": "delete", "target": {"slpf:rule_number": \#(number)}}"#)
      #expect(ended.response["status"] as? Int == 200, "\(ended)")
      #expect(try await isServed(url, from: "127.0.0.2"))
      #expect(try await portal.events().map(\.kind).contains("packet-rule-removed"))
    }
  }

  @Test("a network is kept out for a time, without a command that ends it")
  func duration() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let before = Set(try await portal.unikernels().map(\.pid))
      let made = try await command(
        portal, #"{"action": "deny", "target": {"ipv4_net": "127.0.0.0/30"}, "args": {"duration": 3000}}"#)
      #expect(made.response["status"] as? Int == 200, "\(made)")
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      #expect(try await isServed(url, from: "127.0.0.5"))
      #expect(try await eventually { try await isServed(url, from: "127.0.0.2") })
      #expect(Set(try await portal.unikernels().map(\.pid)) == before)
      #expect(try await portal.testudo("rule", "list").output.contains("there are no rules"))
      #expect(try await portal.events().map(\.kind).contains("packet-rule-ended"))
      // One that begins later does not hold before.
      let start = Int(Date().timeIntervalSince1970 * 1000) + 2500
      let later = try await command(
        portal, #"{"action": "deny", "target": {"ipv4_net": "127.0.0.2"}, "args": {"start_time": \#(start)}}"#)
      #expect(later.response["status"] as? Int == 200, "\(later)")
      #expect(try await isServed(url, from: "127.0.0.2"))
      #expect(try await eventually { try await !isServed(url, from: "127.0.0.2") })
    }
  }

  @Test("an exception opens what a deny keeps shut, where the template takes such")
  func allow() async throws {
    try await Portal.up(changing: { text in
      text.replacing(
        "        targets: [ storefront, orders ]\n",
        with: "        targets: [ storefront, orders ]\n        properties:\n          commands: [ deny, allow ]\n",
        maxReplacements: 1)
    }) { portal in
      let url = try await portal.url()
      let denied = try await command(portal, #"{"action": "deny", "target": {"ipv4_net": "127.0.0.0/8"}}"#)
      #expect(denied.response["status"] as? Int == 200, "\(denied)")
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      let allowed = try await command(
        portal,
        #"{"action": "allow", "target": {"ipv4_net": "127.0.0.2"}, "args": {"slpf": {"insert_rule": 5}}}"#)
      #expect(part("results.slpf.rule_number", of: allowed.response) as? Int == 5, "\(allowed)")
      #expect(try await isServed(url, from: "127.0.0.2"))
      #expect(try await isServed(url, from: "127.0.0.3") == false)
    }
  }

  @Test("a rule begins and ends by itself, also where the control plane was killed meanwhile")
  func times() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let made = try await command(
        portal,
        #"{"action": "deny", "target": {"ipv4_connection": {"protocol": "tcp", "src_addr": "127.0.0.2"}}, "args": {"duration": 4000}}"#
      )
      #expect(made.response["status"] as? Int == 200, "\(made)")
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      kill(try portal.controlPlane(), SIGKILL)
      // The next command starts another.
      _ = try await portal.unikernels()
      let isServedAgain = try await eventually { try await isServed(url, from: "127.0.0.2") }
      #expect(isServedAgain)
      #expect(try await portal.testudo("rule", "list").output.contains("there are no rules"))
    }
  }

  @Test("what would open what the template keeps shut, or is not understood, is refused with what was expected")
  func refusals() async throws {
    try await Portal.up { portal in
      for (text, status, words) in [
        (#"{"action": "allow", "target": {"ipv4_net": "127.0.0.2"}}"#, 501, "`commands: [ deny, allow ]`"),
        (#"{"action": "scan", "target": {"ipv4_net": "127.0.0.2"}}"#, 501, "Command not supported"),
        (#"{"action": "deny", "target": {"ipv4_net": "127.0.0"}}"#, 400, "`ipv4_net`"),
        (
          #"{"action": "deny", "target": {"ipv4_net": "127.0.0.2"}, "actuator": {"slpf": {"named_group": "shop"}}}"#,
          500, "no service"
        ),
        (#"{"action": "delete", "target": {"slpf:rule_number": 7}}"#, 500, "no rule 7"),
        (#"{"action": "update", "target": {"file": {"name": "rules.txt"}}}"#, 501, "Command not supported"),
        (#"{"action": "deny"}"#, 400, "`target`"),
        (#"{"action": "deny", "target": {"ipv4_net": "127.0.0.2"}, "args": {"stop_time": 1000}}"#, 400, "is over"),
      ] {
        let answer = try await command(portal, text)
        #expect(answer.status == status && answer.response["status"] as? Int == status, "\(answer)")
        #expect((answer.response["status_text"] as? String)?.contains(words) == true, "\(answer)")
      }
      #expect(try await isServed(try await portal.url(), from: "127.0.0.2"))
    }
  }

  @Test("bodies that are no messages get answers that are")
  func malformed() async throws {
    try await AccessClient.serving(tls: true) { client in
      let officer = try await client.run(
        ["token", "create", "--name", "officer", "--role", "security-officer", "--tenant", "shop"])
      let token = officer.output.trimmingCharacters(in: .whitespacesAndNewlines)
      for (body, type) in [
        ("", "application/openc2+json;version=1.0"), ("[1, 2", "application/openc2+json;version=1.0"),
        ("{}", "application/openc2+json;version=1.0"), ("{}", "application/openc2-cmd+json;version=1.0"),
        (#"{"action": "query", "target": {"features": []}}"#, "application/json"),
      ] {
        let answer = try await client.send(
          "POST", ".well-known/openc2", body, type: type, headers: ["Authorization: Bearer \(token)"])
        #expect(answer.status == 400, "\(answer)")
        #expect(answer.headers["content-type"]?.hasPrefix("application/openc2") == true, "\(answer)")
        #expect(answer.body.contains(#""status":400"#) && answer.body.contains("status_text"), "\(answer)")
      }
    }
  }
}

/// Who may command.
@Suite("Packet filters under command, with tokens", .serialized, .builtProgram)
struct PacketRuleAccessTests {
  @Test("officers and administrators may command, others may not, and nobody may without a token")
  func roles() async throws {
    try await AccessClient.serving(tls: true) { client in
      let query =
        #"{"headers": {"request_id": "q"}, "body": {"openc2": {"request": {"action": "query", "target": {"features": ["profiles", "pairs"]}}}}}"#
      func ask(_ token: String?) async throws -> Answer {
        try await client.send(
          "POST", ".well-known/openc2", query, type: "application/openc2+json;version=1.0",
          headers: token.map { ["Authorization: Bearer \($0)"] } ?? [])
      }
      #expect(try await ask(nil).status == 401)
      for (role, status) in [("viewer", 403), ("operator", 403), ("security-officer", 200), ("administrator", 200)] {
        let made = try await client.run(["token", "create", "--name", role, "--role", role, "--tenant", "shop"])
        try #require(made.status == 0, "\(made.errors)")
        let answer = try await ask(made.output.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(answer.status == status, "\(role): \(answer)")
        guard status == 200 else { continue }
        #expect(
          answer.body.contains(#""profiles":["slpf"]"#) && answer.body.contains(#""request_id":"q""#), "\(answer)")
        #expect(answer.body.contains(#""delete":["slpf:rule_number"]"#))
      }
    }
  }
}
