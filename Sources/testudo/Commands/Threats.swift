import ArgumentParser
import Foundation
import Orchestration
import SecTOSCA
import TOSCA
import ThreatAnalysis

struct Threats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the threats to each resource at each level, what answers them, and what remains.",
    discussion: """
      Examples: testudo threats Examples/portal --set credentials=@Examples/portal/accounts.yaml
                testudo threats Examples/portal --level elevated --format otm >portal.otm.json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, json, otm
  }

  @Argument(help: "A template, a folder with one, or an archive.")
  var path: String

  @OptionGroup var template: TemplateOptions

  @Option(help: "Only this level. An Open Threat Model is about one level: the lowest unless given.")
  var level: String?

  @Option(help: "Only this resource.")
  var resource: String?

  @Option(help: ArgumentHelp("Another threat catalogue.", valueName: "file"))
  var catalogue: String?

  @Option(help: "text, markdown, json, or otm (Open Threat Model 0.2.0).")
  var format = Format.text

  @Flag(help: "Exit with 1 if a threat to a resource is open at a level that is shown.")
  var failOnOpen = false

  func run() throws {
    let outcome = try template.loading().load(path, inputs: try template.inputs())
    guard let service = outcome.service, !outcome.hasErrors else {
      throw OrchestrationFault.findings(outcome.findings, sources: outcome.sources)
    }
    if let level { try check(level, is: "level", among: service.levels.map(\.name)) }
    if let resource { try check(resource, is: "resource", among: service.resources.map(\.name)) }
    let file = try self.catalogue ?? Installation.library() + "/threats/catalogue.json"
    let catalogue: ThreatCatalogue
    do throws(ThreatCatalogueFault) {
      catalogue = try ThreatCatalogue(file: file)
    } catch {
      throw ValidationError(error.description)
    }
    let level = self.level ?? (format == .otm ? service.initialLevel.name : nil)
    let report = catalogue.report(on: service, level: level, resource: resource)
    let name = URL(filePath: path).deletingPathExtension().lastPathComponent
    switch format {
    case .text: print(report.text)
    case .markdown: print(report.markdown(title: name, catalogue: catalogue))
    case .json: try Console.print(json: report)
    case .otm:
      try Console.print(
        json: report.openThreatModel(of: service, name: name, level: level ?? service.initialLevel.name))
    }
    if failOnOpen, report.hasOpenThreats { throw ExitCode(1) }
  }

  private func check(_ name: String, is kind: String, among names: [String]) throws {
    guard !names.contains(name) else { return }
    throw ValidationError("there is no \(kind) `\(name)`, expected one of \(names.joined(separator: ", "))")
  }
}
