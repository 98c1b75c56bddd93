import ArgumentParser
import Cedar
import ControlPlane
import Foundation

extension PolicyCommand {
  struct Translate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints Cedar policies, or a schema, in the other form: human or JSON.",
      discussion: """
        Example: testudo policy translate orders.cedar >orders.json
                 testudo policy translate --schema orders.cedarschema
        """)

    @Argument(help: "A file of policies, or of a schema: in JSON if its name ends in .json, else in the human syntax.")
    var file: String

    @Flag(help: "The file is a schema.")
    var schema = false

    func run() throws {
      let isJSON = CedarFiles.isJSON(file)
      if schema {
        let schema = try CedarFiles.schema(file)
        print(isJSON ? schema.description : schema.json, terminator: isJSON ? "" : "\n")
      } else {
        let policies = try CedarFiles.policies([file])
        print(isJSON ? policies.description : policies.json, terminator: isJSON ? "" : "\n")
      }
    }
  }
}

/// Cedar's own files named on the command line, in either form: JSON where the name ends in `.json`.
enum CedarFiles {
  static func isJSON(_ file: String) -> Bool { file.hasSuffix(".json") }

  /// The policies of all files; those of texts are named by their place among all texts, as the language has it.
  static func policies(_ files: [String]) throws -> PolicySet {
    let texts = files.filter { !isJSON($0) }
    var set = PolicySet()
    try explaining(texts.joined(separator: ", ")) {
      set = try PolicySet(parsing: try texts.map(text).joined(separator: "\n"))
    }
    for file in files where isJSON(file) {
      try explaining(file) {
        let other = try PolicySet(json: try text(file))
        let known = Set((set.policies + set.templates).map(\.id))
        if let twice = (other.policies + other.templates).first(where: { known.contains($0.id) }) {
          throw fault("\(file): another policy has the id `\(twice.id)`, expected an id of its own")
        }
        set.policies += other.policies
        set.templates += other.templates
      }
    }
    return set
  }

  static func schema(_ file: String) throws -> Schema {
    try explaining(file) {
      let text = try text(file)
      return isJSON(file) ? try Schema(json: text) : try Schema(parsing: text)
    }
  }

  static func text(_ file: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8) else {
      throw fault("\(file): expected a file of text in UTF-8")
    }
    return text
  }

  /// Mistakes of the language, with the file that they are in.
  static func explaining<Result>(_ file: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CedarSyntaxError {
      throw fault("\(file): \(error)")
    } catch let error as CedarJSONError {
      throw fault("\(file): \(error)")
    } catch let error as EntitiesError {
      throw fault("\(file): \(error)")
    }
  }

  private static func fault(_ detail: String) -> Problem {
    Problem(type: "urn:testudo:input", title: "Malformed input", status: 422, detail: detail, kind: .input)
  }
}
