import Foundation
import Glibc
import Testing

@Suite("Adaptation", .serialized, .realUnikernels)
struct AdaptationTests {
  static let normal = ["authorization", "basic-authentication", "firewall"]
  static let elevated = ["authorization", "bearer-authentication", "firewall", "rate-limit"]

  @Test("clients that request without pause see no failed request while another image takes over, and back")
  func withoutPause() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let old = try await portal.unikernel("storefront")
      #expect(old.mechanisms == AdaptationTests.normal)

      try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        await crowd.add("public on a connection for each request", "\(url)/about.html", "-H", "Connection: close")
        await crowd.add("anonymous", "\(url)/orders/17")
        try #require(try await eventually { await crowd.count > 200 })
        #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
        let raised = try await portal.unikernel("storefront")
        #expect(raised.mechanisms == AdaptationTests.elevated)
        #expect(try await portal.testudo("context", "set", "threat_level=low").status == 0)
        let areMany = try await eventually(within: 30) { await crowd.count >= 5000 }
        #expect(areMany)
        let statuses = try await crowd.stop()

        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
        #expect(statuses["public on a connection for each request"]?.keys.sorted() == ["200"], "\(statuses)")
        // Whichever image answers, an order is never shown to somebody unknown: 401, or 429 where the rate is limited.
        let anonymous = statuses["anonymous"] ?? [:]
        #expect(anonymous.keys.allSatisfy { ["401", "429"].contains($0) }, "\(statuses)")
        #expect(anonymous["401", default: 0] > 0)
      }
    }
  }

  @Test("guessed passwords raise the level by themselves, and it falls again when they have stopped for a while")
  func guessing() async throws {
    let trigger = """

                guessing:
                  event: sectosca.events.AuthenticationFailed
                  condition: { evaluations: 4, period: 12 s }
                  action:
                    - call_operation:
                        operation: SecurityControl.set_level
                        inputs: { level: elevated }

      """
    try await Portal.up(changing: { $0.trimmingCharacters(in: .newlines) + trigger }) { portal in
      let order = "\(try await portal.url())/orders/17"
      for _ in 0..<2 {
        #expect(try await Client.request("GET", order, as: .password("rita", "wrong")).status == 401)
      }
      #expect(try await portal.unikernel("storefront").level == "normal")
      let isRaised = try await eventually {
        _ = try await Client.request("GET", order, as: .password("rita", "wrong"))
        return try await portal.unikernels().allSatisfy { $0.level == "elevated" && $0.state == "ready" }
      }
      #expect(isRaised)
      #expect(try await portal.unikernel("storefront").mechanisms == AdaptationTests.elevated)
      let isCalm = try await eventually(within: 60) {
        try await portal.unikernels().allSatisfy { $0.level == "normal" && $0.state == "ready" }
      }
      #expect(isCalm)
      let kinds = try await portal.events().map(\.kind)
      #expect(kinds.contains("trigger-fired") && kinds.filter { $0 == "level-changed" }.count == 2)
    }
  }

  @Test("failed sign-ins are counted on by a control plane that is started again after it was killed")
  func countedOn() async throws {
    let trigger = """

                guessing:
                  event: sectosca.events.AuthenticationFailed
                  condition: { evaluations: 4, period: 300 s }
                  action:
                    - call_operation:
                        operation: SecurityControl.set_level
                        inputs: { level: elevated }

      """
    try await Portal.up(changing: { $0.trimmingCharacters(in: .newlines) + trigger }) { portal in
      let order = "\(try await portal.url())/orders/17"
      func denials() async throws -> Int {
        try await portal.events().filter { $0.kind == "basic-authentication.denied" && $0.details?["probe"] == nil }
          .count
      }
      let before = try await denials()
      for _ in 0..<3 {
        #expect(try await Client.request("GET", order, as: .password("rita", "wrong")).status == 401)
      }
      #expect(try await eventually { try await denials() == before + 3 })
      #expect(try await portal.unikernel("storefront").level == "normal")
      #expect(kill(try portal.controlPlane(), SIGKILL) == 0)
      // The next command starts another one.
      #expect(try await portal.unikernel("storefront").level == "normal")
      #expect(try await Client.request("GET", order, as: .password("rita", "wrong")).status == 401)
      let isRaised = try await eventually {
        try await portal.unikernels().allSatisfy { $0.level == "elevated" && $0.state == "ready" }
      }
      #expect(isRaised)
    }
  }

  @Test("levels tighten from the way in to the backend, and loosen from the backend to the way in")
  func order() async throws {
    try await Portal.up { portal in
      func order(_ way: String) async throws -> [String] {
        try await portal.events()
          .filter { $0.kind == "action" && $0.details?["reason"]?.contains(way) == true }.compactMap(\.resource)
      }
      let raised = try await portal.testudo("context", "set", "threat_level=high")
      #expect(raised.status == 0, "\(raised.errors)")
      #expect(try await order("tightened from the outside in") == ["storefront", "orders"])
      #expect(try await portal.unikernels().allSatisfy { $0.level == "elevated" && $0.state == "ready" })
      #expect(try await portal.testudo("context", "set", "threat_level=low").status == 0)
      #expect(try await order("loosened from the inside out") == ["orders", "storefront"])
      #expect(try await order("tightened from the outside in").count == 2)
    }
  }

  @Test("what is due at level elevated is in force when the command returns, and the old image is gone")
  func raised() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let order = "\(url)/orders/17"
      let token = Credentials.token(try await portal.token(subject: "carl", role: "clerk"))
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three amphorae").status == 201)
      #expect(try await Client.request("GET", order, as: token).status == 401)
      let before = try await portal.unikernels()
      let old = try await portal.unikernel("storefront")
      let orders = try await portal.unikernel("orders")

      let changes = try await portal.document("context", "set", "threat_level=high", as: [LevelChange].self)
      #expect(changes.map(\.service) == ["portal"])
      #expect(changes.map(\.from) == ["normal"])
      #expect(changes.map(\.to) == ["elevated"])

      let new = try await portal.unikernel("storefront")
      #expect(try await portal.unikernels().count == before.count)
      #expect(try await portal.unikernels().allSatisfy { $0.level == "elevated" && $0.state == "ready" })
      #expect(new.mechanisms == AdaptationTests.elevated)
      #expect(new.image != old.image)
      #expect(new.urls == old.urls)
      #expect(!FileManager.default.fileExists(atPath: "/proc/\(try #require(old.pid))"))
      // Its image has what is due already, so the orders were not touched, and their values are still there.
      #expect(try await portal.unikernel("orders").pid == orders.pid)
      let seen = try await Client.request("GET", order, as: token)
      #expect(seen.status == 200)
      #expect(seen.body == "three amphorae")
      #expect(try await Client.request("GET", order, as: .clerk).status == 401)
      let challenge = try await Client.request("GET", order).headers["www-authenticate"] ?? ""
      #expect(challenge.hasPrefix("Bearer realm=\"portal\""), "\(challenge)")
      let reader = Credentials.token(try await portal.token(subject: "rita", role: "reader"))
      #expect(try await Client.request("PUT", order, as: reader, body: "none").status == 403)
      #expect(try await Client.request("GET", "\(url)/").status == 200)

      let back = try await portal.document("context", "set", "threat_level=low", as: [LevelChange].self)
      #expect(back.map(\.to) == ["normal"])
      #expect(try await portal.unikernel("storefront").mechanisms == AdaptationTests.normal)
      #expect(!FileManager.default.fileExists(atPath: "/proc/\(try #require(new.pid))"))
      #expect(try await Client.request("GET", order, as: .reader).status == 200)
      #expect(try await Client.request("GET", order, as: token).status == 401)
    }
  }

  @Test("requests over the rate that is due are refused: 429 with Retry-After; public pages are not")
  func rateLimit() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let token = Credentials.token(try await portal.token(subject: "carl", role: "clerk"))
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      // 40 at once and 20 a second are due; curl sends these within some tens of milliseconds.
      let outcome = try await Command.run(
        Client.curl,
        ["-s", "-o", "/dev/null", "-w", "%{http_code} %header{retry-after}\\n"] + token.arguments
          + ["\(url)/orders?[1-200]"])
      let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
      #expect(lines.count == 200)
      let refused = lines.filter { $0.first == "429" }
      #expect(refused.count > 0)
      #expect(refused.count <= 160)
      #expect(refused.allSatisfy { $0.count == 2 && (Int($0[1]) ?? 0) >= 1 })
      #expect(try await Client.request("GET", "\(url)/").status == 200)
      let isCalm = try await eventually { try await Client.request("GET", "\(url)/orders", as: token).status != 429 }
      #expect(isCalm)
      let isTold = try await eventually { try await portal.events().contains { $0.kind == "rate-limit.limited" } }
      #expect(isTold)
    }
  }

  @Test("an attribute that is set to what it is changes nothing, nor does one that no trigger looks at")
  func unchanged() async throws {
    try await Portal.up { portal in
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      let before = try await portal.unikernels()
      #expect(try await portal.document("context", "set", "threat_level=high", as: [LevelChange].self).isEmpty)
      #expect(try await portal.document("context", "set", "season=autumn", as: [LevelChange].self).isEmpty)
      #expect(try await portal.unikernels() == before)
      let attributes = try await portal.document("context", "list", as: [String: String].self)
      #expect(attributes == ["threat_level": "high", "season": "autumn"])
    }
  }

  @Test("a level set by hand that the images have all for is only pushed, and cuts off what it says")
  func byHand() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let token = Credentials.token(try await portal.token(subject: "carl", role: "clerk"))
      let orders = try await portal.unikernel("orders")
      #expect(try await portal.testudo("level", "portal", "lockdown").status == 0)
      #expect(try await portal.unikernels().allSatisfy { $0.level == "lockdown" && $0.state == "ready" })
      #expect(try await portal.unikernel("orders").pid == orders.pid)
      let lockedDown = try await portal.unikernel("storefront")
      #expect(lockedDown.mechanisms == AdaptationTests.elevated)
      let cutOff = try await Client.request("GET", "\(url)/orders/17", as: token, timeout: 30)
      #expect([502, 504].contains(cutOff.status), "\(cutOff)")
      #expect(try await Client.request("GET", "\(url)/").status == 200)

      // The attribute asks for `elevated`, which has the same mechanisms: left to the trigger, it is pushed.
      #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      #expect(try await portal.unikernels().allSatisfy { $0.level == "lockdown" })
      #expect(try await portal.testudo("level", "portal", "--auto").status == 0)
      #expect(try await portal.unikernels().allSatisfy { $0.level == "elevated" && $0.state == "ready" })
      #expect(try await portal.unikernels().map(\.pid) == [orders.pid, lockedDown.pid])
      let answers = try await eventually {
        try await Client.request("GET", "\(url)/orders/17", as: token, timeout: 30).status == 404
      }
      #expect(answers)

      #expect(try await portal.testudo("context", "set", "threat_level=").status == 0)
      #expect(try await portal.unikernels().allSatisfy { $0.level == "normal" })
      #expect(try await portal.unikernel("orders").pid == orders.pid)
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .reader).status == 404)

      let unknown = try await portal.testudo("level", "portal", "panic")
      #expect(unknown.status == 1)
      #expect(unknown.errors.contains("`panic`"))
      #expect(unknown.errors.contains("normal, elevated, lockdown"))
    }
  }
}
