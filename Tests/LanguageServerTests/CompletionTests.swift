import Testing

@testable import LanguageServer
@testable import TOSCA

@Suite("completion")
struct CompletionTests {
  /// What is offered where `▮` stands in the service, after a text of it was replaced.
  private func labels(_ what: String, _ written: String, in file: String = "service.yaml") throws -> [String] {
    try items(what, written, in: file).compactMap { $0["label"] as? String }
  }

  private func items(_ what: String, _ written: String, in file: String = "service.yaml") throws -> [[String: Any]] {
    let client = try Client(Shop.files)
    let marked = (Shop.files[file] ?? "").replacing(what, with: written, maxReplacements: 1)
    #expect(marked.contains("▮"))
    try client.open(file, marked)
    let position = try client.position(file, "▮")
    try client.open(file, marked.replacing("▮", with: ""))
    let list = try #require(try client.request("textDocument/completion", position) as? [String: Any])
    return try #require(list["items"] as? [[String: Any]])
  }

  @Test(
    "what is right in a place is offered there",
    arguments: [
      ("type: shop.Server", "type: ▮", "shop.App"), ("type: shop.Server", "type: shop.▮", "shop.Server"),
      ("type: shop.Server", "type: ▮shop.Server", "shop.App"), ("type: shop.Server", "typ▮", "type"),
      ("type: shop.Server", "▮", "type"), ("type: shop.Server", "type: shop.Server\n      ▮", "requirements"),
      ("- place: server", "- place: ▮", "server"), ("- place: server", "- place: s▮erver", "server"),
      ("- place: server", "- pl▮", "place"), ("- place: server", "- ▮", "place"),
      ("- place: server", "- place:\n            no▮", "node"),
      ("{ get_input: number }", "{ get_input: ▮ }", "number"), ("{ get_input: number }", "{ get_input: nu▮", "number"),
      ("{ get_input: number }", "{ get_▮", "get_input"), ("port: { get", "▮: { get", "port"),
      ("port: { get_input: number }", "no▮", "note"), ("[ app, server ]", "[ app, ▮ ]", "server"),
      ("[ app, server ]", "[ app, se▮", "server"), ("[ all, app ]", "[ ▮ ]", "all"), ("[ all, app ]", "[ ▮ ]", "app"),
      ("[ app, port ]", "[ ▮, port ]", "app"), ("[ app, port ]", "[ app, ▮ ]", "port"),
      ("[ types.yaml ]", "[ ▮ ]", "types.yaml"), ("topology_template:", "topo▮:", "topology_template"),
      ("tosca_simple_yaml_1_3", "▮", "tosca_2_0"), ("type: integer, default", "type: ▮, default", "string"),
      ("type: integer, default: 80", "type: integer, required: ▮", "false"),
      ("  inputs:", "  ▮\n  inputs:", "workflows"),
    ])
  func offered(what: String, written: String, label: String) throws {
    let labels = try labels(what, written)
    #expect(labels.contains(label), "\(labels.prefix(20))")
  }

  @Test(
    "names of types and definitions are offered in files with types",
    arguments: [
      ("derived_from: shop.Server", "derived_from: ▮", "tosca.nodes.Compute"),
      ("derived_from: shop.Server", "derived_from: shop.▮", "shop.Server"),
      ("description: Where applications run", "▮", "interfaces"),
      ("capability: tosca.capabilities.Node", "capability: ▮", "tosca.capabilities.Endpoint"),
      ("type: integer, default: 1", "▮", "entry_schema"),
    ])
  func types(what: String, written: String, label: String) throws {
    let labels = try labels(what, written, in: "types.yaml")
    #expect(labels.contains(label), "\(labels.prefix(20))")
  }

  @Test(
    "only what is right is offered",
    arguments: [
      ("type: shop.Server", "type: ▮", "server"), ("- place: server", "- place: ▮", "get_input"),
      ("{ get_input: number }", "{ get_input: ▮ }", "server"), ("type: shop.App", "type: shop.App\n      ▮", "type"),
      ("description: Where", "description: ▮", "shop.App"),
    ])
  func notOffered(what: String, written: String, label: String) throws {
    let file = what.hasPrefix("description") ? "types.yaml" : "service.yaml"
    #expect(try !labels(what, written, in: file).contains(label))
  }

  @Test("an item replaces the word that is being typed, and says what it is")
  func edits() throws {
    let items = try items("type: shop.Server", "type: shop.S▮er")
    let item = try #require(items.first { $0["label"] as? String == "shop.Server" })
    let edit = try #require(item["textEdit"] as? [String: Any])
    #expect(edit["newText"] as? String == "shop.Server")
    let range = try #require(edit["range"] as? [String: [String: Int]])
    #expect(range["start"]?["character"] == 12 && range["end"]?["character"] == 20)
    #expect((item["documentation"] as? [String: String])?["value"] == "Where applications run")
    #expect(item["detail"] as? String == "node type tosca.nodes.Root")
  }

  @Test("a keyname brings its colon, where there is none")
  func colons() throws {
    func text(_ what: String, _ written: String, _ label: String) throws -> String? {
      let item = try items(what, written).first { $0["label"] as? String == label }
      return (item?["textEdit"] as? [String: Any])?["newText"] as? String
    }
    #expect(try text("type: shop.Server", "▮", "type") == "type: ")
    #expect(try text("type: shop.Server", "▮", "properties") == "properties:")
    #expect(try text("type: shop.Server", "▮: shop.Server", "type") == "type")
  }

  @Test("a document that is beyond repair has nothing to offer")
  func broken() throws {
    #expect(try labels("topology_template:", "]▮\ntopology_template:").isEmpty)
  }
}
