import Foundation
import Testing

/// Limits for principals, for all and for bytes, met by clients of the portal.
@Suite("Limits", .serialized, .realUnikernels)
struct LimitTests {
  /// The template with some limits at every level.
  static func limited(_ text: String, by limits: [(name: String, properties: String)]) -> String {
    let policies = limits.map {
      "    - \($0.name):\n        type: sectosca.policies.RateLimit\n        targets: [ storefront ]\n"
        + "        properties: { \($0.properties) }\n\n"
    }
    let names = limits.map(\.name).joined(separator: ", ")
    return text.replacing("    - normal:\n", with: policies.joined() + "    - normal:\n")
      .replacing("passwords, order_rules ]", with: "passwords, order_rules, \(names) ]")
      .replacing("calm ]", with: "calm, \(names) ]").replacing("nobody ]", with: "nobody, \(names) ]")
  }

  @Test("a principal is limited wherever it asks from, others are not; answers say what is left; changes are pushed")
  func principals() async throws {
    let fair = ("fair", "per_principal: 3 per 10 min, methods: [ GET ], paths: [ /orders ], announced: true")
    try await Portal.up(changing: { LimitTests.limited($0, by: [fair]) }) { portal in
      let orders = try await portal.url() + "/orders"
      func ask(_ who: Credentials, from address: String = "127.0.0.1") async throws -> Answer {
        try await Client.request("GET", orders, as: who, with: ["--interface", address])
      }
      let first = try await ask(.reader)
      #expect(first.status == 200 || first.status == 404)
      #expect(first.headers["ratelimit-policy"] == "\"principal\";q=3;w=600")
      #expect(first.headers["ratelimit"]?.hasPrefix("\"principal\";r=2;t=") == true)
      for address in ["127.0.0.2", "127.0.0.3"] {
        #expect(try await ask(.reader, from: address).status == first.status)
      }
      let refused = try await ask(.reader, from: "127.0.0.4")
      #expect(refused.status == 429)
      #expect((Int(refused.headers["retry-after"] ?? "") ?? 0) > 0)
      #expect(refused.headers["ratelimit"]?.hasPrefix("\"principal\";r=0;t=") == true)
      // Another principal, a visitor, and other methods have buckets of their own, or none.
      #expect(try await ask(.clerk).status == first.status)
      #expect(try await ask(.none).status == 401)
      #expect(try await Client.request("DELETE", orders + "/1", as: .reader).status == 403)
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "rate-limit.limited" && $0.details?["principal"] == "rita" && $0.details?["source"] == "127.0.0.4"
        }
      }
      #expect(isTold)
      let before = try await portal.unikernel("storefront")
      try portal.edit("service.yaml") { $0.replacing("3 per 10 min", with: "50 per 1 s") }
      #expect(try await portal.up().status == 0)
      let after = try await portal.unikernel("storefront")
      #expect(after.pid == before.pid && after.image == before.image, "limits are settings of the run stage")
      #expect(try await ask(.reader).status == first.status)
    }
  }

  @Test("a rate for all holds for all together")
  func everybody() async throws {
    let busy = ("busy", "in_all: 4 per 10 min, paths: [ /about.html ]")
    try await Portal.up(changing: { LimitTests.limited($0, by: [busy]) }) { portal in
      let url = try await portal.url()
      var statuses: [Int] = []
      for host in 1...6 {
        statuses.append(
          try await Client.request("GET", url + "/about.html", with: ["--interface", "127.0.0.\(host)"]).status)
      }
      // What the control plane asked before it led clients here has no part in it.
      #expect(statuses == [200, 200, 200, 200, 429, 429])
      #expect(try await Client.request("GET", url + "/").status == 200)
    }
  }

  @Test("who has got the bytes that are due is refused, others are served; without it, its code is not in the image")
  func quotas() async throws {
    let data = ("data", "quota: { sent: 1500 B, received: 1 MB, period: 1 h }, paths: [ / ]")
    try await Portal.up(changing: { LimitTests.limited($0, by: [data]) }) { portal in
      let url = try await portal.url()
      func ask(from address: String) async throws -> Answer {
        try await Client.request("GET", url + "/about.html", with: ["--interface", address])
      }
      var statuses: [Int] = []
      for _ in 0..<4 { statuses.append(try await ask(from: "127.0.0.2").status) }
      // Each answer is some 980 bytes, with its head.
      #expect(statuses == [200, 200, 429, 429])
      let refused = try await ask(from: "127.0.0.2")
      #expect((Int(refused.headers["retry-after"] ?? "") ?? 0) > 3000)
      #expect(try await ask(from: "127.0.0.3").status == 200)
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "quota.exhausted" && $0.details?["source"] == "127.0.0.2"
        }
      }
      #expect(isTold)
      let storefront = try await portal.unikernel("storefront")
      #expect(storefront.mechanisms.contains("quota") && !storefront.mechanisms.contains("rate-limit"))
      try portal.edit("service.yaml") { $0.replacing(", data ]", with: " ]") }
      #expect(try await portal.up().status == 0)
      #expect(try await !portal.unikernel("storefront").mechanisms.contains("quota"))
      #expect(try await ask(from: "127.0.0.2").status == 200)
    }
  }

  @Test("there are no more connections than are due in all, and sources share them")
  func connections() async throws {
    let few = ("few", "connections_in_all: 6, connections: 4")
    try await Portal.up(changing: { LimitTests.limited($0, by: [few]) }) { portal in
      let url = try await portal.url()
      let port = try #require(URL(string: url)?.port)
      // Ten that say nothing, of one source: four are let in.
      let hoard = try Command(
        "/usr/bin/env",
        [
          "python3", "-c",
          """
          import socket, time
          held = [socket.create_connection(("127.0.0.1", \(port)), source_address=("127.0.0.9", 0)) for _ in range(10)]
          time.sleep(1)
          for s in held: s.setblocking(False)
          def isOpen(s):
              try: return s.recv(1) != b""
              except BlockingIOError: return True
              except OSError: return False
          print(sum(isOpen(s) for s in held), flush=True)
          """,
        ], environment: [:], deadline: 30)
      let outcome = try await hoard.outcome()
      #expect(outcome.output == "4\n", "\(outcome)")
      #expect(try await Client.request("GET", url + "/").status == 200)
      let isTold = try await eventually {
        try await portal.events().contains { $0.kind == "http.source-refused" && $0.details?["source"] == "127.0.0.9" }
      }
      #expect(isTold)
    }
  }
}
