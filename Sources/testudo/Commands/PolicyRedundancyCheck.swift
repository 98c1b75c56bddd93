import Cedar
import Foundation
import PolicyAnalysis
import PolicyDecision
import TOSCA

/// Policies that do nothing, as warnings at their places.
enum PolicyRedundancyCheck {
  /// For how long solvers are asked about all policies together.
  private static let seconds = 60.0

  /// Exact where a solver is installed; else only the same words twice are found. The policies are without errors.
  static func findings(_ sources: [PolicySource], schema: String?, attributes: [String]) throws -> [Finding] {
    var located: [(policy: Cedar.Policy, file: String)] = []
    for source in sources {
      let policies = PolicySet(source.read().policies).policies
      located += policies.map { ($0, source.file) }
    }
    let policies = located.map(\.policy)
    var remarks = PolicyRemark.duplicates(policies)
    if let solver = Solver.installed(milliseconds: 300) {
      let analyzer =
        try schema.map { PolicyAnalyzer(schema: try CedarFiles.schema($0), solver: solver) }
        ?? PolicyAnalyzer(httpAttributes: attributes, solver: solver)
      let exact = try PolicySolver.explaining { () throws(SolverFault) in
        try analyzer.remarks(policies, within: Self.seconds).remarks
      }
      // What the solver could not decide may still be the same words.
      let known = Set(exact.filter { $0.code != .undecided }.map(\.policy))
      remarks = remarks.filter { !known.contains($0.policy) }
      let same = Set(remarks.map(\.policy))
      remarks = (exact.filter { !same.contains($0.policy) } + remarks).sorted { $0.policy < $1.policy }
    }
    return remarks.map { remark in
      let (policy, file) = located[remark.policy]
      return Finding(
        code: remark.code.rawValue, severity: .warning,
        place: SourceRange(
          file: file, line: policy.range.start.line, column: policy.range.start.column,
          endLine: policy.range.end.line, endColumn: policy.range.end.column),
        message: remark.message { $0 == remark.policy ? "`\(policy.id)`" : name(located[$0], beside: file) })
    }
  }

  /// The name of a policy, with its file where that is another one.
  private static func name(_ located: (policy: Cedar.Policy, file: String), beside file: String) -> String {
    let line = located.policy.range.start.line
    return "`\(located.policy.id)` (" + (located.file == file ? "line \(line)" : "\(located.file):\(line)") + ")"
  }
}
