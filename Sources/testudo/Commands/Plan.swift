import ArgumentParser
import ControlPlane
import Orchestration

struct Plan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what `up` would generate, start, change, replace or stop, and why. Changes nothing.",
    discussion: "Example: testudo plan Examples/portal --level elevated")

  @OptionGroup var options: RequestOptions

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  @Flag(help: "Exit with 0 when there is nothing to do, with 2 when there are changes.")
  var detailedExitcode = false

  func run() async throws {
    let request = try options.request()
    let actions: [Action]
    if let client = try await Installation.runningControlPlane() {
      actions = try await client.post("/api/v1/plans", request)
    } else {
      let environment = try OrchestrationEnvironment(
        home: Installation.home, library: try Installation.library(), forwarderProgram: Installation.forwarder)
      actions = try await Orchestrator(environment: environment).plan(request)
    }
    switch format {
    case .json: try Console.print(json: actions)
    case .text where actions.isEmpty: print("nothing to do")
    case .text:
      for line in PlannedUpdate(actions).lines { print(line) }
      print(
        Console.table(
          actions.enumerated().map { index, action in
            let probes = action.probes.map { "; before anybody reaches it: " + $0.joined(separator: ", ") } ?? ""
            return ["\(index + 1).", action.step.summary, action.reason + probes]
          }))
    }
    if detailedExitcode, !actions.isEmpty { throw ExitCode(2) }
  }
}
