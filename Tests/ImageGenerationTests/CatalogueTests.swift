import Foundation
import ImageGeneration
import Testing

@Suite("The catalogue")
struct CatalogueTests {
  @Test("the project's own manifests are read, one for each module, under its name")
  func ownCatalogue() throws {
    let catalogue = try Portal.catalogue()
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(Portal.root)/Unikernel/Modules")
    #expect(files.sorted() == catalogue.modules.map { "\($0.name).json" }.sorted())
    #expect(catalogue.module("bearssl")?.version == "0.6")
    #expect(catalogue.module("firewall")?.provides == ["filtering"])
  }

  @Test("whatever a module of the project requires, another one provides")
  func ownCatalogueIsClosed() throws {
    let modules = try Portal.catalogue().modules
    let provided = Set(modules.flatMap(\.capabilities))
    for module in modules {
      for capability in module.requires {
        #expect(provided.contains(capability), "\(module.name) requires \(capability)")
      }
    }
  }

  static let sound = """
    {"name": "filter", "version": "1.0.0", "summary": "Filters.", "kind": "mechanism", "archives": ["Filter"],
     "provides": [], "requires": [], "conflicts": [],
     "parameters": [{"name": "flows", "stage": "run", "required": true, "shape": "list of text", "summary": "Flows."}]}
    """

  @Test(
    "a mistake in a manifest is reported with its place and what was expected",
    arguments: [
      (
        #""kind": "mechanism""#, #""kind": "gadget""#, "kind",
        "`platform`, `support`, `feature`, `mechanism` or `application`"
      ),
      (#""stage": "run""#, #""stage": "later""#, "parameters[0].stage", "`build`, `boot` or `run`"),
      (#""required": true"#, #""required": 1"#, "parameters[0].required", "`true` or `false`"),
      (#""shape": "list of text""#, #""shape": "list""#, "parameters[0].shape", "a shape such as"),
      (#""version": "1.0.0""#, #""version": 1"#, "version", "a version such as `1.0.0`"),
      (#""archives": ["Filter"]"#, #""archives": ["../Filter"]"#, "archives[0]", "a name of letters"),
      (#""archives": ["Filter"]"#, #""archives": "Filter""#, "archives", "a list of names"),
      (#""provides": []"#, #""provide": []"#, "provide", "one of `archives`"),
      (#""requires": []"#, #""requires": ["a", "a"]"#, "requires[1]", "each name once"),
      (#""name": "filter""#, #""name": """#, "name", "a name of letters"),
    ])
  func mistakes(text: String, replacement: String, field: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      CatalogueTests.sound.replacingOccurrences(of: text, with: replacement), to: "filter.json")
    let fault = try #require(throws: CatalogueFault.self) { try Catalogue(folder: folder.path) }
    let problem = try #require(fault.problems.first { $0.field == field })
    #expect(problem.file == file)
    #expect(problem.expected.hasPrefix(expected))
  }

  @Test("all mistakes of all manifests are reported at once")
  func allMistakes() throws {
    let folder = try TemporaryFolder()
    try folder.write("[]", to: "one.json")
    try folder.write("{", to: "two.json")
    try folder.write(CatalogueTests.sound, to: "three.json")
    try folder.write(CatalogueTests.sound, to: "four.json")
    try folder.write("not a manifest", to: "README.md")
    let fault = try #require(throws: CatalogueFault.self) { try Catalogue(folder: folder.path) }
    #expect(
      fault.problems.map(\.message) == [
        "this is no JSON object", "`filter 1.0.0` stands in `four.json` too", "this is no JSON",
      ])
  }

  @Test("a folder that is missing or has no manifest is refused")
  func missingFolder() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CatalogueFault.self) { try Catalogue(folder: folder.path) }
    let fault = try #require(throws: CatalogueFault.self) { try Catalogue(folder: "\(folder.path)/nowhere") }
    #expect(
      fault.description == "\(folder.path)/nowhere: this folder cannot be read, expected a folder of module manifests")
  }

  @Test("sizes of archives are taken from the library that the manifests are part of")
  func archiveSizes() throws {
    let folder = try TemporaryFolder()
    try folder.write(CatalogueTests.sound, to: "modules/filter.json")
    try folder.write("12345", to: "archives/Filter.a")
    #expect(try Catalogue(folder: "\(folder.path)/modules").archiveBytes == ["Filter": 5])
  }

  @Test("versions are ordered by their numbers", arguments: [("1.9.0", "1.10.0"), ("0.6", "1.0"), ("1.0", "1.0.1")])
  func versions(older: String, newer: String) {
    #expect(ModuleVersion(name: "m", version: older) < ModuleVersion(name: "m", version: newer))
    #expect(!(ModuleVersion(name: "m", version: newer) < ModuleVersion(name: "m", version: older)))
  }
}
