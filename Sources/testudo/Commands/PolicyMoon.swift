import ArgumentParser
import Cedar
import ControlPlane
import Foundation
import PolicyDecision

extension PolicyCommand {
  struct Moon: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints a Moon model (RBAC, MLS, DTE …) as Cedar policies, entities and schema.",
      discussion: "Example: testudo policy moon Examples/moon/cloud.json --pipeline machines")

    @Argument(help: "The model, as JSON (Documentation/Moon.md).")
    var file: String

    @Option(help: "The project whose pipeline is wanted; may be left out when there is one only.")
    var pipeline: String?

    @Option(help: "text, or json: an object with policies, entities and schema, each as text.")
    var format = DocumentFormat.text

    /// What `--format json` prints.
    struct Document: Encodable {
      var policies: String
      var entities: String
      var schema: String
    }

    func run() throws {
      let text = try CedarFiles.text(file)
      let model: MoonModel
      do throws(MoonFindings) {
        model = try MoonModel(json: text)
      } catch {
        for finding in error.findings { print("\(file): \(finding)") }
        throw ExitCode(1)
      }
      let names = model.pipelines.keys.sorted()
      guard let name = pipeline ?? (names.count == 1 ? names.first : nil) else {
        throw ValidationError("Name the pipeline with --pipeline: \(names.joined(separator: ", ")).")
      }
      guard let compiled = try MoonCompiler(model).compile(pipeline: name) else {
        throw ValidationError("There is no pipeline `\(name)`: \(names.joined(separator: ", ")).")
      }
      switch format {
      case .json:
        try Console.print(
          json: Document(
            policies: compiled.policies.description, entities: compiled.entities.json,
            schema: compiled.schema.description))
      case .text:
        print(compiled.policies.description)
        print("// Entities:\n\(compiled.entities.json)\n\n// Schema:\n\(compiled.schema)")
      }
    }
  }
}
