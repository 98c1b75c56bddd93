import Foundation
import Testing

/// The portal with filters of requests at its levels.
@Suite("Request filters", .serialized, .realUnikernels)
struct RequestFilterTests {
  private static func filtered(_ text: String) -> String {
    let filter = """
          - shapes:
              type: sectosca.policies.RequestFilter
              targets: [ storefront ]
              properties:
                rule_sets: [ common_attacks ]
                rules:
                  - { name: no_trace, action: deny, status: 405, methods: [ TRACE, DELETE ] }
                  - name: no_legacy
                    action: deny
                    status: 404
                    matches: [ { part: path, patterns: [ '^/orders/legacy(/|$)' ] } ]
                  - { name: small_orders, action: deny, status: 413, paths: [ /orders ], body_over: 4 KiB }
                  - { name: no_probes, action: deny, matches: [ { part: header, header: user-agent, patterns: [ '(?i)nikto|sqlmap' ] } ] }


      """
    return text.replacing("  policies:\n", with: "  policies:\n" + filter).replacing(
      "requires: [ declared_flows,", with: "requires: [ declared_flows, shapes,")
  }

  @Test("what rules refuse does not get in, before anybody is asked who they are, and is told; the rest is served")
  func rules() async throws {
    try await Portal.up(changing: Self.filtered) { portal in
      let url = try await portal.url()
      func status(_ method: String = "GET", _ path: String, with more: [String] = [], body: String? = nil) async throws
        -> Int
      {
        try await Client.request(
          method, url + path, as: .clerk, body: body, with: ["--path-as-is"] + more
        ).status
      }
      #expect(try await status("GET", "/") == 200)
      #expect(try await status("PUT", "/orders/17", body: "two lamps; one rug") == 201)
      #expect(try await status("GET", "/orders/17?q=union%20station") == 200)
      #expect(try await status("DELETE", "/orders/17") == 405)
      #expect(try await status("PUT", "/orders/18", body: String(repeating: "x", count: 5000)) == 413)
      #expect(try await status("GET", "/", with: ["-A", "SQLMap/1.8"]) == 403)
      #expect(try await status("PUT", "/orders/18", body: "<script>alert(1)</script>") == 403)
      // Without credentials the answer is the filter's, not a challenge.
      #expect(try await Client.request("GET", url + "/orders/17").status == 401)
      #expect(try await Client.request("GET", url + "/orders/17?id=1'%20or%201=1").status == 403)
      // The path that is filtered is the one that is authorized and served, however it is written.
      for path in [
        "/orders/legacy", "/orders//legacy", "/orders/./legacy/x", "/orders/%6cegacy", "/orders/x/../legacy",
        "//orders/%6C%65gacy", "/orders/x/%2e%2e/legacy",
      ] {
        #expect(try await status("GET", path) == 404, "\(path)")
        #expect(try await Client.request("GET", url + path, with: ["--path-as-is"]).status == 404, "\(path)")
      }
      for (query, expected) in [
        ("a=%2527", 400), ("a=%c0%ae%c0%ae/", 400), ("a=%u0027", 400), ("a=%00", 400), ("a=1%27%20OR%201%3d1", 403),
        ("a=1'+oR+1=1", 403), ("a=%3Cscript%3E", 403), ("a=..%2f..%2fetc", 403), ("a=b%20c", 200),
      ] {
        #expect(try await status("GET", "/?" + query) == expected, "\(query)")
      }
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "request-filter.denied" && $0.details?["rule"] == "no_legacy"
            && $0.details?["path"] == "/orders/legacy"
        }
      }
      #expect(isTold)
      let denials = try await portal.events().filter { $0.kind == "request-filter.denied" }
      #expect(denials.allSatisfy { event in !(event.details ?? [:]).values.contains { $0.contains("script>") } })
    }
  }

  @Test(
    "other rules are pushed into running images, and no request fails meanwhile; an image without filters has none of it"
  )
  func push() async throws {
    try await Portal.up(changing: Self.filtered) { portal in
      let url = try await portal.url()
      let before = try await portal.unikernel("storefront")
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        #expect(try await Client.request("GET", "\(url)/?beta=1").status == 200)
        for round in 0..<4 {
          let pattern = round % 2 == 0 ? "(^|&)beta=" : "^nothing$"
          try portal.edit("service.yaml") {
            $0.replacing(/path, patterns: \[ .* \] } \]/, with: "path, patterns: [ '^/orders/legacy(/|$)' ] } ]")
              .replacing(
                /no_probes, action: deny, matches: .*/,
                with: "no_probes, action: deny, matches: [ { part: query, patterns: [ '\(pattern)' ] } ] }")
          }
          let outcome = try await portal.up()
          try #require(outcome.status == 0, "\(outcome.errors)")
          #expect(try await Client.request("GET", "\(url)/?beta=1").status == (round % 2 == 0 ? 403 : 200))
        }
        return try await crowd.stop()
      }
      #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
      let after = try await portal.unikernel("storefront")
      #expect(after.pid == before.pid && after.image == before.image)

      struct Trace: Decodable {
        struct Part: Decodable {
          var name: String
          var symbols: [String]?
        }
        var modules: [Part]
      }
      let with = try await portal.document("image", "trace", after.image, "--symbols", as: Trace.self)
      #expect(with.modules.contains { $0.name == "request-filter" })
      let orders = try await portal.unikernel("orders").image
      let without = try await portal.document("image", "trace", orders, "--symbols", as: Trace.self)
      #expect(
        without.modules.allSatisfy {
          $0.symbols?.contains { $0.contains("RequestFilter") || $0.contains("PatternTable") } == false
        })
    }
  }
}
