import Testing

@testable import TOSCA

@Suite("tolerances")
struct ToleranceTests {
  /// What a tolerance lets pass: a template, and the code of the error that it gives without.
  struct Case: CustomTestStringConvertible, Sendable {
    var tolerance: String
    var code: String
    var text: String

    var testDescription: String { tolerance }
  }

  private static func v1(_ rest: String) -> String { "tosca_definitions_version: tosca_simple_yaml_1_0\n" + rest }
  private static func v3(_ rest: String) -> String { "tosca_definitions_version: tosca_simple_yaml_1_3\n" + rest }
  private static func v20(_ rest: String) -> String { "tosca_definitions_version: tosca_2_0\n" + rest }
  private static func node(_ rest: String) -> String {
    v3("node_types: { N: { properties: { p: { type: integer, constraints: [ { less_than: 9 } ] } } } }\n")
      + "topology_template: { node_templates: { n: { type: N, \(rest) } } }\n"
  }

  static let cases: [Case] = [
    Case(
      tolerance: "missing-artifact-files", code: "missing-file",
      text: v3(
        "topology_template: { node_templates: { n: { type: Compute, artifacts: { a: "
          + "{ type: tosca.artifacts.File, file: x.img } } } } }\n")),
    Case(
      tolerance: "old-booleans", code: "wrong-syntax",
      text: v3("node_types: { N: { properties: { p: { type: string, required: no } } } }\n")),
    Case(tolerance: "empty-sections", code: "wrong-syntax", text: v3("node_types:\n")),
    Case(tolerance: "network-imports", code: "import-network", text: v3("imports: [ https://example.org/t.yaml ]\n")),
    Case(
      tolerance: "network-functions-version", code: "unknown-version",
      text: "tosca_definitions_version: tosca_simple_profile_for_nfv_1_0_0\n"),
    Case(
      tolerance: "version-spellings", code: "unknown-version",
      text: "tosca_definitions_version: tosca_simple_yaml_1_0_0\n"),
    Case(
      tolerance: "other-versions", code: "other-version",
      text: v1("topology_template: { workflows: { w: { steps: {} } } }\n")),
    Case(tolerance: "unknown-keynames", code: "unknown-key", text: v3("node_types: { N: { abstract: true } }\n")),
    Case(
      tolerance: "unknown-types", code: "unknown-type",
      text: v3(
        "node_types: { N: { derived_from: Elsewhere } }\ntopology_template: { node_templates: { n: { type: N, "
          + "properties: { p: 1 }, requirements: [ { r: n } ], capabilities: { c: {} } } } }\n")),
    Case(tolerance: "missing-imports", code: "missing-import", text: v3("imports: [ nothing.yaml ]\n")),
    Case(
      tolerance: "undeclared-properties", code: "unknown-property", text: node("properties: { p: 1, q: 2 }")),
    Case(
      tolerance: "undeclared-requirements", code: "unknown-requirement",
      text: node("properties: { p: 1 }, requirements: [ { r: n } ]")),
    Case(
      tolerance: "undeclared-operations", code: "unknown-interface",
      text: node("properties: { p: 1 }, interfaces: { I: { operations: { go: go.sh } } }")),
    Case(tolerance: "missing-properties", code: "missing-property", text: node("directives: []")),
    Case(
      tolerance: "extra-requirements", code: "too-many-requirements",
      text: v3(
        "topology_template: { node_templates: { c: { type: Compute }, d: { type: DBMS, "
          + "requirements: [ { host: c }, { host: c } ] } } }\n")),
    Case(
      tolerance: "mismatched-targets", code: "wrong-target",
      text: v3(
        "topology_template: { node_templates: { n: { type: network.Network }, d: { type: DBMS, "
          + "requirements: [ { host: n } ] } } }\n")),
    Case(
      tolerance: "dangling-names", code: "unknown-member",
      text: v3("topology_template: { groups: { g: { type: tosca.groups.Root, members: [ nobody ] } } }\n")),
    Case(tolerance: "violated-constraints", code: "constraint-violated", text: node("properties: { p: 9 }")),
    Case(
      tolerance: "free-triggers", code: "unknown-key",
      text: v3(
        "topology_template: { policies: [ { p: { type: tosca.policies.Root, triggers: { t: { metric: cpu } } } } ] }\n")
    ),
    Case(tolerance: "duplicate-keys", code: "duplicate-key", text: node("properties: { p: 1, p: 2 }")),
    Case(
      tolerance: "default-units", code: "wrong-type",
      text: v3(
        "topology_template: { node_templates: { c: { type: Compute, "
          + "capabilities: { host: { properties: { mem_size: 4096 } } } } } }\n")),
    Case(tolerance: "lax-scalars", code: "wrong-type", text: node("properties: { p: \"5\" }")),
    Case(tolerance: "custom-functions", code: "wrong-type", text: node("properties: { p: { double: 4 } }")),
    Case(
      tolerance: "custom-constraints", code: "unknown-constraint",
      text: v3("node_types: { N: { properties: { p: { type: integer, constraints: [ { multiple_of: 4 } ] } } } }\n")),
    Case(
      tolerance: "merged-copies", code: "missing-property",
      text: v3(
        "data_types: { D: { properties: { a: { type: integer }, b: { type: integer } } } }\n"
          + "node_types: { N: { properties: { d: { type: D } } } }\ntopology_template: { node_templates: { "
          + "one: { type: N, properties: { d: { a: 1, b: 2 } } }, two: { copy: one, properties: { d: { a: 3 } } } } }\n"
      )),
    Case(
      tolerance: "unknown-values", code: "unknown-value",
      text: v3("node_types: { N: { properties: { p: { type: string, status: fine } } } }\n")),
    Case(
      tolerance: "missing-keynames", code: "missing-key",
      text: v3("topology_template: { policies: [ { p: { targets: [] } } ] }\n")),
    Case(
      tolerance: "plain-definitions", code: "wrong-syntax",
      text: v3("policy_types: { P: { properties: { name: ping } } }\n")),
    Case(
      tolerance: "requirement-indexes", code: "unknown-property",
      text: v3(
        "relationship_types: { R: { properties: { q: { type: integer } } } }\ncapability_types: { C: {} }\n"
          + "node_types: { N: { properties: { p: { type: integer } }, capabilities: { c: C }, "
          + "requirements: [ { r: { capability: C, relationship: R } } ] } }\ntopology_template: { node_templates: { "
          + "n: { type: N, properties: { p: { get_property: [ SELF, r, 0, q ] } }, "
          + "requirements: [ { r: { node: n, relationship: { properties: { q: 1 } } } } ] } } }\n")),
    Case(
      tolerance: "loose-refinement", code: "incompatible-refinement",
      text: v3(
        "node_types: { A: { properties: { p: { type: string } } }, "
          + "B: { derived_from: A, properties: { p: { type: integer } } } }\n")),
    Case(
      tolerance: "non-normative-types", code: "unknown-type",
      text: v3("topology_template: { node_templates: { w: { type: tosca.nodes.WebServer.Apache } } }\n")),
    Case(
      tolerance: "flat-items", code: "wrong-syntax",
      text: v3(
        "topology_template:\n  node_templates:\n    c: { type: Compute }\n    d:\n      type: DBMS\n"
          + "      requirements:\n        - host:\n          node: c\n")),
  ]

  @Test("what a tolerance lets pass is an error without it, and a warning with it", arguments: cases)
  func one(example: Case) throws {
    let tolerance = try #require(Tolerance.names.first { $0.name == example.tolerance }?.tolerance)
    let fixture = try Fixture(example.text)
    #expect(fixture.read().findings.contains { $0.severity == .error && $0.code == example.code })
    let tolerant = fixture.read(tolerances: tolerance)
    #expect(tolerant.errors == [])
    #expect(
      tolerant.findings.contains {
        $0.message.contains("`\(example.tolerance)`") || $0.code == "tolerated"
      })
    #expect(tolerant.findings.contains { $0.severity == .warning })
    // No other tolerance is needed, and none of the others helps.
    let others = Tolerance.catalogue.map(\.tolerance).filter { $0 != tolerance }.reduce(Tolerance()) { $0.union($1) }
    let helped = fixture.read(tolerances: others.subtracting(Self.overlapping[example.tolerance] ?? []))
    #expect(helped.errors != [], "another tolerance lets it pass")
  }

  /// The tolerances that let the example of another pass as well, because they are about the same slip.
  private static let overlapping: [String: Tolerance] = [
    "free-triggers": [.unknownKeynames],
    "merged-copies": [.missingProperties], "non-normative-types": [.unknownTypes],
    "requirement-indexes": [.undeclaredProperties], "custom-functions": [.laxScalars],
    "old-booleans": [.laxScalars],
  ]

  /// What gives a warning as it stands, which a tolerance silences.
  static let silenced: [Case] = [
    Case(
      tolerance: "former-scalar-units", code: "former-type",
      text: v20("data_types: { D: { properties: { p: { type: scalar-unit.size } } } }\n")),
    Case(
      tolerance: "service-template-in-profile", code: "service-in-profile",
      text: v20("profile: p\nservice_template: { node_templates: {} }\n")),
    Case(
      tolerance: "untyped-collections", code: "untyped-collection",
      text: v20("data_types: { D: { properties: { p: { type: list } } } }\n")),
  ]

  @Test("a form that the standard's makers use is a warning, an error where reading is strict", arguments: silenced)
  func silence(example: Case) throws {
    let tolerance = try #require(Tolerance.names.first { $0.name == example.tolerance }?.tolerance)
    let fixture = try Fixture(example.text)
    #expect(fixture.read().findings.map(\.code) == [example.code])
    #expect(fixture.read().errors == [])
    #expect(fixture.read(tolerances: tolerance).findings == [])
    var strict = TemplateReader(profiles: Fixture.profiles)
    strict.isStrict = true
    #expect(strict.read(fixture.folder + "/service.yaml").hasErrors)
  }

  /// Further forms that a tolerance lets pass, as peers' files have them.
  static let further: [Case] = [
    Case(
      tolerance: "empty-sections", code: "wrong-syntax",
      text: v3(
        "topology_template: { node_templates: { n: { type: Root, interfaces: { Standard: { operations: "
          + "{ start: [] } } } } } }\n")),
    Case(
      tolerance: "empty-sections", code: "wrong-syntax",
      text: v3(
        "topology_template: { substitution_mappings: { node_type: DBMS, requirements: { host: [] } }, "
          + "node_templates: {} }\n")),
    Case(
      tolerance: "other-versions", code: "wrong-syntax",
      text: v3("node_types: { N: { metadata: { list: [ a ], map: { b: c } } } }\n")),
    Case(
      tolerance: "lax-scalars", code: "wrong-syntax",
      text: v3("capability_types: { C: {} }\nnode_types: { N: { capabilities: { c: { type: C, occurrences: 2 } } } }\n")
    ),
    Case(
      tolerance: "flat-items", code: "wrong-syntax",
      text: v3("node_types:\n  N:\n    artifacts:\n      - a: service.yaml\n        type: tosca.artifacts.File\n")),
    Case(
      tolerance: "missing-imports", code: "unknown-repository",
      text: v3("imports: [ { file: a.yaml, repository: nowhere } ]\n")),
  ]

  @Test("further forms that are let pass", arguments: further)
  func more(example: Case) throws {
    let tolerance = try #require(Tolerance.names.first { $0.name == example.tolerance }?.tolerance)
    let fixture = try Fixture(example.text)
    #expect(fixture.read().findings.contains { $0.severity == .error && $0.code == example.code })
    let tolerant = fixture.read(tolerances: tolerance)
    #expect(tolerant.errors == [])
    #expect(tolerant.findings.contains { $0.message.contains("`\(example.tolerance)`") })
  }

  @Test("an imported file without a version has that of its importer where that is tolerated")
  func versionless() throws {
    let fixture = try Fixture([
      "service.yaml": service("imports: [ a.yaml ]\ntopology_template: { node_templates: { n: { type: A } } }\n"),
      "a.yaml": "node_types: { A: { derived_from: tosca.nodes.Root } }\n",
    ])
    #expect(fixture.read().findings("missing-version").count == 1)
    #expect(fixture.read(tolerances: .missingKeynames).errors == [])
    let alone = try Fixture("node_types: {}\n")
    #expect(alone.read(tolerances: .missingKeynames).findings("missing-version").count == 1)
  }

  @Test("files share one namespace where that is tolerated")
  func sharedNamespace() throws {
    let fixture = try Fixture([
      "service.yaml": service("imports: [ a.yaml, b.yaml ]\n"),
      "a.yaml": service("node_types: { A: { derived_from: B } }\n"),
      "b.yaml": service("node_types: { B: { derived_from: tosca.nodes.Root } }\n"),
    ])
    #expect(fixture.read().errors == ["unknown-type 2:34"])
    let tolerant = fixture.read(tolerances: .sharedNamespace)
    #expect(tolerant.errors == [])
    #expect(tolerant.findings("tolerated").count == 1)
  }

  @Test("every tolerance has an example, a name of its own and a summary")
  func complete() {
    let names = Tolerance.catalogue.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(names) == Set((Self.cases + Self.silenced).map(\.tolerance) + ["shared-namespace"]))
    #expect(Tolerance.catalogue.allSatisfy { !$0.summary.isEmpty && !$0.summary.hasSuffix(".") })
    #expect(Set(Tolerance.catalogue.map(\.tolerance)).count == names.count)
  }

  @Test("what peers let pass goes by one name", arguments: Tolerance.peers.indices)
  func peers(index: Int) throws {
    let text = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ https://example.org/types.yaml ]
      topology_template:
        node_templates:
          n: { type: somebody.nodes.Else, properties: { size: 4 }, extra: 1 }

      """
    let fixture = try Fixture(text)
    #expect(fixture.read().hasErrors)
    let others = Tolerance.peers[index].tolerance.union(.networkImports)
    #expect(fixture.read(tolerances: others).errors == [])
  }
}
