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
      let wrong = try await portal.testudo("phase", "portal", "lunch")
      #expect(wrong.status == 2 && wrong.errors.contains("maintenance"), "\(wrong.errors)")
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
