import Foundation
import Testing

/// The portal with several ways to authenticate at once, looked at in the order that its template declares.
@Suite("Several ways in", .serialized, .realUnikernels)
struct WaysInTests {
  /// A key, and the entry of a template that knows its hash.
  struct Key {
    var text: String
    var entry: String

    var arguments: [String] { ["-H", "X-API-Key: \(text)"] }
  }

  static func makeKey(_ client: String, role: String, id: String) async throws -> Key {
    let outcome = try await Command.run(
      Testbed.program, ["token", "key", "--client", client, "--role", role, "--id", id])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    let first = try #require(lines.first)
    return Key(text: String(first.dropFirst(2)), entry: lines.dropFirst().joined(separator: "\n"))
  }

  /// The template with these keys, tokens and passwords, in this order.
  static func template(_ text: String, keys: [Key]) -> String {
    let entries = keys.flatMap { $0.entry.split(separator: "\n").map { "            \($0)" } }.joined(separator: "\n")
    return text.replacing(
      "    - order_rules:\n",
      with: """
            - robots:
                type: sectosca.policies.Authentication
                targets: [ storefront ]
                properties:
                  scheme: api_key
                  realm: robots
                  api_keys:
        \(entries)

            - either:
                type: sectosca.policies.Authentication
                targets: [ storefront ]
                properties: { scheme: any_of, of: [ robots, tokens, passwords ] }

            - order_rules:

        """
    ).replacing(
      "requires: [ declared_flows, passwords, order_rules ]", with: "requires: [ declared_flows, either, order_rules ]")
  }

  private static func up(
    keys: [Key], _ body: (Portal, _ original: String) async throws -> Void
  ) async throws {
    try await Portal.up { portal in
      let original = try String(contentsOf: portal.template.appending(path: "service.yaml"), encoding: .utf8)
      try portal.edit("service.yaml") { template($0, keys: keys) }
      let up = try await portal.up()
      try #require(up.status == 0, "\(up.errors)")
      try await body(portal, original)
    }
  }

  /// All values of a header field in what curl printed.
  private static func challenges(_ url: String, _ arguments: String...) async throws -> [String] {
    let outcome = try await Command.run(Client.curl, ["-s", "-i"] + arguments + [url])
    return outcome.output.replacing("\r\n", with: "\n").split(separator: "\n")
      .filter { $0.lowercased().hasPrefix("www-authenticate:") }
      .map { $0.dropFirst("www-authenticate:".count).trimmingCharacters(in: .whitespaces) }
  }

  @Test("each opens the door, and who shows none is offered all of them, in the declared order")
  func challenges() async throws {
    let robot = try await WaysInTests.makeKey("robot", role: "clerk", id: "r1")
    try await WaysInTests.up(keys: [robot]) { portal, _ in
      let order = "\(try await portal.url())/orders/17"
      #expect(
        try await portal.unikernel("storefront").mechanisms == [
          "api-key-authentication", "authorization", "basic-authentication", "bearer-authentication", "firewall",
        ])
      let offered = [
        "ApiKey realm=\"robots\", in=\"header\", name=\"x-api-key\"", "Bearer realm=\"portal\"",
        "Basic realm=\"portal\", charset=\"UTF-8\"",
      ]
      #expect(try await WaysInTests.challenges(order) == offered)
      #expect(try await WaysInTests.challenges(order, "-u", "rita:wrong") == offered)
      #expect(try await WaysInTests.challenges(order, "-H", "X-API-Key: r1.x") == offered)
      let refused = try await WaysInTests.challenges(order, "-H", "Authorization: Bearer x")
      #expect(refused == [offered[0], "Bearer realm=\"portal\", error=\"invalid_token\"", offered[2]])

      #expect(try await Client.request("PUT", order, body: "oil", with: robot.arguments).status == 201)
      #expect(try await Client.request("GET", order, as: .reader).body == "oil")
      let token = try await portal.token(subject: "rita", role: "reader")
      #expect(try await Client.request("GET", order, as: .token(token)).body == "oil")
      // The first that is shown decides: the key is a clerk's, the password a reader's.
      #expect(try await Client.request("PUT", order, as: .reader, body: "x", with: robot.arguments).status == 204)
      // One letter of the secret is another.
      let letter = robot.text.index(robot.text.startIndex, offsetBy: 12)
      let forged = robot.text.replacingCharacters(in: letter...letter, with: robot.text[letter] == "A" ? "B" : "A")
      #expect(try await Client.request("GET", order, with: ["-H", "X-API-Key: \(forged)"]).status == 401)
      // A wrong key is not made good by a right password.
      #expect(try await Client.request("GET", order, as: .reader, with: ["-H", "X-API-Key: r1.x"]).status == 401)
      // In the query nothing was asked for, so that nothing is looked at.
      #expect(try await Client.request("GET", "\(order)?api_key=\(robot.text)").status == 401)
    }
  }

  @Test("a key is revoked by a push, its client's other key goes on, and neither is found in an image")
  func revocation() async throws {
    let old = try await WaysInTests.makeKey("robot", role: "clerk", id: "r1")
    let new = try await WaysInTests.makeKey("robot", role: "clerk", id: "r2")
    try await WaysInTests.up(keys: [old, new]) { portal, original in
      let order = "\(try await portal.url())/orders/17"
      let instance = try await portal.unikernel("storefront").pid
      #expect(try await Client.request("PUT", order, body: "oil", with: old.arguments).status == 201)
      #expect(try await Client.request("GET", order, with: new.arguments).status == 200)
      try portal.edit("service.yaml") { _ in WaysInTests.template(original, keys: [new]) }
      let up = try await portal.up()
      try #require(up.status == 0, "\(up.errors)")
      #expect(try await Client.request("GET", order, with: old.arguments).status == 401)
      #expect(try await Client.request("GET", order, with: new.arguments).status == 200)
      #expect(try await portal.unikernel("storefront").pid == instance)

      let hash = try #require(new.entry.split(separator: "hash: ").last?.prefix(44))
      let secret = try #require(new.text.split(separator: ".").last)
      for case let file as URL in FileManager.default.enumerator(
        at: portal.home.appending(path: "images"), includingPropertiesForKeys: nil) ?? .init()
      {
        guard let bytes = try? Data(contentsOf: file) else { continue }
        for text in [String(hash), String(secret)] {
          #expect(bytes.firstRange(of: Data(text.utf8)) == nil, "\(file.path)")
        }
        let raw = try #require(Data(base64Encoded: String(hash)))
        #expect(bytes.firstRange(of: raw) == nil, "\(file.path)")
      }
      let inspected = try await portal.testudo("inspect", portal.template.path)
      #expect(!inspected.output.contains(hash), "what is shown withholds hashes")
    }
  }

  @Test("who guesses at one is slowed down at all, from that source; others are served")
  func bruteForce() async throws {
    let robot = try await WaysInTests.makeKey("robot", role: "clerk", id: "r1")
    try await WaysInTests.up(keys: [robot]) { portal, _ in
      let order = "\(try await portal.url())/orders/17"
      func ask(_ source: String, _ arguments: String...) async throws -> Answer {
        try await Client.request("GET", order, with: ["--interface", source] + arguments)
      }
      // Somebody behind the same address who is known already.
      #expect(try await ask("127.0.0.7", "-u", "rita:reading-room").status == 404)
      var statuses: [Int] = []
      for number in 0..<24 {
        switch number % 3 {
        case 0:
          statuses.append(try await ask("127.0.0.7", "-H", "X-API-Key: k\(number).\(robot.text.dropFirst(3))").status)
        case 1: statuses.append(try await ask("127.0.0.7", "-H", "Authorization: Bearer a.b.c\(number)").status)
        default: statuses.append(try await ask("127.0.0.7", "-u", "user\(number):guess").status)
        }
      }
      #expect(statuses.prefix(20).allSatisfy { $0 == 401 }, "\(statuses)")
      #expect(statuses.suffix(4) == [429, 429, 429, 429], "\(statuses)")
      let slowed = try await ask("127.0.0.7", "-u", "carl:counting-house")
      #expect(slowed.status == 429)
      #expect((Int(slowed.headers["retry-after"] ?? "") ?? 0) > 0)
      #expect(try await ask("127.0.0.7", "-u", "rita:reading-room").status == 404)
      #expect(try await ask("127.0.0.8", "-u", "carl:counting-house").status == 404)
      #expect(try await ask("127.0.0.8", "-H", "X-API-Key: \(robot.text)").status == 404)
    }
  }
}
