import Foundation
import Glibc
import Testing

/// The example in which applications that run already stand behind unikernels, with certificates made for the test.
struct Gateway: Sendable {
  let example: Example

  /// Brings the example up with `edit` made to the template, calls `body`, and takes everything down, also when that fails.
  static func up<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, exclusive: Bool, edit: (String) -> String,
    _ body: (Gateway) async throws -> Result
  ) async throws -> Result {
    try await Example.up("gateway") { example in
      let gateway = Gateway(example: example)
      try example.edit { text in
        let edited = edit(text)
        return exclusive ? edited : edited.replacing(", exclusive: true", with: "")
      }
      try await gateway.certificate("authority", ["--authority", "--name", "Test authority"])
      try await gateway.certificate("records", ["--name", "localhost"], issuer: "authority")
      for name in ["reports", "olaf"] {
        try await gateway.certificate(name, ["--client", "--name", name], issuer: "authority")
      }
      try await gateway.certificate("stranger", ["--client", "--name", "reports"])
      return gateway.inputs
    } _: { example in
      try await body(Gateway(example: example))
    }
  }

  /// What the template asks for.
  var inputs: [String] {
    [
      "--set", "accounts=@\(example.template.appending(path: "accounts.yaml").path)", "--set",
      "certificate=@\(file("records.pem"))", "--set", "key=@\(file("records-key.pem"))", "--set",
      "authority=@\(file("authority.pem"))",
    ]
  }

  /// The path of a certificate or key.
  func file(_ name: String) -> String { example.folder.appending(path: "tls/\(name)").path }

  private func certificate(_ name: String, _ words: [String], issuer: String? = nil) async throws {
    let signer = issuer.map { ["--issuer", file($0)] } ?? []
    let outcome = try await example.testudo(["certificate", "--out", file(name)] + words + signer)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  /// A TCP port of the loopback address that nobody listens at.
  static func freePort() throws -> Int {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(number) }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
      }
    }
    try #require(isBound)
    return Int(UInt16(bigEndian: place.sin_port))
  }
}
