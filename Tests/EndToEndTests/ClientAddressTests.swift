import Foundation
import Testing

/// What images know of clients behind the port forwarder: who they are, and nothing that others say.
@Suite("Clients behind the port forwarder", .serialized, .realUnikernels)
struct ClientAddressTests {
  @Test("two clients have a rate limit each, and events name them")
  func rateLimit() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      try #require(try await portal.testudo("context", "set", "threat_level=high").status == 0)
      // Far more than the limit lets pass, from one address: it is refused before the other has asked at all.
      let flood = try await Command.run(
        Client.curl,
        ["-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "--interface", "127.0.0.2", "\(url)/orders?[1-400]"],
        deadline: 60)
      let statuses = flood.output.split(separator: "\n")
      #expect(statuses.contains("429") && statuses.contains("401"))
      #expect(try await Client.request("GET", "\(url)/orders", with: ["--interface", "127.0.0.1"]).status == 401)
      let isTold = try await eventually {
        try await portal.events().contains {
          $0.kind == "rate-limit.limited" && $0.details?["source"] == "127.0.0.2"
        }
      }
      #expect(isTold)
    }
  }

  @Test("a header that others than the forwarder send is believed by nobody")
  func forgedHeader() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let storefront = try await portal.unikernel("storefront").address
      let namespace = try #require(portal.namespaces.first)
      // Whoever has the forwarder's address, but not the secret, is cut off, and the operator hears of it.
      let forged = try await Client.request(
        "GET", "http://\(storefront)/", from: namespace, timeout: 5, with: ["--haproxy-protocol"])
      #expect(forged.status == 0 && forged.curl != Client.timedOut)
      let isTold = try await eventually {
        try await portal.events().contains { $0.kind == "http.forwarding-refused" && $0.resource == "storefront" }
      }
      #expect(isTold)
      // A client from outside that sends a header of its own sends a malformed request.
      let own = try await Client.request("GET", "\(url)/", with: ["--haproxy-protocol"])
      #expect(own.status == 400)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
    }
  }
}
