import ArgumentParser
import ControlPlane
import Foundation
import Orchestration
import SecTOSCA
import TOSCA

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the normalized topology, with the protection due to each resource at each level.",
    discussion: """
      Examples: testudo inspect Examples/portal --format json
                testudo inspect Examples/portal --format svg >portal.svg
                testudo inspect old.yaml --compare new.yaml
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml, dot, svg, mermaid
  }

  @Argument(help: "A template, a folder with one, or an archive.")
  var path: String

  @OptionGroup var template: TemplateOptions

  @Option(
    help: ArgumentHelp("A folder with templates that can stand for nodes to be substituted.", valueName: "folder"))
  var substitutions: String?

  @Option(
    help: ArgumentHelp(
      "Another template: shows what has to be done where it takes the place of this one.", valueName: "new"))
  var compare: String?

  @Option(help: "text, json, yaml, dot, svg or mermaid; with --compare, text or json.")
  var format = Format.text

  func validate() throws {
    if compare != nil, format != .text, format != .json {
      throw ValidationError("`--compare` is shown as text or json, not as \(format.rawValue)")
    }
  }

  func run() throws {
    let (topology, service) = try read(path)
    if let compare {
      let update = TopologyUpdate(from: topology, to: try read(compare).topology)
      if format == .json { try Console.print(json: update) } else { print(update.text, terminator: "") }
      return
    }
    switch format {
    case .json: try printDocument(topology, service)
    case .yaml: print(topology.yaml(), terminator: "")
    case .dot: print(topology.dot(), terminator: "")
    case .svg: print(topology.svg(), terminator: "")
    case .mermaid: print(topology.mermaid(), terminator: "")
    case .text: print(service.map(\.protectionTable.text) ?? topology.summary, terminator: service == nil ? "" : "\n")
    }
  }

  /// The topology of a template without its secrets, and the service that it describes, where it says something of
  /// security.
  private func read(_ path: String) throws -> (topology: Topology, service: ProtectedService?) {
    var loading = try template.loading()
    loading.substitutions = substitutions
    let outcome = loading.load(path, inputs: try template.inputs(), mustBeProtected: false)
    guard let topology = outcome.topology, !outcome.hasErrors else {
      throw OrchestrationFault.findings(outcome.findings, sources: outcome.sources)
    }
    return (topology.withoutSecrets, outcome.service)
  }

  /// Prints the topology's own JSON form, with the protection beside it. It can be large, and is not copied.
  private func printDocument(_ topology: Topology, _ service: ProtectedService?) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let table = try service.map { try encoder.encode($0.protectionTable) }
    print("{\n\"topology\": ", terminator: "")
    topology.writeJSON { print($0, terminator: "") }
    if let table { print(",\n\"protection\": " + String(decoding: table, as: UTF8.self)) }
    print("}")
  }
}
