import Testing

@testable import TOSCA

@Suite("the index of names and places")
struct IndexTests {
  private static let text = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    node_types:
      Server:
        derived_from: tosca.nodes.Root
        description: Where applications run
        capabilities: { room: tosca.capabilities.Node }
      App:
        derived_from: tosca.nodes.Root
        properties:
          port: { type: integer, default: 1 }
        requirements:
          - place: { capability: tosca.capabilities.Node, node: Server }
    topology_template:
      inputs:
        number: { type: integer, default: 2 }
      node_templates:
        s: { type: Server }
        a:
          type: App
          properties: { port: { get_input: number } }
          requirements:
            - place: s
      groups: { g: { type: tosca.groups.Root, members: [ a, s ] } }
      policies:
        - p: { type: tosca.policies.Root, targets: [ g ] }

    """

  private func index(_ text: String, marker: String? = nil) throws -> ReadingIndex {
    let fixture = try Fixture(text)
    var reader = TemplateReader(profiles: Fixture.profiles)
    reader.isIndexing = true
    reader.completionMarker = marker
    return try #require(reader.read(fixture.folder).index)
  }

  @Test("a reading has no index unless one is asked for")
  func off() throws {
    #expect(try Fixture(Self.text).read().index == nil)
  }

  @Test(
    "each use of a name leads to its declaration",
    arguments: [
      ("nodeType", 12, 61, 3), ("nodeType", 17, 16, 3), ("nodeType", 19, 13, 7), ("property", 20, 21, 10),
      ("input", 20, 40, 15), ("nodeTemplate", 22, 18, 17), ("requirement", 22, 11, 12), ("nodeTemplate", 23, 54, 18),
      ("group", 25, 50, 23),
    ])
  func references(kind: String, line: Int, column: Int, target: Int) throws {
    let index = try index(Self.text)
    let found = index.references.first { $0.place.line == line && $0.place.column == column }
    #expect(found?.kind.rawValue == kind, "\(index.references.filter { $0.place.line == line })")
    #expect(found?.target?.line == target)
    #expect(found?.target.flatMap { index.declaration(named: $0) } != nil)
  }

  @Test("declarations have descriptions and types")
  func declarations() throws {
    let own = try index(Self.text).declarations.filter { $0.place.file.hasSuffix("service.yaml") }
    let server = try #require(own.first { $0.name == "Server" })
    #expect(server.kind == .nodeType && server.description == "Where applications run")
    #expect(server.type == "tosca.nodes.Root")
    #expect((server.extent.line, server.extent.endLine) == (3, 6))
    let names = own.map(\.name)
    #expect(names == ["Server", "room", "App", "port", "place", "number", "s", "a", "g", "p"])
  }

  @Test(
    "where something is to be completed, the names that would be right are known",
    arguments: [
      ("s: { type: Server }", "s: { type: 💠 }", "nodeType", "App"),
      ("- place: s", "- place: 💠", "nodeTemplate", "s"), ("- place: s", "- 💠: s", "requirement", "place"),
      ("{ port: {", "{ 💠: {", "property", "port"), ("get_input: number", "get_input: 💠", "input", "number"),
      ("get_input: number", "💠: number", "function", "get_property"),
      ("targets: [ g ]", "targets: [ 💠 ]", "group", "g"), ("targets: [ g ]", "targets: [ 💠 ]", "nodeTemplate", "a"),
      ("members: [ a, s ]", "members: [ a, 💠 ]", "nodeTemplate", "s"),
      ("port: { type: integer", "port: { type: 💠", "dataType", "string"),
      ("derived_from: tosca.nodes.Root", "derived_from: 💠", "nodeType", "tosca.nodes.Root"),
    ])
  func candidates(what: String, marked: String, kind: String, name: String) throws {
    let text = Self.text.replacing(what, with: marked.replacing("💠", with: "qq"), maxReplacements: 1)
    let candidates = try index(text, marker: "qq").candidates
    #expect(candidates.contains { $0.kind.rawValue == kind && $0.name == name }, "\(candidates.map(\.name))")
  }

  @Test("only names of the right kind are offered")
  func onlyRight() throws {
    let text = Self.text.replacing("s: { type: Server }", with: "s: { type: qq }")
    #expect(try index(text, marker: "qq").candidates.allSatisfy { $0.kind == .nodeType })
  }

  @Test("where a keyname is to be completed, those that are not there yet are known")
  func keynames() throws {
    let text = Self.text.replacing("s: { type: Server }", with: "s: { type: Server, qq: }")
    let keynames = try #require(try index(text, marker: "qq").keynames)
    #expect(keynames.kind == "node template")
    #expect(keynames.names.contains("requirements") && !keynames.names.contains("type"))
  }

  @Test("texts stand for files that are not saved yet, or not there at all")
  func overlay() throws {
    let fixture = try Fixture(["service.yaml": "nothing", "types.yaml": "neither"])
    var reader = TemplateReader(profiles: Fixture.profiles)
    reader.overlay[fixture.folder + "/service.yaml"] = service(
      "imports: [ types.yaml, new.yaml ]\ntopology_template: { node_templates: { a: { type: A }, b: { type: B } } }\n")
    for (file, type) in [("types", "A"), ("new", "B")] {
      reader.overlay[fixture.folder + "/\(file).yaml"] = service("node_types: { \(type): {} }\n")
    }
    #expect(reader.read(fixture.folder + "/service.yaml").errors == [])
    reader.overlay[fixture.folder + "/other.yaml"] = service("node_types: { A: { derived_from: A } }\n")
    #expect(reader.read(fixture.folder + "/other.yaml").errors == ["type-cycle 2:34"])
  }
}
