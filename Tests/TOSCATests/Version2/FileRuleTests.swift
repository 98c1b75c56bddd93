import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: files (5 and 6)")
struct FileRuleTests {
  @Test(
    "what the standard says of files",
    arguments: [
      .keeps("a file needs nothing but its version (6.1)", ""),
      .breaks("unknown-key", "no other keynames (6.1)", "profiles: p\n"),
      .breaks("unknown-key", "the keynames of 1.3 are gone (6.1)", "topology_template: {}\n"),
      .keeps("metadata is any YAML (5.3.1)", "metadata: { a: 1, b: [ x ], c: { d: null }, e: true }\n"),
      .breaks("wrong-syntax", "metadata is a map (5.3.1)", "metadata: [ a ]\n"),
      .breaks("wrong-syntax", "a description is a string (5.3.2)", "description: [ a ]\n"),
      .breaks("wrong-syntax", "a description is not nothing (5.3.2)", "description:\n"),
      .breaks("wrong-syntax", "a description is not a number (5.3.2)", "description: 5\n"),
      .keeps(
        "every entity has a description and metadata (5.3)",
        """
        capability_types: { C: {} }
        node_types: { T: { capabilities: { c: C } } }
        service_template:
          node_templates:
            n:
              type: T
              capabilities: { c: { description: some, metadata: { a: 1 } } }
        """),
      .breaks(
        "wrong-syntax", "a description is a string everywhere (5.3)",
        """
        capability_types: { C: {} }
        node_types: { T: { capabilities: { c: C } } }
        service_template: { node_templates: { n: { type: T, capabilities: { c: { description: 5 } } } } }
        """),
      .keeps("definitions have anchors (6.3)", "dsl_definitions: { a: &a { b: 1 }, c: &c 5 }\n"),
      .breaks("wrong-syntax", "a definition without an anchor is none (6.3)", "dsl_definitions:\n  a: 5\n"),
      .breaks("wrong-syntax", "a definition is not nothing (6.3)", "dsl_definitions:\n  a:\n"),
      .breaks("wrong-syntax", "definitions are a map (6.3)", "dsl_definitions: [ a ]\n"),
      .keeps(
        "types have common keynames (6.4.1)",
        "node_types:\n  A: { version: '1.0', metadata: { a: 1 }, description: some }\n  B: { derived_from: A }\n"),
      .breaks("wrong-syntax", "a version is quoted (9.1.2.3)", "node_types: { A: { version: 1.0 } }\n"),
      .breaks("wrong-syntax", "a version has a form (9.1.2.3)", "node_types: { A: { version: '1..0' } }\n"),
      .breaks("unknown-type", "a parent exists (6.4.1)", "node_types: { A: { derived_from: B } }\n"),
      .breaks(
        "unknown-type", "a parent is of the same kind (6.4.2)",
        "group_types: { G: {} }\nnode_types: { A: { derived_from: G } }\n"),
      .breaks(
        "type-cycle", "types do not derive from themselves (6.4.2)",
        "node_types: { A: { derived_from: B }, B: { derived_from: A } }\n"),
      .breaks("wrong-syntax", "types are a map (6.4.3)", "node_types: [ A ]\n"),
      .breaks("wrong-syntax", "types are not nothing (6.4.3)", "node_types:\n"),
      .breaks("wrong-syntax", "a type is not nothing (6.4.3)", "node_types: { A: }\n"),
      .breaks("wrong-syntax", "a type has a name (6.4.3)", "node_types: { '': {} }\n"),
      .keeps(
        "a repository has an address (6.5)",
        "repositories: { a: 'https://a.example/', b: { url: 'https://b.example/', description: b } }\n"),
      .breaks("missing-key", "the address is mandatory (6.5)", "repositories: { a: { description: b } }\n"),
      .breaks("wrong-syntax", "the address is a string (6.5)", "repositories: { a: { url: 5 } }\n"),
      .breaks("wrong-syntax", "repositories are a map (6.5)", "repositories: [ a ]\n"),
      .breaks("wrong-syntax", "a profile's name is a string (6.7.1)", "profile: [ a ]\n"),
      .bends(
        "service-in-profile", "a profile has no service template (6.7.1)",
        "profile: p\nservice_template: { node_templates: {} }\n"),
      .breaks("missing-key", "an import has a URL or a profile (6.8.1)", "imports: [ { namespace: a } ]\n"),
      .breaks("wrong-syntax", "imports are a list (6.8.1)", "imports: { url: a.yaml }\n"),
      .breaks("missing-import", "an imported file is there (6.8.2.2)", "imports: [ missing.yaml ]\n"),
      .breaks("unknown-profile", "an imported profile is known (6.8.2.1)", "imports: [ { profile: missing } ]\n"),
      .breaks("missing-key", "node templates are mandatory (6.9.1)", "service_template: {}\n"),
      .breaks(
        "unknown-key", "a service template has no other keynames (6.9.1)",
        "service_template: { node_templates: {}, substitution_mapping: {} }\n"),
      .breaks(
        "wrong-syntax", "policies are a list (6.9.1)",
        "policy_types: { P: {} }\nservice_template: { node_templates: {}, policies: { p: { type: P } } }\n"),
      .breaks(
        "duplicate-name", "policies have different names (6.9.1)",
        "policy_types: { P: {} }\n"
          + "service_template: { node_templates: {}, policies: [ { p: { type: P } }, { p: { type: P } } ] }\n"),
      .breaks(
        "duplicate-key", "templates have different names (6.9.1)",
        "node_types: { T: {} }\nservice_template: { node_templates: { n: { type: T }, n: { type: T } } }\n"),
    ] as [Rule])
  func files(rule: Rule) throws { try rule.check() }

  @Test("names of imported files lie in nested namespaces (6.8.4)")
  func namespaces() throws {
    let fixture = try Fixture([
      "service.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ { url: my.yaml, namespace: my } ]
      service_template: { node_templates: { a: { type: my:Own }, b: { type: my:k8s:Pod } } }
      """,
      "my.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ { url: k8s.yaml, namespace: k8s } ]
      node_types: { Own: { derived_from: k8s:Pod } }
      """,
      "k8s.yaml": "tosca_definitions_version: tosca_2_0\nnode_types: { Pod: {} }\n",
    ])
    #expect(fixture.read().findings.map(\.message) == [])
  }

  @Test(
    "names are unique in each namespace (6.8.4)",
    arguments: ["node_types: { A: {} }", "functions: { a: { signatures: [ {} ] } }"])
  func duplicates(section: String) throws {
    let text = "tosca_definitions_version: tosca_2_0\n" + section + "\n"
    let fixture = try Fixture(["service.yaml": text + "imports: [ other.yaml ]\n", "other.yaml": text])
    #expect(fixture.read().findings.map(\.code) == ["duplicate-name"])
    let apart = try Fixture([
      "service.yaml": text + "imports: [ { url: other.yaml, namespace: o } ]\n", "other.yaml": text,
    ])
    #expect(apart.read().findings.map(\.message) == [])
  }
}

@Suite("TOSCA 2.0: profiles beside a template (6.7)")
struct BundledProfileTests {
  private static let base = "tosca_definitions_version: tosca_2_0\nprofile: org.base:v1\nnode_types: { T: {} }\n"

  @Test("a file of the template's folder is imported by the profile that it declares")
  func found() throws {
    let fixture = try Fixture([
      "service.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ { profile: 'org.base:v1', namespace: b } ]
      service_template: { node_templates: { n: { type: b:T } } }
      """,
      "profiles/base.yaml": Self.base,
    ])
    #expect(fixture.read().findings.map(\.message) == [])
  }

  @Test("another name is not found, and the near one suggested")
  func missing() throws {
    let fixture = try Fixture([
      "service.yaml": """
      tosca_definitions_version: tosca_2_0
      imports: [ { profile: 'org.base:v2' } ]
      """,
      "base.yaml": Self.base,
    ])
    #expect(fixture.read().findings.map(\.code) == ["unknown-profile"])
    #expect(fixture.read().findings.first?.suggestion == "org.base:v1")
  }

  @Test("types of two versions of a profile are different types (6.7.3)")
  func versions() throws {
    let types = "capability_types: { Host: {} }\nrelationship_types: { On: { valid_capability_types: [ Host ] } }\n"
    let version = "tosca_definitions_version: tosca_2_0\n"
    let fixture = try Fixture([
      "service.yaml": version + """
        imports: [ { profile: 'base:2', namespace: b }, { profile: platform, namespace: p } ]
        node_types: { S: { requirements: [ { host: { capability: b:Host, relationship: b:On } } ] } }
        service_template: { node_templates: { s: { type: S, requirements: [ { host: p } ] }, p: { type: p:Platform } } }
        """,
      "base1.yaml": version + "profile: base:1\n" + types, "base2.yaml": version + "profile: base:2\n" + types,
      "platform.yaml": version + """
        profile: platform
        imports: [ { profile: 'base:1', namespace: b } ]
        node_types: { Platform: { capabilities: { host: b:Host } } }
        """,
    ])
    #expect(fixture.read().findings.map(\.code) == ["wrong-target"])
  }
}
