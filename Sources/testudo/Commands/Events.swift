import ArgumentParser
import ControlPlane
import Foundation
import Glibc
import Orchestration

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what happened: actions, level changes, security events of images.",
    discussion: "Example: testudo events -f")

  @Flag(name: .shortAndLong, help: "Go on as more happens.")
  var follow = false

  @Option(help: "Only events with greater numbers.")
  var after = 0

  @Option(help: "text or json (an array; with -f, one document a line).")
  var format = DocumentFormat.text

  func run() async throws {
    let client = try await Installation.requireControlPlane()
    guard follow else {
      let events: [EventRecord] = try await client.get("/api/v1/events?after=\(after)")
      switch format {
      case .json: try Console.print(json: events)
      case .text: for event in events { print(Events.line(event)) }
      }
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try await client.follow(after: after) { event in
      print(format == .json ? String(decoding: try encoder.encode(event), as: UTF8.self) : Events.line(event))
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
