import ArgumentParser
import ControlPlane
import Crypto
import Foundation

/// Makes what programs show to services that are due authentication by API keys.
struct MakeKey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Makes an API key for a client of a service, and what a template keeps of it.",
    discussion: """
      The key is printed once, on the first line; what follows is an entry of `api_keys`, from which the key cannot be \\
      told.

      Example: testudo token key --client robot --role clerk >robot.yaml
      """)

  @Option(help: "Whose key it is: the principal's name.")
  var client: String

  @Option(help: "A role of theirs. Repeatable.")
  var role: [String] = []

  @Option(help: "The key's identifier: letters, digits, - and _. A random one unless given.")
  var id: String?

  func validate() throws {
    if let id,
      !(1...64).contains(id.utf8.count)
        || !id.utf8.allSatisfy({
          (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            || $0 == 0x5F
        })
    {
      throw ValidationError("--id has 1 to 64 letters, digits, - and _")
    }
    for text in [client] + role where text.isEmpty || text.unicodeScalars.contains(where: { $0.value < 0x20 }) {
      throw ValidationError("a name or role has at least one character, and no control characters")
    }
  }

  func run() throws {
    func random(_ count: Int) -> Data { SymmetricKey(size: .init(bitCount: count * 8)).withUnsafeBytes { Data($0) } }
    let id = id ?? random(6).map { String(format: "%02x", $0) }.joined()
    let secret = SignToken.base64URL(random(32))
    let salt = random(16)
    let hash = HMAC<SHA256>.authenticationCode(for: Data(secret.utf8), using: SymmetricKey(data: salt))
    let roles = try role.map { try MakeKey.quoted($0) }
    print("# \(id).\(secret)")
    // In quotes, since digits alone would be a number.
    print("\(try MakeKey.quoted(id)):")
    print("  client: \(try MakeKey.quoted(client))")
    print("  salt: \(salt.base64EncodedString())")
    print("  hash: \(Data(hash).base64EncodedString())")
    if !roles.isEmpty { print("  roles: [ \(roles.joined(separator: ", ")) ]") }
  }

  /// A text as YAML has it in quotes: as JSON does (YAML 1.2, 1.3).
  private static func quoted(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }
}
