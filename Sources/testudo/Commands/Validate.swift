import ArgumentParser
import Foundation
import Glibc
import ImageGeneration
import Orchestration
import SecTOSCA
import TOSCA

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks templates: every finding with its place.",
    discussion: """
      Examples: testudo validate Examples/portal
                testudo validate --format sarif services/*.yaml >findings.sarif
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif
  }

  @Argument(help: "Templates, folders with one, or archives.")
  var paths: [String]

  @OptionGroup var template: TemplateOptions

  @Option(help: "text, json or sarif.")
  var format = Format.text

  func run() throws {
    let loading = try template.loading()
    let inputs = try template.inputs()
    var findings: [Finding] = []
    var sources: [String: String] = [:]
    var files: [String: String] = [:]
    var clean: [String] = []
    var seen: Set<Finding> = []
    for path in paths {
      // What says nothing of security is checked as TOSCA.
      var outcome = loading.load(path, inputs: inputs, mustBeProtected: false)
      if let service = outcome.service, !outcome.hasErrors {
        let handlers = try loading.handlerFindings(of: service)
        outcome.findings += handlers.findings
        outcome.sources.merge(handlers.sources) { first, _ in first }
        let policies = try loading.policyFindings(of: service)
        outcome.findings += policies.findings
        outcome.sources.merge(policies.sources) { first, _ in first }
      }
      if outcome.findings.isEmpty { clean.append(path) }
      // Templates that import the same file have the same findings in it.
      findings += outcome.findings.filter { seen.insert($0).inserted }
      sources.merge(outcome.sources) { first, _ in first }
      files.merge(outcome.paths) { first, _ in first }
    }
    switch format {
    case .json: print(render(findings, sources: sources, format: .json, color: false), terminator: "")
    case .sarif:
      let log = SARIFLog(
        kinds: (FindingKind.all + SecTOSCAFindings.all + HandlerFindings.all).sorted { $0.code < $1.code },
        version: Testudo.configuration.version, root: FileManager.default.currentDirectoryPath, paths: files,
        profiles: try Installation.library() + "/profiles")
      print(log.text(findings, sources: sources), terminator: "")
    case .text:
      if !findings.isEmpty {
        print(render(findings, sources: sources, format: .text, color: Console.mayColour(1)))
        print(summary(of: findings))
      }
      for path in clean { print("\(path): no findings") }
    }
    if findings.contains(where: { $0.severity == .error }) { throw ExitCode(1) }
  }
}
