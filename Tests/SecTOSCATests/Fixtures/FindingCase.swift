import TOSCA
import Testing

@testable import SecTOSCA

/// A topology with one mistake, and the finding that it must lead to.
struct FindingCase: Sendable, CustomTestStringConvertible {
  var mistake: String
  var topology: Topology
  var code: String
  /// The path of the place, as `Literal` names it.
  var place: String
  /// What the message must name.
  var names: [String]
  var suggestion: String?
  var severity: Finding.Severity

  init(
    _ mistake: String, _ topology: Topology, _ code: String, at place: String, names: [String] = [],
    suggestion: String? = nil, severity: Finding.Severity = .error
  ) {
    self.mistake = mistake
    self.topology = topology
    self.code = code
    self.place = place
    self.names = names
    self.suggestion = suggestion
    self.severity = severity
  }

  var testDescription: String { mistake }

  /// Interprets the topology and compares.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    let (service, findings) = Interpreter().interpret(topology)
    guard let finding = findings.first(where: { $0.code == code && $0.place.file == place }) else {
      let found = findings.map { "\($0.code) at \($0.place.file): \($0.message)" }
      Issue.record("\(mistake): no \(code) at \(place), but \(found)", sourceLocation: sourceLocation)
      return
    }
    #expect(finding.severity == severity, sourceLocation: sourceLocation)
    #expect((service == nil) == findings.contains { $0.severity == .error }, sourceLocation: sourceLocation)
    if severity == .error { #expect(service == nil, sourceLocation: sourceLocation) }
    #expect(finding.suggestion == suggestion, sourceLocation: sourceLocation)
    for name in names { #expect(finding.message.contains(name), "\(finding.message)", sourceLocation: sourceLocation) }
    #expect(!finding.message.hasSuffix("."), sourceLocation: sourceLocation)
    if severity == .error { #expect(finding.expected != nil, sourceLocation: sourceLocation) }
    // One mistake, one error: nothing follows from it elsewhere.
    let errors = findings.filter { $0.severity == .error }
    #expect(errors.count == (severity == .error ? 1 : 0), "\(errors.map(\.message))", sourceLocation: sourceLocation)
  }
}
