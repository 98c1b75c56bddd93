import Foundation
import Testing

/// The example in which one unikernel passes requests on to another over TLS.
@Suite("TLS between unikernels", .serialized, .realUnikernels)
struct EncryptedBackendTests {
  private func certificate(_ example: Example, _ name: String, issuer: String? = nil) async throws {
    let out = example.folder.appending(path: name).path
    let words =
      issuer.map { ["--issuer", example.folder.appending(path: $0).path, "--name", "orders.example"] }
      ?? ["--authority", "--name", name]
    let outcome = try await example.testudo(["certificate", "--out", out] + words)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  private func inputs(_ example: Example, _ name: String, chain: String) throws -> [String] {
    let key = example.folder.appending(path: "\(name)-key.pem").path
    // The chain with its authority last, as the example's input asks for.
    let own = try String(contentsOf: example.folder.appending(path: "\(name).pem"), encoding: .utf8)
    let authority = try String(contentsOf: example.folder.appending(path: "\(chain).pem"), encoding: .utf8)
    let file = example.folder.appending(path: "\(name)-chain.pem")
    try (own.contains(authority) ? own : own + authority).write(to: file, atomically: true, encoding: .utf8)
    return ["--set", "certificate=@\(file.path)", "--set", "key=@\(key)"]
  }

  @Test("nothing of the requests crosses the service's network in clear, and the backend is known by its certificate")
  func exchange() async throws {
    try await Example.up("encrypted-backend") { example in
      try await certificate(example, "authority")
      try await certificate(example, "orders", issuer: "authority")
      return try inputs(example, "orders", chain: "authority")
    } _: { example in
      let url = try await example.url("page")
      let stored = try await Client.request("PUT", "\(url)/orders/1", body: "three oranges and a lemon")
      #expect(stored.status == 201 || stored.status == 204, "\(stored)")
      #expect(try await Client.request("GET", "\(url)/orders/1").body == "three oranges and a lemon")

      // What somebody on the service's network sees of it.
      let backend = try await example.unikernel("orders").address
      let plain = try await Client.request(
        "GET", "http://\(backend):443/orders/1", from: try example.namespace(), timeout: 3)
      #expect(plain.status == 0 && !plain.body.contains("oranges"))

      // Another certificate of the same authority: pushed to both ends, and no request fails.
      try await certificate(example, "renewed", issuer: "authority")
      let renewed = try inputs(example, "renewed", chain: "authority")
      #expect(try await example.testudo(["up", example.template.path] + renewed).status == 0)
      #expect(try await Client.request("GET", "\(url)/orders/1").body == "three oranges and a lemon")
    }
  }
}
