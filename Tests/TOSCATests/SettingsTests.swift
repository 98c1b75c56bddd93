import Foundation
import Testing

@testable import TOSCA

@Suite("settings files")
struct SettingsTests {
  private static let sloppy = service(
    "topology_template: { inputs: { i: { type: string, required: yes, default: x } } }\n")

  private func read(_ fixture: Fixture, _ name: String = "service.yaml") -> ReadResult {
    var reader = TemplateReader(profiles: Fixture.profiles)
    reader.usesSettings = true
    return reader.read(fixture.folder + "/" + name)
  }

  @Test("a tolerance of the file beside the template lets pass what it names, with a warning")
  func tolerance() throws {
    let fixture = try Fixture([".testudo.yaml": "tolerate: [ old-booleans ]\n", "service.yaml": Self.sloppy])
    let result = read(fixture)
    #expect(result.errors == [])
    #expect(result.findings("tolerated").count == 1)
    #expect(fixture.read().errors == ["wrong-syntax 2:61"], "without settings")
  }

  @Test("strict makes errors of warnings, and leaves no topology")
  func strict() throws {
    let text = service("topology_template: { inputs: { i: { type: string } } }\n")
    let fixture = try Fixture([".testudo.yaml": "strict: true\n", "service.yaml": text])
    #expect(fixture.read().errors == [])
    let result = read(fixture)
    #expect(result.isStrict)
    #expect(result.errors == ["missing-input 2:32"])
    #expect(result.topology == nil)
  }

  @Test("the file is looked for up to the root of the repository, and not beyond")
  func search() throws {
    let fixture = try Fixture([
      ".testudo.yaml": "strict: true\n", "repository/.git/HEAD": "", "repository/deep/er/service.yaml": Self.sloppy,
    ])
    let template = fixture.folder + "/repository/deep/er/service.yaml"
    #expect(ReadingSettings.file(for: template) == nil)
    let settings = fixture.folder + "/repository/.testudo.yaml"
    try Data("strict: true\n".utf8).write(to: URL(fileURLWithPath: settings))
    let found = try #require(ReadingSettings.file(for: template))
    #expect(FileAccess.realPath(found) == FileAccess.realPath(settings))
    #expect(read(fixture, "repository/deep/er").isStrict)
  }

  @Test("without a repository, only the template's folder counts")
  func noRepository() throws {
    let fixture = try Fixture([".testudo.yaml": "strict: true\n", "deep/service.yaml": Self.sloppy])
    #expect(!read(fixture, "deep").isStrict)
  }

  @Test(
    "mistakes in it are findings with their places",
    arguments: [
      ("tolerate: [ old-boolean ]", "unknown-tolerance 1:13", "old-booleans"),
      ("tolerate: old-booleans", "wrong-syntax 1:11", nil), ("strict: maybe", "wrong-syntax 1:9", nil),
      ("stict: true", "unknown-key 1:1", "strict"), ("import_folders: [ nowhere ]", "wrong-folder 1:19", nil),
      ("import_folders: [ ../.. ]", "wrong-folder 1:19", nil), ("- a", "wrong-syntax 1:1", nil),
      ("{", "not-yaml 2:1", nil),
    ] as [(String, String, String?)])
  func mistakes(text: String, error: String, suggestion: String?) throws {
    let fixture = try Fixture([
      ".testudo.yaml": text + "\n",
      "service.yaml": service("topology_template: {}\n"),
    ])
    let result = read(fixture)
    #expect(result.errors == [error])
    #expect(result.findings.first?.place.file.hasSuffix(".testudo.yaml") == true)
    #expect(result.findings.first?.suggestion == suggestion)
  }

  @Test("imports may come from the folders that it names")
  func folders() throws {
    let fixture = try Fixture([
      ".git/HEAD": "", ".testudo.yaml": "import_folders: [ types ]\n",
      "types/a.yaml": service("node_types: { A: { derived_from: tosca.nodes.Root } }\n"),
      "one/service.yaml": service(
        "imports: [ ../types/a.yaml ]\ntopology_template: { node_templates: { a: { type: A } } }\n"),
    ])
    #expect(read(fixture, "one").errors == [])
    #expect(fixture.read("one").errors.first == "import-outside 2:12")
  }

  @Test("names of tolerances are checked, with a suggestion")
  func names() {
    #expect(Tolerance(name: "old-booleans") == .oldBooleans)
    #expect(Tolerance(name: "old-boolean") == nil)
    #expect(Tolerance.nearest(to: "old-boolean") == "old-booleans")
    for (name, tolerance) in Tolerance.names { #expect(Tolerance.expectation.contains("`\(name)`") && tolerance != []) }
  }
}
