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
    #expect(message.value(forKeyPath: "headers.request_id") as? String == "r1")
    #expect(answer.headers["content-type"] == "application/openc2+json;version=1.0")
    let response = try #require(message.value(forKeyPath: "body.openc2.response") as? NSDictionary)
    return (answer.status, response)
  }

  private func isServed(_ url: String, from address: String) async throws -> Bool {
    try await Client.request("GET", "\(url)/", timeout: 3, with: ["--interface", address]).status == 200
  }

  @Test(
    "a client is kept out by a command once it is answered, others are not, and a rule ends when its number is deleted")
  func deny() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      #expect(try await isServed(url, from: "127.0.0.2"))
      let made = try await command(
        portal,
        #"{"action": "deny", "target": {"ipv4_net": "127.0.0.2"}, "actuator": {"slpf": {"named_group": "portal"}}}"#)
      #expect(made.status == 200 && made.response["status"] as? Int == 200, "\(made)")
      let number = try #require(made.response.value(forKeyPath: "results.slpf.rule_number") as? Int)
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      #expect(try await isServed(url, from: "127.0.0.3"))
      let listed = try await portal.testudo("rule", "list")
      #expect(listed.output.contains("deny from or to 127.0.0.2/32"), "\(listed)")
      // It holds at every level, and for instances that are started later.
      try #require(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      #expect(try await isServed(url, from: "127.0.0.2") == false)
      #expect(try await isServed(url, from: "127.0.0.3"))
      let ended = try await command(portal, #"{"action": "delete", "target": {"slpf:rule_number": \#(number)}}"#)
      #expect(ended.response["status"] as? Int == 200, "\(ended)")
      #expect(try await isServed(url, from: "127.0.0.2"))
      let kinds = try await portal.events().map(\.kind)
      #expect(kinds.contains("packet-rule-inserted") && kinds.contains("packet-rule-removed"))
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
      ] {
        let answer = try await command(portal, text)
        #expect(answer.status == status && answer.response["status"] as? Int == status, "\(answer)")
        #expect((answer.response["status_text"] as? String)?.contains(words) == true, "\(answer)")
      }
      #expect(try await isServed(try await portal.url(), from: "127.0.0.2"))
    }
  }
}
