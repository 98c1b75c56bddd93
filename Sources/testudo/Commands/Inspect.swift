import ArgumentParser
import ControlPlane
import Foundation
import Orchestration
import SecTOSCA
import TOSCA

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the normalized topology, with the protection due to each resource at each level.",
    discussion: "Example: testudo inspect Examples/portal --format json")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, dot
  }

  @Argument(help: "A template, a folder with one, or an archive.")
  var path: String

  @OptionGroup var template: TemplateOptions

  @Option(help: "text, json or dot.")
  var format = Format.text

  /// What `--format json` prints.
  struct Document: Encodable {
    var topology: Topology
    var protection: ProtectionTable
  }

  func run() throws {
    let outcome = try template.loading().load(path, inputs: try template.inputs())
    guard let topology = outcome.topology, let service = outcome.service, !outcome.hasErrors else {
      throw OrchestrationFault.findings(outcome.findings, sources: outcome.sources)
    }
    switch format {
    case .json: try Console.print(json: Document(topology: topology, protection: service.protectionTable))
    case .dot: print(topology.dot())
    case .text: print(service.protectionTable.text)
    }
  }
}
