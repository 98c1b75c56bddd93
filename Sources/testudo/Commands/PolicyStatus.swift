import ArgumentParser
import ControlPlane
import Foundation
import ImageGeneration
import Orchestration

extension PolicyCommand {
  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows which enforcement point acknowledged which version of the policies.",
      discussion: "Example: testudo policy status")

    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      let client = try await Installation.requireControlPlane()
      let all: [PolicyAcknowledgement] = try await client.get(
        "/api/v1/policies" + (tenant.map { "?tenant=\($0)" } ?? ""))
      try Status.show(all, format: format)
    }

    static func show(_ acknowledgements: [PolicyAcknowledgement], format: DocumentFormat) throws {
      switch format {
      case .json: try Console.print(json: acknowledgements)
      case .text where acknowledgements.isEmpty: print("no enforcement point decides by policies")
      case .text:
        let rows = acknowledgements.map {
          [
            "\($0.service)/\($0.resource)", String($0.instance.prefix(8)), "v\($0.version)",
            $0.converged ? "converged" : $0.version == $0.due ? "does not answer" : "due: v\($0.due)",
            $0.acknowledged ?? "never",
          ]
        }
        print(Console.table([["ENFORCEMENT POINT", "INSTANCE", "VERSION", "STATE", "ACKNOWLEDGED"]] + rows))
      }
    }
  }

  struct Certificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Issues or checks a signed certificate of which enforcement point has which policies in force.",
      discussion: """
        Examples: testudo policy certificate --service portal >portal.convergence.json
                  testudo policy certificate --verify portal.convergence.json
        """)

    @Option(help: ArgumentHelp("Checks a certificate instead, and shows it.", valueName: "file"))
    var verify: String?

    @Option(help: "Only this tenant's.")
    var tenant: String?

    @Option(help: "Only this service's.")
    var service: String?

    @Option(help: "How a certificate that is checked is shown: text or json.")
    var format = DocumentFormat.text

    func run() async throws {
      if let verify { return try check(verify) }
      let client = try await Installation.requireControlPlane()
      try Console.print(json: try await Self.certificate(client, tenant: tenant, service: service))
    }

    private func check(_ file: String) throws {
      guard let bytes = FileManager.default.contents(atPath: file),
        let envelope = try? JSONDecoder().decode(SignedEnvelope.self, from: bytes)
      else { throw ValidationError("\(file): expected a certificate of convergence, as `policy certificate` prints") }
      let key = try SigningKey(folder: Installation.home.keys, name: "control")
      let certificate = try ConvergenceCertificate(verifying: envelope, publicKey: key.publicKey)
      switch format {
      case .json: try Console.print(json: certificate)
      case .text:
        try Status.show(certificate.points, format: .text)
        print("\(certificate.isConverged ? "converged" : "not converged"), \(certificate.issued), signature valid")
      }
      if !certificate.isConverged { throw ExitCode(1) }
    }

    static func certificate(_ client: APIClient, tenant: String?, service: String?) async throws -> SignedEnvelope {
      var components = URLComponents()
      components.queryItems = [("tenant", tenant), ("service", service)].compactMap { name, value in
        value.map { URLQueryItem(name: name, value: $0) }
      }
      let query = components.percentEncodedQuery.flatMap { $0.isEmpty ? nil : "?" + $0 } ?? ""
      return try await client.get("/api/v1/policies/certificate" + query)
    }

    static func write(_ client: APIClient, tenant: String?, service: String?, to file: String) async throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let bytes = try encoder.encode(try await certificate(client, tenant: tenant, service: service))
      guard FileManager.default.createFile(atPath: file, contents: bytes) else {
        throw ValidationError("\(file): this file cannot be written")
      }
    }
  }
}
