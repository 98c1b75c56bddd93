import Foundation
import Testing

/// Rules of the firewall that a template declares, met by packets at running images.
@Suite("Rules of the firewall", .serialized, .realUnikernels)
struct FirewallRuleTests {
  /// The template whose flows come after these rules, in the firewall of the storefront and in that of the orders.
  static func ruled(_ text: String, by rules: [String], blocking blocked: String = "127.0.0.66/32") -> String {
    let list = rules.map { "            - { \($0) }\n" }
    return text.replacing(
      "    - declared_flows:\n        type: sectosca.policies.Filtering\n        targets: [ storefront, orders ]\n",
      with:
        "    - declared_flows:\n        type: sectosca.policies.Filtering\n        targets: [ storefront, orders ]\n"
        + "        properties:\n          sets: { blocked: [ \(blocked), 203.0.113.0/24 ] }\n          rules:\n"
        + list.joined())
  }

  /// A time of day so many hours from now, in UTC.
  private static func hour(_ hours: Int) -> String {
    let minutes = (Int(Date().timeIntervalSince1970) / 60 + 60 * hours) % 1440
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\"\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)\""
  }

  /// Whether an ICMP message of a type is answered.
  private func isAnswered(_ type: Int, by address: String, from namespace: String) async throws -> Bool {
    let program = """
      import socket, struct, sys
      s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
      s.settimeout(1)
      def total(b):
        n = sum(struct.unpack("!%dH" % (len(b) // 2), b))
        n = (n >> 16) + (n & 65535)
        return ~(n + (n >> 16)) & 65535
      m = struct.pack("!BBHHH", \(type), 0, 0, 7, 1) + b"8 bytes!"
      m = m[:2] + struct.pack("!H", total(m)) + m[4:]
      for _ in range(3):
        s.sendto(m, ("\(address)", 0))
        try:
          if s.recvfrom(2048)[1][0] == "\(address)": print("answered"); break
        except TimeoutError: pass
      """
    let ip = Testbed.path(of: "ip") ?? "ip"
    let outcome = try await Command.run(ip, ["netns", "exec", namespace, "python3", "-c", program], deadline: 20)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    return outcome.output.contains("answered")
  }

  @Test("sets, ports, types, times and priorities decide; a change of them is in force without a restart")
  func rules() async throws {
    func rules(_ from: Int, _ until: Int, type: Int) -> [String] {
      [
        "action: allow, protocols: [ tcp ], peers: [ 127.0.0.0/8 ]",
        "action: allow, protocols: [ tcp ], peers: [ 10.77.0.1/32 ], ports: [ \"79-81\" ], "
          + "from: \(FirewallRuleTests.hour(from)), until: \(FirewallRuleTests.hour(until))",
        "action: allow, protocols: [ icmp ], peers: [ 10.77.0.0/24 ], icmp_types: [ \(type) ]",
        "action: deny, protocols: [ tcp ], peers: [ blocked ], priority: 10",
      ]
    }
    let open = rules(-1, 1, type: 8)
    try await Portal.up(changing: { FirewallRuleTests.ruled($0, by: open) }) { portal in
      let url = try await portal.url()
      let before = try await portal.unikernels()
      let orders = try await portal.unikernel("orders").address
      let namespace = try #require(portal.namespaces.first)
      func served(from address: String) async throws -> Bool {
        try await Client.request("GET", url + "/", timeout: 3, with: ["--interface", address]).status == 200
      }
      func reachesOrders(_ timeout: Int = 5) async throws -> Bool {
        try await Client.request("GET", "http://\(orders)/orders/17", from: namespace, timeout: timeout).status == 404
      }
      #expect(try await served(from: "127.0.0.2"))
      #expect(try await !served(from: "127.0.0.66"), "the rule of the smaller priority comes first")
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "firewall.refused" && $0.resource == "storefront" && $0.details?["source"] == "127.0.0.66"
        }
      }
      #expect(isTold)
      #expect(try await reachesOrders(), "the rule opens the ports 79 to 81 at this hour")
      #expect(try await isAnswered(8, by: orders, from: namespace))
      #expect(try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "wine").status == 201)
      #expect(try await Client.request("DELETE", "\(url)/orders/17", as: .clerk).status == 204)

      // The same rules at another hour, with another type and another set.
      let closed = rules(2, 3, type: 13)
      try portal.edit("service.yaml") {
        var text = $0.replacing("127.0.0.66/32", with: "127.0.0.2/32")
        for (old, new) in zip(open, closed) { text = text.replacing(old, with: new) }
        return text
      }
      let pushed = try await portal.up()
      #expect(pushed.status == 0, "\(pushed.errors)")
      #expect(try await portal.unikernels().map(\.pid) == before.map(\.pid), "rules are settings of the run stage")
      #expect(try await served(from: "127.0.0.66"))
      #expect(try await !served(from: "127.0.0.2"))
      #expect(try await !reachesOrders(2), "the hour of the rule is another")
      #expect(try await !isAnswered(8, by: orders, from: namespace))
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .reader).status == 404, "the flow is still open")

      // Whatever nothing says anything of passes.
      try portal.edit("service.yaml") {
        $0.replacing("          sets: {", with: "          default: allow\n          sets: {")
      }
      let opened = try await portal.up()
      #expect(opened.status == 0, "\(opened.errors)")
      #expect(try await portal.unikernels().map(\.pid) == before.map(\.pid))
      #expect(try await reachesOrders())
      #expect(try await !served(from: "127.0.0.2"), "the rule comes before the default")
    }
  }

  @Test("rules that shut the control plane's address out hold from the start, and the service comes up")
  func controlPlane() async throws {
    let rules = [
      "action: deny, protocols: [ tcp ], peers: [ 10.77.0.1/32 ], states: [ new, established ]",
      "action: deny, direction: outbound, protocols: [ tcp ], peers: [ 10.77.0.1/32 ], states: [ new ]",
    ]
    // Of the orders alone: clients reach the storefront through the port forwarder, which has that address.
    let change: @Sendable (String) -> String = {
      FirewallRuleTests.ruled($0, by: rules).replacing(
        "targets: [ storefront, orders ]\n        properties", with: "targets: [ orders ]\n        properties"
      )
      .replacing(
        "    - passwords:\n",
        with:
          "    - storefront_flows: { type: sectosca.policies.Filtering, targets: [ storefront ] }\n\n    - passwords:\n"
      )
      .replacing("declared_flows, ", with: "declared_flows, storefront_flows, ")
    }
    try await Portal.up(changing: change) { portal in
      let url = try await portal.url()
      let orders = try await portal.unikernel("orders").address
      let namespace = try #require(portal.namespaces.first)
      #expect(try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "wine").status == 201)
      #expect(
        try await Client.request("GET", "http://\(orders)/orders/17", from: namespace, timeout: 1).curl
          == Client.timedOut)
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "firewall.dropped" && $0.resource == "orders" && $0.details?["reason"] == "rule"
            && $0.details?["rule"] == "1"
        }
      }
      #expect(isTold)
    }
  }

  @Test(
    "a malformed rule is refused where it stands:",
    arguments: [
      ("action: allow, protocols: [ tcp ], ports: [ \"80-x\" ]", "80-x"),
      ("action: allow, peers: [ blokked ]", "blokked"),
      ("action: allow, peers: [ 10.0.0.1/8 ]", "10.0.0.1/8"),
      ("action: allow, ports: [ \"80\" ]", "`ports` of rule 1"),
      ("action: allow, protocols: [ icmp ], icmp_types: [ 300 ]", "300"),
      ("action: allow, from: \"25:00\", until: \"06:00\"", "25:00"),
      ("action: permit", "permit"),
    ])
  func malformed(_ rule: String, _ said: String) async throws {
    try await Portal.copied { portal in
      try portal.edit("service.yaml") { FirewallRuleTests.ruled($0, by: [rule]) }
      let text = try String(contentsOf: portal.template.appending(path: "service.yaml"), encoding: .utf8)
      let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(rule) } ?? 0
      let outcome = try await portal.start(["validate", portal.template.path] + Portal.inputs).outcome()
      #expect(outcome.status == 1)
      let all = outcome.output + outcome.errors
      #expect(all.contains("service.yaml:\(line + 1):"), "\(all)")
      #expect(all.contains(said), "\(all)")
    }
  }
}
