import Foundation
import Testing

@testable import TOSCA

@Suite("the part of the profile that a template needs")
struct ProfileSelectionTests {
  private static let versions = [
    "tosca_simple_yaml_1_0", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_2", "tosca_simple_yaml_1_3",
  ]

  private func texts(of version: String) throws -> [ProfileText] {
    let name = try #require(TOSCAVersion(rawValue: version)?.implicitProfile)
    let path = Fixture.profiles + "/" + name + "/profile.yaml"
    let index = ProfileIndex.index(of: [path], limit: 1 << 20)
    return try #require(index, "a file of \(name) has an unusual layout").files.map(\.text)
  }

  @Test("each type of the profile can be used with what is read for it", arguments: versions)
  func eachType(version: String) throws {
    let declarations = try texts(of: version).flatMap(\.declarations)
    #expect(declarations.count > 50)
    for declaration in declarations {
      let fixture = try Fixture(
        """
        tosca_definitions_version: \(version)
        \(declaration.kind.section):
          my.Type:
            derived_from: \(declaration.name)
        topology_template: { node_templates: { n: { type: tosca.nodes.Root } } }
        """)
      var reader = TemplateReader(profiles: Fixture.profiles)
      reader.profileReading = .part
      let part = reader.read(fixture.folder)
      reader.profileReading = .whole
      let whole = reader.read(fixture.folder)
      #expect(part.findings == whole.findings, "\(declaration.name)")
      #expect(part.topology == whole.topology, "\(declaration.name)")
      #expect(part.files.sorted() == whole.files.sorted())
      // The second time nothing of the profile is read again.
      reader.profileReading = .part
      let again = reader.read(fixture.folder)
      #expect(again.findings == part.findings && again.topology == part.topology && again.files == part.files)
      #expect(again.sources == whole.sources)
    }
  }

  @Test("values that come from the profile have the same places")
  func places() throws {
    let fixture = try Fixture(
      service(
        """
        topology_template:
          node_templates:
            server: { type: Compute }
            volume: { type: tosca:BlockStorage, properties: { size: 1 GB } }
        """))
    var reader = TemplateReader(profiles: Fixture.profiles)
    reader.profileReading = .part
    let part = reader.read(fixture.folder)
    reader.profileReading = .whole
    let whole = reader.read(fixture.folder)
    #expect(part.topology != nil)
    #expect(part.findings == whole.findings)
    #expect(part.topology == whole.topology)
  }

  @Test("files of others are read the same, with what they need and with the whole profile")
  func corpus() throws {
    let corpus = Fixture.repository.deletingLastPathComponent().appendingPathComponent("shared/corpus/tosca")
      .resolvingSymlinksInPath().path
    let reader = TemplateReader(profiles: Fixture.profiles, importFolders: [corpus])
    var whole = reader
    whole.profileReading = .whole
    for name in FileManager.default.enumerator(atPath: corpus)?.compactMap({ $0 as? String }).sorted() ?? []
    where name.hasSuffix(".yaml") {
      let one = reader.read(corpus + "/" + name)
      let other = whole.read(corpus + "/" + name)
      #expect(one.findings == other.findings, "\(name)")
      #expect(one.topology == other.topology, "\(name)")
    }
  }

  @Test("where something is wrong, suggestions come from the whole profile")
  func suggestions() throws {
    let fixture = try Fixture(service("topology_template: { node_templates: { n: { type: tosca.nodes.Databas } } }\n"))
    let finding = try #require(fixture.read().findings.first)
    #expect(finding.code == "unknown-type")
    #expect(finding.suggestion == "tosca.nodes.Database")
  }

  @Test("declarations are found by their lines")
  func declarations() throws {
    let text = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      # A remark.
      imports:
        - data.yaml

      node_types:
        # Not part of a type.
        a.A:
          derived_from: a.B

          description: >-
            More, a.C.
        a.B:
          capabilities: { c: { type: a.D } }
      """
    let profile = try #require(ProfileText(Array(text.utf8)))
    #expect(profile.imports == ["data.yaml"])
    #expect(profile.declarations.map(\.name) == ["a.A", "a.B"])
    #expect(profile.declarations.map(\.line) == [7, 12])
    var words: [String] = []
    profile.words(of: profile.declarations[0]) { words.append($0) }
    #expect(words == ["a.A", "a.B", "a.C."])
    let part = profile.keeping { $0.name == "a.B" }
    #expect(
      String(decoding: part.bytes, as: UTF8.self)
        == text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .filter { !(7..<12).contains($0.offset) }.map(\.element).joined(separator: "\n"))
    #expect(part.lines == [0, 1, 2, 3, 4, 5, 6, 12, 13])
    #expect(String(decoding: profile.keeping { _ in false }.bytes, as: UTF8.self).contains("node_types") == false)
  }

  @Test(
    "a file of another layout is read whole",
    arguments: [
      "node_types:\n  a: &x\n    derived_from: b\n", "node_types:\n  a: {}\n", "node_types: {\n  a: {} }\n---\n",
      "node_types:\n\ta:\n", "node_types:\n  <<: *a\n", "imports:\n  - file: a.yaml\n",
    ])
  func otherLayouts(text: String) {
    #expect(ProfileText(Array(text.utf8)) == nil)
  }
}
