import ArgumentParser
import ControlPlane
import Foundation
import Glibc
import Orchestration

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what happened: actions, level changes, security events of images.",
    discussion: """
      All events of one cause have one identifier: a changed attribute, a security event, a signal, a command.

      Examples: testudo events -f
                testudo events --format ocsf
                testudo events --correlation 5f0c2a54-1f0e-4a8e-9a54-0d6f2a1f7c11
      """)

  @Flag(name: .shortAndLong, help: "Go on as more happens.")
  var follow = false

  @Option(help: "Only events with greater numbers.")
  var after = 0

  @Option(help: "Only events of one cause, from that to the last acknowledgement of what it led to.")
  var correlation: String?

  /// How events are printed.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, ocsf
  }

  @Option(help: "text, json (an array; with -f, one document a line), or ocsf (one document of OCSF a line).")
  var format = Format.text

  func validate() throws {
    if let correlation, !correlation.allSatisfy({ $0.isHexDigit || $0 == "-" }) {
      throw ValidationError("`\(correlation)` is no identifier of a cause, as events have it.")
    }
  }

  func run() async throws {
    let client = try await Installation.requireControlPlane()
    let path =
      "/api/v1/events?after=\(after)" + (correlation.map { "&correlation=\($0)" } ?? "")
      + (format == .ocsf ? "&ocsf=true" : "")
    guard follow else {
      switch format {
      case .json: try Console.print(json: try await client.get(path, as: [EventRecord].self))
      case .text:
        for event in try await client.get(path, as: [EventRecord].self) { print(Events.line(event)) }
      case .ocsf:
        print(try await client.text(path), terminator: "")
      }
      return
    }
    try await client.follow(path) { document in
      switch format {
      case .json, .ocsf: print(document)
      case .text: print(Events.line(try JSONDecoder().decode(EventRecord.self, from: Data(document.utf8))))
      }
      fflush(nil)
    }
  }

  private static func line(_ event: EventRecord) -> String {
    let subject = [event.service, event.resource ?? ""].filter { !$0.isEmpty }.joined(separator: "/")
    let reason = event.details["reason"].map { "  (\($0))" } ?? ""
    return "\(event.time)  \(event.severity.padding(toLength: 13, withPad: " ", startingAt: 0))  \(subject)  "
      + "\(event.kind)  \(event.message)\(reason)"
  }
}
