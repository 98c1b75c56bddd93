import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the control plane in the foreground: the REST API on a Unix socket in the home folder.",
    discussion: "Example: testudo serve")

  @Flag(help: "End when nothing is up any more; how `up` starts it in the background.")
  var untilIdle = false

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
    try await APIServer(orchestrator: orchestrator, home: home, endsWhenIdle: untilIdle).run()
    _ = consume lock
  }
}
