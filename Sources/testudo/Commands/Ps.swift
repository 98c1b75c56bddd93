import ArgumentParser
import ControlPlane
import Orchestration

struct Ps: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what runs.", discussion: "Example: testudo ps --format json")

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  @Option(help: "Only this tenant's.")
  var tenant: String?

  @Flag(help: "Show as well what each was asked before others could reach it, and what it answered.")
  var probes = false

  func run() async throws {
    var unikernels: [UnikernelStatus] = []
    var services: [ServiceStatus] = []
    if let client = try await Installation.runningControlPlane() {
      let query = tenant.map { "?tenant=\($0)" } ?? ""
      unikernels = try await client.get("/api/v1/unikernels" + query)
      if format == .text { services = try await client.get("/api/v1/services" + query) }
    }
    // Declared, and nothing of it runs: it is being brought up, or keeps failing.
    let missing = services.filter { $0.unikernels.isEmpty }
    switch format {
    case .json: try Console.print(json: unikernels)
    case .text where unikernels.isEmpty && missing.isEmpty: print("nothing runs")
    case .text:
      let rows = unikernels.map {
        [
          "\($0.service)/\($0.resource)", $0.level, $0.shownState, $0.address, "\($0.imageBytes / 1000) kB",
          $0.policyVersion == 0 ? "-" : "v\($0.policyVersion)", $0.mechanisms.joined(separator: ","),
          $0.urls.joined(separator: " "),
        ]
      }
      if !rows.isEmpty {
        let header = ["UNIKERNEL", "LEVEL", "STATE", "ADDRESS", "IMAGE", "POLICY", "MECHANISMS", "URL"]
        print(Console.table([header] + rows))
      }
      if probes {
        let rows = unikernels.flatMap { unikernel in
          (unikernel.probes ?? []).map {
            [
              "\(unikernel.service)/\(unikernel.resource)", $0.probe, $0.passed ? "passed" : "FAILED", $0.expected,
              $0.seen,
            ]
          }
        }
        if !rows.isEmpty { print(Console.table([["UNIKERNEL", "PROBE", "OUTCOME", "EXPECTED", "SEEN"]] + rows)) }
      }
      for unikernel in unikernels {
        for warning in unikernel.warnings { print("warning: \(unikernel.service)/\(unikernel.resource): \(warning)") }
      }
      for service in missing {
        print("warning: \(service.name) is declared, and nothing of it runs; `testudo events` says why")
      }
    }
  }
}

extension UnikernelStatus {
  /// The state, and what else there is to say of it.
  fileprivate var shownState: String {
    switch integrity?.outcome {
    case .violated: state + " (altered)"
    case .unchecked: state + " (unchecked)"
    case .intact, nil: state
    }
  }
}
