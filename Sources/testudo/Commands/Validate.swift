import ArgumentParser
import Foundation
import Glibc
import Orchestration
import TOSCA

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a template: every finding with its place.",
    discussion: "Example: testudo validate Examples/portal")

  @Argument(help: "A template, a folder with one, or an archive.")
  var path: String

  @Option(name: .customLong("set"), help: "An input, as INPUT=VALUE. Repeatable.")
  var settings: [String] = []

  @Option(help: "text or json.")
  var format = DocumentFormat.text

  func run() throws {
    let loading = TemplateLoading(library: try Installation.library())
    let outcome = loading.load(path, inputs: try Settings.inputs(settings))
    switch format {
    case .json:
      print(render(outcome.findings, sources: outcome.sources, format: .json, color: false))
    case .text where outcome.findings.isEmpty:
      print("\(path): no findings")
    case .text:
      print(
        render(
          outcome.findings, sources: outcome.sources, format: .text,
          color: isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty ?? true))
    }
    if outcome.hasErrors { throw ExitCode(1) }
  }
}
