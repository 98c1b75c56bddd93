import Foundation
import Testing

@testable import TOSCA

@Suite("the reader")
struct ReaderTests {
  private static let minimal = service("topology_template: { node_templates: { n: { type: tosca.nodes.Root } } }\n")

  private static let metadata = "TOSCA-Meta-File-Version: 1.1\nCSAR-Version: 1.1\nCreated-By: somebody\n"

  @Test("a folder is read by what TOSCA.meta names, by service.yaml, or by its only file")
  func folders() throws {
    let named = try Fixture([
      "TOSCA-Metadata/TOSCA.meta": Self.metadata + "Entry-Definitions: defs/main.yaml\n",
      "defs/main.yaml": Self.minimal, "service.yaml": "nonsense",
    ])
    #expect(named.read("").findings.map(\.message) == [])
    let usual = try Fixture(["service.yaml": Self.minimal, "other.yaml": "nonsense"])
    #expect(usual.read("").topology?.nodes.count == 1)
    let only = try Fixture(["x.yml": Self.minimal, "readme.md": ""])
    #expect(only.read("").topology?.root == only.folder)
    let several = try Fixture(["a.yaml": Self.minimal, "b.yaml": Self.minimal])
    #expect(several.read("").findings.map(\.code) == ["no-template"])
    let none = try Fixture(["readme.md": ""])
    #expect(none.read("").findings.map(\.code) == ["no-template"])
    let lost = try Fixture(["TOSCA.meta": Self.metadata + "Entry-Definitions: ../x.yaml\n"])
    #expect(lost.read("").findings.map(\.code) == ["missing-file"])
  }

  @Test("a path that does not exist gets a suggestion")
  func missing() throws {
    let fixture = try Fixture(Self.minimal)
    let finding = try #require(fixture.read("servce.yaml").findings.first)
    #expect(finding.code == "missing-file")
    #expect(finding.suggestion == "service.yaml")
  }

  @Test(
    "a file that is no template says what it is instead",
    arguments: [
      ("", "empty-file"), ("# nothing\n", "empty-file"), ("hello", "not-tosca"), ("- a\n", "not-tosca"),
      ("a: b: c\n", "not-yaml"), ("\tx: 1\n", "not-yaml"), ("PK\u{3}\u{4}xyz", "damaged-archive"),
      ("node_types: {}\n", "missing-version"), ("tosca_definition_version: x\n", "missing-version"),
      ("tosca_definitions_version: tosca_simple_yaml_1_4\n", "unknown-version"),
      ("tosca_definitions_version: [1]\n", "unknown-version"),
      ("\u{0}\u{1}\u{2}", "not-yaml"),
    ])
  func noTemplate(text: String, code: String) throws {
    let result = try Fixture(text).read()
    #expect(result.findings.map(\.code) == [code])
    #expect(result.topology == nil)
  }

  @Test("a file of more than the allowed size is not read")
  func size() throws {
    #expect(try Fixture(Self.minimal).read(limits: Limits(fileBytes: 50)).findings.map(\.code) == ["unreadable-file"])
  }

  @Test("imports lead to files of the folder and to profiles, and nowhere else")
  func imports() throws {
    let outside = try Fixture(["x.yaml": service("node_types: { Outer: {} }\n")])
    let fixture = try Fixture([
      "service.yaml": service(
        """
        imports:
          - types/a.yaml
          - { file: types/b.yaml, namespace_prefix: b }
          - 1️⃣\(outside.folder)/x.yaml
          - 2️⃣https://example.org/x.yaml
          - 3️⃣typs/a.yaml
          - { file: a.yaml, repository: 4️⃣nowhere }
          - 5️⃣link.yaml
          - 8️⃣../../nowhere/x.yaml
          - 6️⃣no/such/profile
        topology_template:
          node_templates:
            one: { type: A }
            two: { type: b:B }
            three: { type: b:c:C }
            four: { type: 7️⃣B }
        """),
      "types/a.yaml": service("node_types: { A: { derived_from: tosca.nodes.Root } }\n"),
      "types/b.yaml": service(
        "imports: [ { file: c.yaml, namespace_prefix: c } ]\nnode_types: { B: { derived_from: c:C } }\n"),
      "types/c.yaml": service("node_types: { C: { derived_from: tosca.nodes.Root } }\n"),
    ])
    try FileManager.default.createSymbolicLink(
      atPath: fixture.folder + "/link.yaml", withDestinationPath: outside.folder + "/x.yaml")
    let result = fixture.read()
    let expected: [(Character, String)] = [
      ("1️⃣", "import-outside"), ("2️⃣", "import-network"), ("3️⃣", "missing-import"), ("4️⃣", "unknown-repository"),
      ("5️⃣", "import-outside"), ("8️⃣", "import-outside"), ("6️⃣", "unknown-profile"), ("7️⃣", "unknown-type"),
    ]
    #expect(result.findings.map(\.code) == expected.map(\.1))
    for (finding, (marker, _)) in zip(result.findings, expected) {
      #expect(finding.place.line == fixture.markers[marker]?.line)
      #expect(finding.place.column == fixture.markers[marker]?.column)
    }
  }

  @Test("files may import each other, and files are bounded")
  func importCycle() throws {
    var files = [
      "service.yaml": service("imports: [ a.yaml ]\ntopology_template: { node_templates: { n: { type: B } } }\n"),
      "a.yaml": service("imports: [ b.yaml ]\nnode_types: { A: {} }\n"),
      "b.yaml": service("imports: [ a.yaml ]\nnode_types: { B: { derived_from: A } }\n"),
    ]
    let result = try Fixture(files).read()
    #expect(result.findings.map(\.code) == ["import-cycle"])
    #expect(result.topology?.nodes.first?.type.ancestors == ["A"])
    for index in 0..<30 { files["x\(index).yaml"] = service("imports: [ x\(index + 1).yaml ]\n") }
    files["service.yaml"] = service("imports: [ x0.yaml ]\n")
    #expect(try Fixture(files).read(limits: Limits(files: 10)).findings.contains { $0.code == "too-many-files" })
  }

  @Test("the files read are named, for snapshots")
  func files() throws {
    let fixture = try Fixture(Sketch.files)
    let profiles = try Sketch.profiles()
    let result = fixture.read(
      inputs: ["credentials": "@\(fixture.folder)/credentials.yaml"], profiles: profiles.folder)
    for name in ["service.yaml", "types/local.yaml", "credentials.yaml"] {
      #expect(result.files.contains(fixture.folder + "/" + name))
    }
    #expect(result.files.contains(profiles.folder + "/sectosca/1.0/profile.yaml"))
    #expect(result.sources[fixture.folder + "/credentials.yaml"] == nil)
    #expect(result.sources[fixture.folder + "/service.yaml"] != nil)
  }

  @Test(
    "the profiles of the product have no mistakes",
    arguments: [
      "tosca/simple/1.0/profile", "tosca/simple/1.1/profile", "tosca/simple/1.2/profile", "tosca/simple/1.3/profile",
      "tosca/simple/1.0/non-normative", "tosca/simple/1.3/non-normative",
    ])
  func profiles(name: String) {
    let reader = TemplateReader(profiles: Fixture.profiles, importFolders: [Fixture.profiles])
    let result = reader.read(Fixture.profiles + "/" + name + ".yaml")
    #expect(result.findings.map(\.message) == [])
    for kind in ["data", "node", "capability"] where name.hasSuffix("1.3/profile") {
      #expect(result.sources.keys.contains { $0.hasSuffix("/\(kind).yaml") })
    }
  }

  @Test("a normative type goes by its full, its qualified and its short name")
  func shortNames() throws {
    let fixture = try Fixture(
      service(
        """
        topology_template:
          node_templates:
            a: { type: tosca.nodes.Compute }
            b: { type: tosca:Compute }
            c: { type: Compute }
            d: { type: BlockStorage }
        """))
    let names = fixture.read().topology?.nodes.map(\.type.name)
    #expect(
      names == [
        "tosca.nodes.Compute", "tosca.nodes.Compute", "tosca.nodes.Compute", "tosca.nodes.Storage.BlockStorage",
      ])
  }
}
