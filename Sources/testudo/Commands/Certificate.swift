import ArgumentParser
import Certificates
import ControlPlane
import Crypto
import Foundation

/// Makes certificates for trying TLS out, and for services that are their own authority.
struct CertificateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate",
    abstract: "Makes a certificate with a new key: signed by itself, or by an authority made before.",
    discussion: """
      Writes OUT.pem, and OUT-key.pem, which only its owner can read.

        testudo certificate --authority --name "Example authority" --out tls/authority
        testudo certificate --issuer tls/authority --name portal.example --name localhost --out tls/portal
        testudo certificate --issuer tls/authority --client --name rita --role reader --out tls/rita
      """)

  @Option(help: "The common name; for a server, a DNS name or IPv4 address. Repeatable for servers.")
  var name: [String]

  @Option(help: "Where it goes: OUT.pem and OUT-key.pem.")
  var out: String

  @Option(help: "The authority that signs it: ISSUER.pem and ISSUER-key.pem. Without one, it is signed by itself.")
  var issuer: String?

  @Flag(help: "For an authority, which signs others.")
  var authority = false

  @Flag(help: "For a client.")
  var client = false

  @Option(help: "A role of the client, as an organizational unit. Repeatable.")
  var role: [String] = []

  @Option(help: "A URI of the client, such as a SPIFFE ID.")
  var uri: String?

  @Option(help: "For how many days it is valid, 1 to 36500.")
  var days = 90

  func validate() throws {
    guard !name.isEmpty, name.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 64 }) else {
      throw ValidationError("a name of 1 to 64 bytes is needed")
    }
    guard !(authority && client) else { throw ValidationError("--authority and --client exclude each other") }
    guard client || (role.isEmpty && uri == nil) else { throw ValidationError("--role and --uri are for --client") }
    guard name.count == 1 || !(authority || client) else { throw ValidationError("several names are for servers") }
    guard (1...36_500).contains(days) else { throw ValidationError("--days is from 1 to 36500") }
  }

  func run() throws {
    let signer = try issuer.map(CertificateCommand.authority)
    let key = P256.Signing.PrivateKey()
    let start = Date() - 300
    let request = CertificateRequest(
      purpose: authority ? .authority : client ? .client : .server, commonName: name[0], units: role,
      names: authority || client ? [] : name, uri: uri, validity: start...(start + Double(days) * 86_400))
    let serialNumber = [0x40 | UInt8.random(in: 0...63)] + (0..<15).map { _ in UInt8.random(in: 0...255) }
    let bytes = try request.certificate(for: key, issuer: signer, serialNumber: serialNumber)
    try CertificateCommand.write(key.pemRepresentation + "\n", to: out + "-key.pem", mode: 0o600)
    try CertificateCommand.write(Certificate.pem(bytes), to: out + ".pem", mode: 0o644)
    print("\(out).pem")
    print("\(out)-key.pem")
  }

  private static func authority(_ path: String) throws -> (certificate: Certificate, key: P256.Signing.PrivateKey) {
    func text(_ path: String) -> String? {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
    guard let certificate = text(path + ".pem").flatMap({ try? Certificate.read(pem: $0) })?.first,
      certificate.isAuthority
    else { throw problem("\(path).pem: expected the certificate of an authority in PEM") }
    guard let key = text(path + "-key.pem").flatMap({ try? P256.Signing.PrivateKey(pemRepresentation: $0) }),
      certificate.publicKey == .p256(Array(key.publicKey.x963Representation))
    else { throw problem("\(path)-key.pem: expected the authority's private key, on P-256, in PEM") }
    return (certificate, key)
  }

  /// Writes a file that has its mode from the first byte on.
  private static func write(_ text: String, to path: String, mode: Int) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? FileManager.default.removeItem(atPath: path)
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    else { throw problem("\(path) cannot be written") }
  }

  private static func problem(_ detail: String) -> Problem {
    Problem(type: "urn:testudo:input", title: "No certificate", status: 422, detail: detail, kind: .input)
  }
}
