import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the control plane in the foreground: the REST API on a Unix socket in the home folder.",
    discussion: """
      With --listen, policy decision points answer AuthZEN requests over TCP, on this machine only; nothing else is
      served there.

      Example: testudo serve --listen 127.0.0.1:8080
      """)

  @Flag(help: "End when nothing is up any more; how `up` starts it in the background.")
  var untilIdle = false

  @Option(help: "A loopback address and port where decision points answer; port 0 lets the system choose.")
  var listen: String?

  @Option(help: "The address that clients know the decision points under, such as https://pdp.example.")
  var url: String?

  func validate() throws {
    if let listen, ListenAddress(listen) == nil {
      throw ValidationError(
        "`\(listen)` is no address of this machine alone; expected 127.0.0.1:PORT, [::1]:PORT or localhost:PORT.")
    }
    if let url, !url.hasPrefix("https://") && !url.hasPrefix("http://") || url.contains("?") || url.contains("#") {
      throw ValidationError("`\(url)` is no base address; expected https://HOST, without query and fragment.")
    }
  }

  func run() async throws {
    let home = Installation.home
    try home.create()
    let lock = try ControlPlaneLock(home: home)
    let environment = try OrchestrationEnvironment(
      home: home, library: try Installation.library(), forwarderProgram: Installation.forwarder)
    let orchestrator = try Orchestrator(environment: environment)
    // Whoever asks is answered only once everything that survived is taken up again.
    await orchestrator.recover()
    Console.say("testudo \(APIServer.version): control plane at \(home.apiSocket)")
    let base = url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let server = APIServer(
      orchestrator: orchestrator, home: home, endsWhenIdle: untilIdle, listen: listen.flatMap { ListenAddress($0) },
      publicURL: base)
    try await server.run { Console.say("decision points at \($0)") }
    _ = consume lock
  }
}
