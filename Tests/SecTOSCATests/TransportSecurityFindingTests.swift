import Certificates
import Crypto
import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Findings about TLS")
struct TransportSecurityFindingTests {
  private typealias Fixtures = TLSFixtures

  static func sealed(_ properties: [String: Literal] = [:], _ identities: Literal = Fixtures.identities) -> Topology {
    Portal.topology().with(Fixtures.policy("sealed", properties, identities: identities))
      .with(Portal.level("top", 3, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "sealed"]))
  }

  static func server(
    names: [String] = ["portal.example"], from start: TimeInterval = -2000, to end: TimeInterval = 20_000
  ) -> [UInt8] {
    Fixtures.certificate(
      .server, "portal.example", Fixtures.serverKey, names: names, signed: true, from: start * Fixtures.day,
      to: end * Fixtures.day)
  }

  /// Codes of what is found, in order, besides what the portal itself gives.
  static func codes(_ topology: Topology) -> [String] {
    Interpreter(now: Fixtures.now).interpret(topology).findings.map(\.code)
  }

  @Test("what is right has no findings, with a chain and without")
  func right() throws {
    #expect(Self.codes(Self.sealed()).isEmpty)
    let chain: Literal = [Fixtures.identity(Fixtures.serverCertificate, Fixtures.authorityCertificate)]
    #expect(Self.codes(Self.sealed([:], chain)).isEmpty)
    #expect(Self.codes(Self.sealed(["clients": "required", "client_authorities": Fixtures.authority])).isEmpty)
  }

  @Test("a PEM text whose lines were joined, as YAML joins them, is the same")
  func joinedLines() {
    let joined: Literal = [
      [
        "certificate": .text(Certificate.pem(Fixtures.serverCertificate).replacing("\n", with: " ")),
        "key": .text(Fixtures.serverKey.pemRepresentation.replacing("\n", with: " ")),
      ]
    ]
    #expect(Self.codes(Self.sealed([:], joined)).isEmpty)
  }

  static let mistakes: [(String, [String: Literal], Literal, String)] = [
    ("no identities", [:], [], "invalid-value"),
    ("another key", [:], [Fixtures.identity(Fixtures.serverCertificate, key: Fixtures.otherKey)], "mismatched-key"),
    ("no PEM", [:], [["certificate": "-----BEGIN nothing", "key": "-----BEGIN nothing"]], "invalid-certificate"),
    ("no such file", [:], [["certificate": "no.pem", "key": "keys.json"]], "missing-file"),
    ("a file outside", [:], [["certificate": "../a.pem", "key": "keys.json"]], "file-outside-service"),
    ("a file that is no key", [:], [["certificate": "keys.json", "key": "keys.json"]], "invalid-private-key"),
    ("an ended certificate", [:], [Fixtures.identity(server(to: -1))], "expired-certificate"),
    ("one that is not valid yet", [:], [Fixtures.identity(server(from: 1))], "expired-certificate"),
    ("one that ends soon", [:], [Fixtures.identity(server(to: 5))], "certificate-ends-soon"),
    ("one without names", [:], [Fixtures.identity(server(names: []))], "certificate-without-names"),
    (
      "a chain out of order", [:], [Fixtures.identity(Fixtures.serverCertificate, Fixtures.serverCertificate)],
      "invalid-certificate"
    ),
    ("authorities of nobody", ["client_authorities": Fixtures.authority], Fixtures.identities, "misplaced-property"),
    ("no authorities", ["clients": "required"], Fixtures.identities, "missing-property"),
    (
      "an authority that is none",
      ["clients": "requested", "client_authorities": .text(Certificate.pem(Fixtures.serverCertificate))],
      Fixtures.identities, "invalid-certificate"
    ),
    ("clients in another mood", ["clients": "maybe"], Fixtures.identities, "invalid-value"),
    ("a promise too long", ["strict": .amount(1e12, "31710 y")], Fixtures.identities, "invalid-value"),
  ]

  @Test("each mistake is found", arguments: mistakes)
  func mistake(example: (String, [String: Literal], Literal, String)) {
    let codes = Self.codes(Self.sealed(example.1, example.2))
    #expect(codes.contains(example.3), "\(example.0): \(codes)")
  }

  @Test("an encrypted key is named as what it is")
  func encryptedKey() {
    let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
    let identities: Literal = [
      ["certificate": .text(Certificate.pem(Fixtures.serverCertificate)), "key": .text(text)]
    ]
    let findings = Interpreter(now: Fixtures.now).interpret(Self.sealed([:], identities)).findings
    #expect(findings.contains { $0.code == "invalid-private-key" && $0.message.contains("encrypted") })
  }

  @Test("two requirements of TLS of one resource at one level are contradictory")
  func twice() {
    let topology = Self.sealed().with(Fixtures.policy("again", [:]))
      .with(Portal.level("top", 3, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "sealed", "again"]))
    #expect(Self.codes(topology).contains("contradictory-requirements"))
  }

  private static func backend(_ properties: [String: Literal], _ identities: Literal = Fixtures.identities)
    -> Topology
  {
    Portal.topology()
      .with(
        Portal.policy(
          "sealed", "TransportSecurity", ["orders"], properties.merging(["identities": identities]) { own, _ in own })
      )
      .with(Portal.level("top", 3, ["declared_flows", "tokens", "order_rules", "calm", "nobody", "sealed"]))
  }

  @Test("who passes requests on to a resource of which TLS is due is due TLS towards it, at that level only")
  func backend() throws {
    let (found, findings) = Interpreter(now: Fixtures.now).interpret(Self.backend([:]))
    #expect(findings.map(\.code) == [])
    let service = try #require(found)
    let level = try #require(service.level("top"))
    let towards = service.due(to: "storefront", at: level).filter { $0.name == "sealed" }
    #expect(
      towards.map(\.protection) == [
        .backendSecurity(
          BackendSecurity(backend: "orders", name: "portal.example", authorities: [Fixtures.serverCertificate]))
      ])
    #expect(service.due(to: "orders", at: level).contains { $0.protection.kind == "transport security" })
    for lower in service.levels where lower.name != "top" {
      #expect(!service.due(to: "storefront", at: lower).contains { $0.protection.kind == "backend security" })
    }
  }

  @Test("client certificates required, and a certificate without a DNS name, are refused of such a resource")
  func refusedBackend() {
    let required = Self.backend(["clients": "required", "client_authorities": Fixtures.authority])
    let findings = Interpreter(now: Fixtures.now).interpret(required).findings
    #expect(findings.map(\.code) == ["encrypted-backend"])
    #expect(findings.first?.message.contains("`storefront`") == true)
    let numbered = Fixtures.certificate(.server, "orders", Fixtures.serverKey, names: ["127.0.0.1"], signed: true)
    let other = Interpreter(now: Fixtures.now).interpret(Self.backend([:], [Fixtures.identity(numbered)])).findings
    #expect(other.map(\.code) == ["encrypted-backend"])
    #expect(other.first?.message.contains("DNS name") == true)
  }

  @Test("of a chain, the last certificate is trusted; for a star, the resource's name stands")
  func chain() {
    let identity = ServerIdentity(names: ["10.0.0.1", "*.shop.example"], certificates: [[1], [2]], key: [3])
    let security = BackendSecurity(backend: "Orders", security: TransportSecurity(identities: [identity]))
    #expect(security == BackendSecurity(backend: "Orders", name: "orders.shop.example", authorities: [[2]]))
    #expect(BackendSecurity(backend: "orders", security: TransportSecurity()) == nil)
  }

  @Test("a topology that is shown has neither private keys nor hashes of passwords")
  func shown() throws {
    let topology = Self.sealed()
    let secrets = [
      Fixtures.serverKey.pemRepresentation, "mWMoM555C96D3XmW24lnQIT81DgCtmNjTFg//fML7+c=", "b2d20928585e7b4b",
    ]
    func text(_ topology: Topology) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(topology), as: UTF8.self).replacing("\\n", with: "\n")
    }
    let (whole, shown) = (try text(topology), try text(topology.withoutSecrets))
    for secret in secrets {
      #expect(whole.contains(secret))
      #expect(!shown.contains(secret))
    }
    #expect(shown.contains("BEGIN CERTIFICATE"))
    #expect(shown.contains("20000"))
  }

  @Test("no finding has a part of a key, nor points at a line with one")
  func secrets() throws {
    let key = Fixtures.serverKey.pemRepresentation
    let secret = String(key.split(separator: "\n")[1].prefix(24))
    for identities in [
      [Fixtures.identity(Fixtures.serverCertificate, key: Fixtures.otherKey)],
      [["certificate": "no.pem", "key": .text(key)]],
      [["certificate": .text(Certificate.pem(Fixtures.serverCertificate)), "key": .text(String(key.dropLast(40)))]],
    ] as [Literal] {
      let findings = Interpreter(now: Fixtures.now).interpret(Self.sealed([:], identities)).findings
      #expect(!findings.isEmpty)
      #expect(!String(decoding: try JSONEncoder().encode(findings), as: UTF8.self).contains(secret))
      for finding in findings where ["mismatched-key", "invalid-private-key"].contains(finding.code) {
        #expect(!finding.place.file.contains("/key"), "\(finding)")
      }
    }
  }
}
