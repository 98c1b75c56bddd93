import ArgumentParser
import Cedar
import ControlPlane
import Foundation
import Orchestration
import PolicyAnalysis
import PolicyDecision

extension PolicyCommand {
  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says whether new policies permit more, less, the same or something else, with requests that prove it.",
      discussion: """
        The answer is about all requests, by a solver (z3 or cvc5): those that conform to a schema, or, without one, \
        the HTTP requests that an image decides. Exit status 1 unless both permit the same.

        Example: testudo policy diff Examples/portal/orders.cedar Examples/portal/readers-may-write.cedar
                 testudo policy diff --schema orders.cedarschema old.cedar new.cedar
        """)

    @Argument(help: "The policies as they are: in JSON if the name ends in .json, else in the human syntax.")
    var old: String

    @Argument(help: "The policies as they are to be.")
    var new: String

    @Option(help: "A Cedar schema, in JSON if its name ends in .json.")
    var schema: String?

    @Option(help: "Without a schema: a contextual attribute that policies may ask for. Repeatable.")
    var attribute: [String] = []

    @Option(help: "How long the solver may think about one question, in seconds.")
    var timeout = 10

    @Option(help: "text or json.")
    var format = DocumentFormat.text

    /// What `--format json` prints.
    struct Document: Encodable {
      struct Witness: Encodable {
        var request: String
        var entities: String
        var old: [String]
        var new: [String]
      }
      var relation: String
      var gained: Witness?
      var lost: Witness?
      var undecided: [String]
    }

    func run() throws {
      let solver = try PolicySolver.require(seconds: timeout)
      let before = try CedarFiles.policies([old])
      let after = try CedarFiles.policies([new])
      let analyzer: PolicyAnalyzer
      if let schema {
        analyzer = PolicyAnalyzer(schema: try CedarFiles.schema(schema), solver: solver)
      } else {
        for file in [old, new] where !CedarFiles.isJSON(file) {
          let sources = try PolicyFiles.read([file])
          let findings = HTTPPolicyCompiler.check(sources, attributes: attribute).map(\.templateFinding)
          guard findings.isEmpty else {
            PolicyFiles.show(findings, texts: [file: sources[0].text], format: format)
            throw ExitCode(1)
          }
        }
        analyzer = PolicyAnalyzer(httpAttributes: attribute, solver: solver)
      }
      let comparison = try PolicySolver.explaining { () throws(SolverFault) in try analyzer.compare(before, after) }
      try show(comparison, names(before), names(after))
      if comparison.relation != .same { throw ExitCode(1) }
    }

    /// The names that policies give themselves, by those that they have in their set.
    private func names(_ set: PolicySet) -> [String: String] {
      Dictionary(set.policies.map { ($0.id, $0.annotation("id")?.string ?? $0.id) }) { first, _ in first }
    }

    private func show(_ comparison: PolicyComparison, _ before: [String: String], _ after: [String: String]) throws {
      let gained = witness(comparison.gained, before, after)
      let lost = witness(comparison.lost, before, after)
      switch format {
      case .json:
        try Console.print(
          json: Document(
            relation: comparison.relation.rawValue, gained: gained, lost: lost,
            undecided: comparison.limitations.map(\.description)))
      case .text:
        print("\(comparison.relation.rawValue): \(Self.sentence(comparison.relation))")
        show(gained, "permitted by \(new) only")
        show(lost, "permitted by \(old) only")
        for limitation in comparison.limitations { print("undecided: \(limitation)") }
      }
    }

    private func show(_ witness: Document.Witness?, _ title: String) {
      guard let witness else { return }
      print("\n\(title):\n\(witness.request)\nwith the entities\n\(witness.entities)")
      print("old: \(witness.old.joined(separator: ", "))\nnew: \(witness.new.joined(separator: ", "))")
    }

    private func witness(
      _ direction: PolicyComparison.Direction, _ before: [String: String], _ after: [String: String]
    ) -> Document.Witness? {
      guard case .proved(let found) = direction else { return nil }
      return Document.Witness(
        request: found.request.json, entities: found.entities.json,
        old: [found.old.decision.rawValue] + found.old.reason.map { before[$0] ?? $0 },
        new: [found.new.decision.rawValue] + found.new.reason.map { after[$0] ?? $0 })
    }

    private static func sentence(_ relation: PolicyRelation) -> String {
      switch relation {
      case .same: "both permit the same requests"
      case .more: "the new policies permit all that the old ones do, and more"
      case .less: "the new policies permit nothing new, and less"
      case .different: "each permits something that the other does not"
      case .unknown: "not everything could be decided"
      }
    }
  }
}

/// The solver that commands use.
enum PolicySolver {
  /// The one that is installed; where there is none, an error that says how to get one.
  static func require(seconds: Int) throws -> Solver {
    guard let solver = Solver.installed(milliseconds: min(max(seconds, 1), 3600) * 1000) else {
      throw Problem(
        type: "urn:testudo:host", title: "No solver", status: 503,
        detail: "neither z3 nor cvc5 is on the PATH, expected one of them: apt-get install z3", kind: .host)
    }
    return solver
  }

  static func explaining<Result>(_ body: () throws(SolverFault) -> Result) throws -> Result {
    do throws(SolverFault) {
      return try body()
    } catch {
      throw Problem(
        type: "urn:testudo:host", title: "The solver failed", status: 503, detail: error.description, kind: .host)
    }
  }
}
