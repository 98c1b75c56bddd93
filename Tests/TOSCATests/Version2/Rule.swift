import Testing

@testable import TOSCA

/// A rule of TOSCA 2.0 with a template that keeps or breaks it.
struct Rule: CustomTestStringConvertible, Sendable {
  /// The rule.
  var testDescription: String
  /// The template, without the line of its version.
  var text: String
  /// The code of the error that breaking it gives; nil where it is kept.
  var code: String?
  /// The code of the warning that it gives.
  var warning: String?

  /// A rule that a template keeps.
  static func keeps(_ rule: String, _ text: String) -> Rule { Rule(testDescription: rule, text: text, code: nil) }

  /// A rule that a template breaks.
  static func breaks(_ code: String, _ rule: String, _ text: String) -> Rule {
    Rule(testDescription: rule, text: text, code: code)
  }

  /// A rule that a template breaks in a way that is let pass, with a warning.
  static func bends(_ warning: String, _ rule: String, _ text: String) -> Rule {
    Rule(testDescription: rule, text: text, warning: warning)
  }

  /// Reads the template, and compares what is found. Breaking a rule gives an error of its code, and few others.
  func check(with prelude: String = "") throws {
    let fixture = try Fixture("tosca_definitions_version: tosca_2_0\n" + prelude + text)
    let findings = fixture.read().findings
    let errors = findings.filter { $0.severity == .error }
    let shown = errors.map { "\($0.place.line):\($0.place.column) \($0.code): \($0.message)" }.joined(separator: "\n")
    if let code {
      #expect(errors.contains { $0.code == code }, "\(shown)")
      #expect(errors.count <= 2, "\(shown)")
    } else {
      #expect(errors.isEmpty, "\(shown)")
    }
    if let warning { #expect(findings.contains { $0.severity == .warning && $0.code == warning }) }
  }
}

/// A 2.0 service template with one node whose property `p` has a value; `schema` is the property's definition.
func property(_ schema: String, _ value: String, _ types: String = "") -> String {
  """
  \(types)
  node_types:
    T: { properties: { p: \(schema) } }
  service_template:
    node_templates:
      n: { type: T, properties: { p: \(value) } }
  """
}
