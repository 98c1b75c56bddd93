import Crypto
import Foundation
import Glibc
import Testing

/// What triggers do besides setting levels, with real images and a real receiver of webhooks.
@Suite("Actions of triggers", .serialized, .realUnikernels)
struct ActionTests {
  /// The template with a trigger more, which waits for the attribute `alarm`.
  private static func adding(_ actions: String) -> @Sendable (String) -> String {
    { template in
      template.trimmingCharacters(in: .newlines) + """

                  added:
                    event: sectosca.events.ContextChanged
                    condition: { alarm: [ { equal: "on" } ] }
                    action:
        \(actions)

        """
    }
  }

  private static func call(_ operation: String, _ inputs: String) -> String {
    "              - call_operation: { operation: SecurityControl.\(operation), inputs: { \(inputs) } }"
  }

  private func alarm(_ value: String, _ portal: Portal) async throws {
    let set = try await portal.testudo("context", "set", "alarm=\(value)")
    try #require(set.status == 0, "\(set.errors)")
  }

  @Test("a parameter is pushed while the trigger holds, and is back afterwards; nothing is started for it")
  func parameter() async throws {
    let setting = Self.call(
      "set_parameter", "requirement: declared_flows, property: flows, value: none, resource: orders")
    try await Portal.up(changing: Self.adding(setting)) { portal in
      let url = try await portal.url()
      let before = try await portal.unikernels().compactMap(\.pid)
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .reader).status == 404)
      try await alarm("on", portal)
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .reader, timeout: 30).status >= 502)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
      let inspected = try await portal.start(["inspect", portal.template.path] + Portal.inputs).outcome()
      #expect(inspected.output.contains("`flows` of `declared_flows` is none at `orders`"), "\(inspected.output)")
      try await alarm("off", portal)
      let isBack = try await eventually {
        try await Client.request("GET", "\(url)/orders/17", as: .reader).status == 404
      }
      #expect(isBack)
      #expect(try await portal.unikernels().compactMap(\.pid) == before)
    }
  }

  /// A receiver of webhooks, in a process of its own.
  struct Receiver {
    struct Request: Decodable {
      var id: String
      var timestamp: String
      var signature: String
      var body: String
      var status: String

      enum CodingKeys: String, CodingKey {
        case id = "webhook-id"
        case timestamp = "webhook-timestamp"
        case signature = "webhook-signature"
        case body, status
      }
    }

    var folder: URL
    var process: Command
    var port: Int

    static func start(in folder: URL, answering status: Int, certificate: [String] = []) async throws -> Receiver {
      try Data("\(status)".utf8).write(to: folder.appending(path: "answer"))
      let script = Testbed.repository.appending(path: "Tests/EndToEndTests/receiver.py").path
      let process = try Command(
        "/usr/bin/python3",
        [script] + ["requests", "answer", "port"].map { folder.appending(path: $0).path } + certificate, deadline: 120)
      let file = folder.appending(path: "port").path
      let isUp = try await eventually { FileManager.default.fileExists(atPath: file) }
      try #require(isUp)
      return Receiver(
        folder: folder, process: process, port: try #require(Int(try String(contentsOfFile: file, encoding: .utf8))))
    }

    func answer(_ status: Int) throws {
      try Data("\(status)".utf8).write(to: folder.appending(path: "answer"), options: .atomic)
    }

    func requests() throws -> [Request] {
      guard let text = try? String(contentsOf: folder.appending(path: "requests"), encoding: .utf8) else { return [] }
      return try text.split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }
  }

  private static let secret = Data((1...32).map { UInt8($0) })

  private static func writeKeys(in folder: URL) throws {
    let text = secret.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    try Data(#"{"keys": [{"kty": "oct", "kid": "hook", "k": "\#(text)"}]}"#.utf8).write(
      to: folder.appending(path: "hook-keys.json"))
  }

  /// Kills it, and waits until it is gone: another does not start beside it.
  private static func killControlPlane(of portal: Portal) async throws {
    let process = try portal.controlPlane()
    #expect(kill(process, SIGKILL) == 0)
    let isGone = try await eventually { kill(process, 0) != 0 }
    #expect(isGone)
  }

  @Test("instances are replaced once and a webhook is told, though the control plane is killed in between")
  func killed() async throws {
    try await Portal.up { portal in
      try Self.writeKeys(in: portal.template)
      let receiver = try await Receiver.start(in: portal.folder, answering: 503)
      defer { receiver.process.end() }
      try portal.edit(
        "service.yaml",
        Self.adding(
          Self.call("replace", "resource: orders") + "\n"
            + Self.call(
              "notify", "url: \"http://127.0.0.1:\(receiver.port)/hook\", keys: hook-keys.json, private: true")))
      let up = try await portal.up()
      try #require(up.status == 0, "\(up.errors)")
      let before = try await portal.unikernel("orders").pid
      _ = try portal.start(["context", "set", "alarm=on"])
      // Killed as soon as the attribute is stored: somewhere before, within or after the actions.
      let isStored = try await eventually {
        try await portal.document("context", "list", as: [String: String].self)["alarm"] == "on"
      }
      #expect(isStored)
      try await Self.killControlPlane(of: portal)
      _ = try portal.start(["serve", "--until-idle"])
      let isAsked = try await eventually(within: 30) { try !receiver.requests().isEmpty }
      #expect(isAsked)
      // And once more, with the message waiting.
      try await Self.killControlPlane(of: portal)
      try receiver.answer(200)
      _ = try portal.start(["serve", "--until-idle"])
      let isTold = try await eventually(within: 30) {
        guard let outcome = try? await portal.testudo("events", "--format", "json"), outcome.status == 0,
          let events = try? JSONDecoder().decode([Event].self, from: Data(outcome.output.utf8))
        else { return false }
        return events.contains { $0.kind == "notification-delivered" }
      }
      #expect(isTold)

      let requests = try receiver.requests()
      #expect(Set(requests.map(\.id)).count == 1, "\(requests)")
      #expect(requests.filter { $0.status == "200" }.count == 1)
      for request in requests {
        let signed = Data("\(request.id).\(request.timestamp).\(request.body)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Self.secret))
        #expect(request.signature == "v1," + Data(code).base64EncodedString())
      }
      let body = try #require(requests.last?.body)
      #expect(body.contains(#""event_code":"trigger-fired""#) && body.contains(#""correlation_uid":""#), "\(body)")
      let after = try await portal.unikernel("orders").pid
      #expect(after != before)
      let events = try await portal.events()
      let cause = try #require(events.first { $0.kind == "trigger-fired" }?.correlation)
      #expect(events.filter { $0.kind == "trigger-fired" }.count == 1, "\(events.map(\.message))")
      let done = events.filter { $0.kind == "trigger-action" && $0.message.contains("replace") }
      #expect(!done.isEmpty && done.allSatisfy { $0.correlation == cause })
      // It holds still, and does nothing more.
      try await alarm("on", portal)
      #expect(try await portal.unikernel("orders").pid == after)

      // Off and on again within the interval: reported, and not done.
      try await alarm("off", portal)
      try await alarm("on", portal)
      let isRefused = try await eventually {
        try await portal.events().contains {
          $0.kind == "trigger-action-failed" && $0.message.contains("minimum_interval")
        }
      }
      #expect(isRefused)
      #expect(try await portal.unikernel("orders").pid == after)
    }
  }

  @Test(
    "a workflow runs its steps, and the one that follows a failure; a receiver that proves who it is gets the event")
  func workflow() async throws {
    try await Portal.up { portal in
      try Self.writeKeys(in: portal.template)
      let (authority, hook) = (
        portal.template.appending(path: "hooks").path, portal.folder.appending(path: "hook").path
      )
      for words in [
        ["--authority", "--name", "Hooks", "--out", authority],
        ["--issuer", authority, "--name", "127.0.0.1", "--out", hook],
      ] {
        let made = try await portal.start(["certificate"] + words).outcome()
        try #require(made.status == 0, "\(made.errors)")
      }
      let certificate = hook + ".pem"
      let receiver = try await Receiver.start(
        in: portal.folder, answering: 204,
        certificate: [certificate, portal.folder.appending(path: "hook-key.pem").path])
      defer { receiver.process.end() }
      let url = "https://127.0.0.1:\(receiver.port)/hook"
      try portal.edit("service.yaml") { template in
        Self.adding("              - inline: { workflow: mend, inputs: { where: orders } }")(template) + """

            workflows:
              mend:
                inputs:
                  where: { type: string }
                steps:
                  look:
                    target: orders
                    filter: [ { drill: [ { equal: "yes" } ] } ]
                    activities: [ { call_operation: { operation: SecurityControl.replace, inputs: { resource: storefront } } } ]
                    on_success: [ isolate ]
                  isolate:
                    target: orders
                    activities:
                      - call_operation: { operation: SecurityControl.quarantine, inputs: { resource: { get_input: where }, instance: nowhere } }
                      - call_operation: { operation: SecurityControl.quarantine, inputs: { resource: { get_input: where } } }
                    on_success: [ tell ]
                  tell:
                    target: orders
                    activities:
                      - call_operation:
                          operation: SecurityControl.notify
                          inputs: { url: "\(url)", keys: hook-keys.json, private: true, authorities: hooks.pem }

          """
      }
      let up = try await portal.up()
      try #require(up.status == 0, "\(up.errors)")
      let storefront = try await portal.unikernel("storefront").pid
      try await alarm("on", portal)
      let isTold = try await eventually(within: 30) { try !receiver.requests().isEmpty }
      let events = try await portal.events()
      #expect(isTold, "\(events.suffix(20).map { "\($0.kind): \($0.message)" })")
      let kept = try await portal.testudo("quarantine", "list")
      #expect(kept.output.contains("orders"), "\(kept.output)")
      // The filter does not hold, so that the step did nothing.
      #expect(try await portal.unikernel("storefront").pid == storefront)
    }
  }

  @Test("sessions and credentials are revoked, for a time or until somebody lifts it")
  func revocation() async throws {
    try await SignInTests.up { desk in
      try desk.portal.edit(
        "service.yaml",
        Self.adding(
          Self.call("revoke_sessions", "principal: rita") + "\n" + Self.call("revoke_credentials", "principal: carl")))
      let up = try await desk.up()
      try #require(up.status == 0, "\(up.errors)")
      let (rita, carl) = (try await desk.signIn(.reader), try await desk.signIn(.clerk))
      #expect(try await desk.ask("GET", "/members/", cookie: rita).status == 200)
      try await alarm("on", desk.portal)
      let isOver = try await eventually { try await desk.ask("GET", "/members/", cookie: rita).status == 401 }
      #expect(isOver)
      #expect(try await desk.ask("GET", "/members/", cookie: carl).status == 200, "only rita's sessions are over")
      let isRefused = try await eventually { try await desk.ask("GET", "/members/", as: .clerk).status == 401 }
      #expect(isRefused)
      #expect(try await desk.ask("GET", "/members/", as: .reader).status == 200)
      let found = try await desk.portal.document("revocation", "list", "portal", as: [Revoked].self)
      #expect(found.count == 2, "\(found)")
      let forGood = try #require(found.first { $0.until == nil })
      let lifted = try await desk.portal.testudo("revocation", "lift", "portal", forGood.id)
      #expect(lifted.status == 0 && lifted.output.contains("carl"), "\(lifted.errors)")
      #expect(try await desk.ask("GET", "/members/", as: .clerk).status == 200)
      #expect(try await desk.ask("GET", "/members/", cookie: rita).status == 401)
      let unknown = try await desk.portal.testudo("revocation", "lift", "portal", forGood.id)
      #expect(unknown.status != 0)
    }
  }

  private struct Revoked: Decodable {
    var id: String
    var until: Int?
  }
}
