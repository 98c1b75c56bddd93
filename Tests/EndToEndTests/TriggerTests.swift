import Crypto
import Foundation
import Glibc
import Testing

@Suite("Triggers on the state of a service", .serialized, .realUnikernels)
struct TriggerTests {
  /// The portal with a trigger more, which sets the level `elevated`.
  private static func adding(_ event: String, _ condition: String?) -> @Sendable (String) -> String {
    { template in
      template.trimmingCharacters(in: .newlines) + """

                  added:
                    event: sectosca.events.\(event)
                    \(condition.map { "condition: \($0)" } ?? "")
                    action:
                      - call_operation:
                          operation: SecurityControl.set_level
                          inputs: { level: elevated }

        """
    }
  }

  private func isEverywhere(_ level: String, _ portal: Portal) async throws -> Bool {
    try await portal.unikernels().allSatisfy { $0.level == level && $0.state == "ready" }
  }

  @Test("the level follows the phase of the service's life")
  func phase() async throws {
    try await Portal.up(changing: Self.adding("PhaseChanged", "{ phase: [ { equal: maintenance } ] }")) { portal in
      #expect(try await isEverywhere("normal", portal))
      #expect(try await portal.testudo("phase", "portal").output == "run\n")
      let raised = try await portal.document("phase", "portal", "maintenance", as: LevelChange.self)
      #expect(raised.from == "normal" && raised.to == "elevated")
      #expect(try await isEverywhere("elevated", portal))
      let lowered = try await portal.document("phase", "portal", "run", as: LevelChange.self)
      #expect(lowered.to == "normal")
      #expect(try await isEverywhere("normal", portal))
      let kinds = try await portal.events().map(\.kind)
      #expect(kinds.filter { $0 == "phase-changed" }.count == 2)
      // From the cause to the last step, and nothing of the way back.
      let cause = try #require(raised.correlation)
      let history = try await portal.document("events", "--correlation", cause, as: [Event].self)
      #expect(history.first?.kind == "phase-changed" && history.contains { $0.kind == "level-changed" })
      #expect(history.contains { $0.kind == "action" } && history.allSatisfy { $0.correlation == cause })
      #expect(history.filter { $0.kind == "phase-changed" }.count == 1)
      let lines = try await portal.testudo("events", "--format", "ocsf", "--correlation", cause).output
        .split(separator: "\n")
      #expect(lines.count == history.count && lines.allSatisfy { $0.contains(#""correlation_uid":"\#(cause)""#) })
      let wrong = try await portal.testudo("phase", "portal", "lunch")
      #expect(wrong.status == 2 && wrong.errors.contains("maintenance"), "\(wrong.errors)")
    }
  }

  @Test("a level that stays due for a while is told of like any other, when it begins and when it ends")
  func dwell() async throws {
    try await Portal.up(changing: {
      $0.replacing(
        "        triggers:\n          threat_rises:",
        with: "        properties: { minimum_dwell: 3 s }\n        triggers:\n          threat_rises:")
    }) { portal in
      let raised = try await portal.document("context", "set", "threat_level=high", as: [LevelChange].self)
      #expect(raised.map(\.from) == ["normal"] && raised.map(\.to) == ["elevated"], "\(raised)")
      let kept = try await portal.document("context", "set", "threat_level=low", as: [LevelChange].self)
      #expect(kept.isEmpty, "\(kept)")
      #expect(try await isEverywhere("elevated", portal))
      #expect(try await eventually(within: 20) { try await isEverywhere("normal", portal) })
      let changes = try await portal.events().filter { $0.kind == "level-changed" }.map(\.message)
      #expect(changes.count == 2 && changes.first?.hasPrefix("normal to elevated") == true, "\(changes)")
    }
  }

  @Test("the level is that of the time from the beginning on, and again after the control plane was killed")
  func schedule() async throws {
    // From an hour ago to half a day from now.
    let minute = Int(Date().timeIntervalSince1970) / 60 % 1440
    func text(_ minute: Int) -> String { String(format: "%02d:%02d", minute / 60 % 24, minute % 60) }
    let window = "{ from: \"\(text(minute + 1380))\", until: \"\(text(minute + 720))\" }"
    try await Portal.up(changing: Self.adding("Schedule", window)) { portal in
      #expect(try await isEverywhere("elevated", portal))
      let controlPlane = try portal.controlPlane()
      #expect(kill(controlPlane, SIGKILL) == 0)
      #expect(try await isEverywhere("elevated", portal))
    }
  }

  @Test("a signed shared signal raises the level, once; what is not signed, or comes again, does not")
  func signal() async throws {
    let condition = "{ period: 5 s, constraint: { current_level: [ { equal: HIGH } ] } }"
    try await Portal.up(changing: Self.adding("RiskLevelChanged", condition)) { portal in
      let key = P256.Signing.PrivateKey()
      let point = key.publicKey.rawRepresentation
      let keys = portal.folder.appending(path: "idp.jwks.json")
      let (x, y) = (Self.encoded(point.prefix(32)), Self.encoded(point.suffix(32)))
      try Data(#"{"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": "\#(x)", "y": "\#(y)"}]}"#.utf8).write(
        to: keys)
      let added = try await portal.testudo(
        "transmitter", "add", "idp", "--issuer", "https://idp.example", "--audience", "testudo", "--keys", keys.path)
      #expect(added.status == 0, "\(added.errors)")

      let low = try Self.token(level: "LOW", signedBy: key)
      #expect(try await portal.push(low) == 202)
      let high = try Self.token(level: "HIGH", signedBy: key)
      #expect(try await portal.push(try Self.token(level: "HIGH", signedBy: P256.Signing.PrivateKey())) == 400)
      #expect(try await isEverywhere("normal", portal))
      #expect(try await portal.push(high) == 202)
      let isRaised = try await eventually { try await isEverywhere("elevated", portal) }
      #expect(isRaised)
      let isCalm = try await eventually(within: 30) { try await isEverywhere("normal", portal) }
      #expect(isCalm)
      #expect(try await portal.push(high) == 400)
      let kinds = try await portal.events().map(\.kind)
      #expect(kinds.filter { $0 == "signal-received" }.count == 2 && kinds.filter { $0 == "signal-refused" }.count == 2)
      #expect(kinds.filter { $0 == "trigger-fired" }.count == 1)
    }
  }

  private static func encoded(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      .replacingOccurrences(of: "=", with: "")
  }

  private static func token(level: String, signedBy key: P256.Signing.PrivateKey) throws -> String {
    let claims = """
      {"iss": "https://idp.example", "aud": "testudo", "jti": "\(UUID().uuidString)",
       "iat": \(Int(Date().timeIntervalSince1970)), "sub_id": {"format": "email", "email": "rita@example.com"},
       "events": {"https://schemas.openid.net/secevent/caep/event-type/risk-level-change":
         {"principal": "USER", "current_level": "\(level)"}}}
      """
    let signed =
      encoded(Data(#"{"alg": "ES256", "kid": "a", "typ": "secevent+jwt"}"#.utf8)) + "." + encoded(Data(claims.utf8))
    return signed + "." + encoded(try key.signature(for: Data(signed.utf8)).rawRepresentation)
  }

  @Test("an open notice about a module that nothing can replace raises the level until somebody accepts it")
  func notice() async throws {
    try await Portal.up(changing: Self.adding("VulnerabilityNoticed", nil)) { portal in
      let file = portal.folder.appending(path: "notice.json")
      try Data(
        #"""
        {"id": "CVE-2026-1", "summary": "a flaw", "affected": [
          {"package": {"ecosystem": "Testudo", "name": "firewall"},
           "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}
        """#.utf8
      ).write(to: file)
      let added = try await portal.testudo("notice", "add", file.path)
      #expect(added.status == 0, "\(added.errors)")
      #expect(try await isEverywhere("elevated", portal))
      #expect(try await portal.testudo("notice", "accept", "CVE-2026-1", "--reason", "a drill").status == 0)
      #expect(try await isEverywhere("normal", portal))
    }
  }
}

extension Portal {
  /// Pushes a security event token to the control plane. Returns the status of the answer.
  fileprivate func push(_ token: String) async throws -> Int {
    let answer = try await Command.run(
      Testbed.path(of: "curl") ?? "curl",
      [
        "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--unix-socket",
        home.appending(path: "run/api.sock").path, "--header", "Content-Type: application/secevent+jwt", "--data-raw",
        token, "http://testudo/ssf/events",
      ])
    return Int(answer.output) ?? 0
  }
}
