import Foundation
import TOSCA

/// One topology while it is interpreted: what is known so far, and what was found wrong.
struct Interpretation {
  let topology: Topology
  let files: ServiceFiles
  /// The time that certificates are judged at.
  let now: Date
  var findings: [Finding] = []

  /// The resources that could be read.
  var resources: [Resource] = []
  /// The external services that could be read, by name.
  var externals: [String: ExternalService] = [:]
  /// The names of all nodes that are external services, readable or not.
  var externalNames: Set<String> = []
  /// The names of all nodes that are unikernels, readable or not.
  let unikernels: Set<String>
  /// The requirements that could be read.
  var requirements: [SecurityRequirement] = []
  /// The requirements that could not be read, which other findings say: their names, with the types of their policies and
  /// the resources that they are due to.
  var unreadable: [String: (type: String, targets: [String])] = [:]
  /// The levels, by ascending rank.
  var levels: [SecurityLevel] = []
  /// The entries of each level's `requires`, with their places.
  var requiredNames: [String: [Located<String>]] = [:]
  /// Where each level's `requires` stands.
  var requiresPlaces: [String: SourceRange] = [:]
  /// The triggers that could be read.
  var triggers: [AdaptationTrigger] = []

  init(_ topology: Topology, now: Date) {
    self.topology = topology
    self.now = now
    files = ServiceFiles(root: topology.root)
    unikernels = Set(topology.nodes.lazy.filter { $0.type.derives(from: Vocabulary.Node.unikernel) }.map(\.name))
  }

  /// Whether the template is one of TOSCA 2.0, where conditions are functions.
  var isVersion2: Bool { topology.version == "tosca_2_0" }

  /// The policies of a type and of those derived from it.
  func policies(of type: String) -> [Policy] {
    topology.policies.filter { $0.type.derives(from: type) }
  }

  /// The requirements that some level names.
  var usedRequirements: [SecurityRequirement] {
    let used = Set(levels.flatMap(\.requires))
    return requirements.filter { used.contains($0.name) }
  }

  /// The findings by file and place.
  var sortedFindings: [Finding] {
    findings.enumerated().sorted { one, other in
      let (left, right) = (one.element.place, other.element.place)
      return (left.file, left.line, left.column, one.offset) < (right.file, right.line, right.column, other.offset)
    }.map(\.element)
  }

  /// Notes an error.
  mutating func report(
    _ code: String, at place: SourceRange, _ message: String, expected: String? = nil, suggestion: String? = nil,
    related: [Finding.Related] = []
  ) {
    findings.append(
      Finding(
        code: code, place: place, message: message, expected: expected, suggestion: suggestion, related: related))
  }

  /// Notes a warning.
  mutating func warn(
    _ code: String, at place: SourceRange, _ message: String, expected: String? = nil, related: [Finding.Related] = []
  ) {
    findings.append(
      Finding(code: code, severity: .warning, place: place, message: message, expected: expected, related: related))
  }

  /// Notes that a file cannot be used, and why.
  mutating func report(_ fault: ServiceFiles.Fault, of path: Located<String>, expected: String) {
    let message = fault.message(path: path.value)
    report(
      fault.code, at: path.place, message, expected: expected,
      suggestion: fault == .missing ? files.nearest(to: path.value) : nil)
  }
}

/// Names in a message: `a`, `b` and `c`.
func enumeration(_ names: some Collection<String>, last: String = "and") -> String {
  let quoted = names.map { "`\($0)`" }
  guard quoted.count > 1, let end = quoted.last else { return quoted.first ?? "" }
  return quoted.dropLast().joined(separator: ", ") + " \(last) " + end
}
