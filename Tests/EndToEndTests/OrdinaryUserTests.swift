import Foundation
import Glibc
import Testing

@Suite(
  "An ordinary user", .serialized,
  .enabled(if: OrdinaryUser.lacking == nil, Comment(rawValue: OrdinaryUser.lacking ?? "everything needed is here")))
struct OrdinaryUserTests {
  @Test("brings a service up, with images as closed in as root's, adapts it, and takes it down without a trace")
  func story() async throws {
    try await OrdinaryUser.withPortal { portal, user in
      let up = try await user.testudo(["up", portal.template.path] + Portal.inputs)
      try #require(up.status == 0, "\(up.errors)")
      var unikernels = try await user.unikernels()
      #expect(unikernels.map(\.resource).sorted() == ["orders", "storefront"])
      for unikernel in unikernels {
        // What differs is said.
        #expect(unikernel.warnings.contains { $0.contains("not as nobody") })
        #expect(!unikernel.warnings.contains { $0.contains("not locked") })
        let status = try portal.status(of: try #require(unikernel.pid))
        #expect(status["Seccomp"] == "2" && status["NoNewPrivs"] == "1")
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"] {
          #expect(status[set] == "0000000000000000", "\(set)")
        }
        #expect(status["Uid"]?.split(separator: "\t").allSatisfy { $0 == "\(OrdinaryUser.number)" } == true)
      }
      let url = try #require(unikernels.flatMap(\.urls).first)
      #expect(try await user.code(of: url) == "200")
      // Nobody's business outside: neither a namespace nor an interface is seen there.
      let networks = portal.namespaces
      #expect(networks.count == 1 && portal.existing(networks).isEmpty)

      let level = try await user.testudo(["level", "portal", "elevated"])
      #expect(level.status == 0, "\(level.errors)")
      #expect(try await user.unikernels().allSatisfy { $0.level == "elevated" })

      // A control plane that is started again joins the namespaces that the old one left.
      let lock = try String(contentsOf: portal.home.appending(path: "run/control-plane.pid"), encoding: .utf8)
      kill(try #require(pid_t(lock.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
      unikernels = try await user.unikernels()
      #expect(unikernels.count == 2 && unikernels.allSatisfy { $0.state == "ready" })
      #expect(try await user.code(of: url) == "200")

      let down = try await user.testudo(["down", "--all"])
      #expect(down.status == 0, "\(down.errors)")
      #expect(try await eventually { portal.remainingProcesses().isEmpty }, "\(portal.remainingProcesses())")
      #expect(portal.remainingFiles() == [])
    }
  }

  @Test("who cannot open /dev/net/tun is told what an administrator has to do, and nothing is left")
  func device() async throws {
    try await OrdinaryUser.withPortal(deviceMode: "0600") { portal, user in
      let up = try await user.testudo(["up", portal.template.path] + Portal.inputs)
      #expect(up.status == 3)
      #expect(up.errors.contains("chmod 0666 /dev/net/tun"), "\(up.errors)")
      let doctor = try await user.testudo(["doctor"])
      #expect(doctor.status == 3)
      #expect(doctor.output.contains("chmod 0666 /dev/net/tun"), "\(doctor.output)")
      #expect(try await eventually { portal.remainingProcesses().isEmpty }, "\(portal.remainingProcesses())")
      #expect(portal.remainingFiles() == [])
    }
  }
}

/// An ordinary user of this machine, made up by its number.
private struct OrdinaryUser {
  static let number = 23_456

  /// What is missing here, or `nil` where such a user can run unikernels.
  static let lacking: String? = {
    if let lacking = Testbed.lacking { return lacking }
    for tool in ["unshare", "nsenter", "mknod"] where Testbed.path(of: tool) == nil { return "`\(tool)` is missing" }
    let user = "setpriv --reuid \(number) --regid \(number) --clear-groups"
    if shell("\(user) test -x \(Testbed.program)") != 0 { return "ordinary users cannot reach \(Testbed.program)" }
    if shell("\(user) unshare --user --map-root-user --mount --net true") != 0 {
      return "this host does not let ordinary users have user namespaces"
    }
    return nil
  }()

  private static func shell(_ text: String) -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", text]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  let portal: Portal
  let deviceMode: String

  static func withPortal(
    deviceMode: String = "0666", _ body: (Portal, OrdinaryUser) async throws -> Void
  ) async throws {
    await Testbed.places.take()
    var failure: (any Error)?
    do {
      try await Portal.copied { portal in
        try FileManager.default.createDirectory(at: portal.home, withIntermediateDirectories: true)
        _ = shell("chown -R \(number):\(number) '\(portal.folder.path)' && mkdir '\(portal.folder.path)/dev'")
        let user = OrdinaryUser(portal: portal, deviceMode: deviceMode)
        do {
          try await body(portal, user)
        } catch {
          _ = try? await user.testudo(["down", "--all"])
          throw error
        }
        _ = try await user.testudo(["down", "--all"])
      }
    } catch {
      failure = error
    }
    await Testbed.places.giveBack()
    if let failure { throw failure }
  }

  /// Runs a command as that user, who finds a /dev/net/tun of that mode; only the command and what it starts see it.
  func run(_ words: [String]) async throws -> Outcome {
    let script = """
      folder=$1 mode=$2; shift 2
      mount -t tmpfs -o dev none "$folder" && mknod "$folder/tun" c 10 200 && chmod $mode "$folder/tun" \
        && mount --bind "$folder/tun" /dev/net/tun \
        && exec setpriv --reuid \(OrdinaryUser.number) --regid \(OrdinaryUser.number) --clear-groups "$@"
      """
    return try await Command.run(
      "/usr/bin/env",
      [
        "unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", portal.folder.path + "/dev",
        deviceMode,
      ]
        + words,
      environment: ["TESTUDO_HOME": portal.home.path, "HOME": portal.folder.path, "NO_COLOR": "1"], deadline: 120)
  }

  func testudo(_ words: [String]) async throws -> Outcome { try await run([Testbed.program] + words) }

  func unikernels() async throws -> [Unikernel] {
    let outcome = try await testudo(["ps", "--format", "json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode([Unikernel].self, from: Data(outcome.output.utf8))
  }

  /// The status of the answer to a request.
  func code(of url: String) async throws -> String {
    try await Command.run("/usr/bin/env", ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url]).output
  }

  struct Unikernel: Decodable {
    var resource: String
    var level: String
    var state: String
    var urls: [String]
    var pid: pid_t?
    var warnings: [String]
  }
}
