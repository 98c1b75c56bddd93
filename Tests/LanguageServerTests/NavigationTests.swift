import Foundation
import Testing

@testable import LanguageServer
@testable import TOSCA

@Suite("hover, navigation and renaming")
struct NavigationTests {
  private func hover(_ client: Client, _ position: [String: Any]) throws -> String? {
    let hover = try client.request("textDocument/hover", position) as? [String: Any]
    return (hover?["contents"] as? [String: String])?["value"]
  }

  @Test("a type's hover has its derivation, description and place")
  func hoverType() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let text = try #require(try hover(client, client.position("service.yaml", "shop.App", 3)))
    #expect(text.contains("**node type** `shop.App`"))
    #expect(text.contains("derives from `shop.Server` → `tosca.nodes.Root`"))
    #expect(text.contains("types.yaml`, line 9"))
    let server = try #require(try hover(client, client.position("service.yaml", "shop.Server", 3)))
    #expect(server.contains("Where applications run"))
  }

  @Test(
    "properties, inputs and keynames have hovers",
    arguments: [
      ("port: { get_input", 0, "Where it listens"), ("number }", 0, "**input** `number`"),
      ("members", 0, "**members** of a group"), ("requirements:", 2, "in order"),
      ("place: server", 0, "**requirement**"),
    ])
  func hoverOther(text: String, offset: Int, expected: String) throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let shown = try hover(client, client.position("service.yaml", text, offset))
    #expect(shown?.contains(expected) == true, "\(shown ?? "nothing")")
  }

  @Test("a finding is explained where it is")
  func hoverFinding() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml", Shop.service.replacing("- place: server", with: "- place: serve"))
    let text = try #require(try hover(client, client.position("service.yaml", "serve", 1, occurrence: 1)))
    #expect(text.contains("`unknown-target`") && text.contains("TOSCA 2.0, 8.5"))
  }

  @Test("where there is nothing to say, nothing is said")
  func hoverNothing() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    #expect(try client.request("textDocument/hover", client.position("service.yaml", "80", 1)) is NSNull)
  }

  @Test(
    "a definition is found, in other files and profiles, too",
    arguments: [
      ("shop.App", 0, "types.yaml", 8), ("place: server", 8, "service.yaml", 6), ("number }", 1, "service.yaml", 4),
      ("port: { get_input", 0, "types.yaml", 11), ("types.yaml", 2, "types.yaml", 0),
      ("all, app", 0, "service.yaml", 15),
      ("app, port", 6, "types.yaml", 11), ("place: server", 0, "types.yaml", 14),
    ])
  func definition(text: String, offset: Int, file: String, line: Int) throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let found = try client.request("textDocument/definition", client.position("service.yaml", text, offset))
    let location = try #require(found as? [String: Any])
    #expect(location["uri"] as? String == client.uri(file))
    #expect((location["range"] as? [String: [String: Int]])?["start"]?["line"] == line)
  }

  @Test("a type of the Simple Profile is found in its profile")
  func profile() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let found = try client.request("textDocument/definition", client.position("service.yaml", "tosca.groups.Root"))
    #expect(((found as? [String: Any])?["uri"] as? String)?.contains("/Profiles/tosca/simple/1.3/") == true)
  }

  @Test("all uses of a name are found, in every file of the service")
  func references() throws {
    let client = try Client(Shop.files)
    try client.open("types.yaml")
    var parameters = try client.position("types.yaml", "shop.Server", 1)
    parameters["context"] = ["includeDeclaration": true]
    let found = try #require(try client.request("textDocument/references", parameters) as? [[String: Any]])
    let places = found.map { location in
      let file = (location["uri"] as? String)?.split(separator: "/").last.map(String.init) ?? ""
      let line = (location["range"] as? [String: [String: Int]])?["start"]?["line"] ?? -1
      return "\(file):\(line)"
    }
    #expect(Set(places) == ["types.yaml:2", "types.yaml:9", "types.yaml:14", "service.yaml:7"])
    parameters["context"] = ["includeDeclaration": false]
    #expect((try client.request("textDocument/references", parameters) as? [Any])?.count == 3)
  }

  /// The texts of the files after a rename.
  private func renamed(_ client: Client, _ file: String, _ position: [String: Any], _ name: String) throws
    -> [String: String]
  {
    var parameters = position
    parameters["newName"] = name
    let result = try #require(try client.request("textDocument/rename", parameters) as? [String: Any])
    let changes = try #require(result["changes"] as? [String: [[String: Any]]])
    var texts = Shop.files
    for (name, text) in Shop.files {
      var document = Document(text, encoding: .utf16)
      func position(_ edit: [String: Any], _ end: String) -> Position {
        let range = (edit["range"] as? [String: [String: Int]])?[end]
        return Position(line: range?["line"] ?? -1, character: range?["character"] ?? -1)
      }
      let edits = (changes[client.uri(name)] ?? []).sorted { position($0, "start") > position($1, "start") }
      for edit in edits {
        document.replace(
          TextRange(start: position(edit, "start"), end: position(edit, "end")), with: edit["newText"] as? String ?? "")
      }
      texts[name] = document.text
    }
    return texts
  }

  @Test("a renamed type is renamed in all files, and the service stays right")
  func renameType() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let texts = try renamed(client, "service.yaml", client.position("service.yaml", "shop.Server", 4), "shop.Host")
    #expect(texts["types.yaml"] == Shop.types.replacing("shop.Server", with: "shop.Host"))
    #expect(texts["service.yaml"] == Shop.service.replacing("shop.Server", with: "shop.Host"))
  }

  @Test(
    "templates, inputs, groups, properties and policies are renamed wherever they are named",
    arguments: [
      ("server:", "server", ["server:": "tower:", "place: server": "place: tower", "app, server": "app, tower"]),
      ("number:", "number", ["number:": "tower:", "get_input: number": "get_input: tower"]),
      ("all: {", "all", ["all: {": "tower: {", "[ all,": "[ tower,"]),
      ("calm:", "calm", ["calm:": "tower:"]),
      (
        "app, port", "app",
        [
          "    app:": "    tower:", "[ app, server": "[ tower, server", "all, app ]": "all, tower ]",
          "[ app, port": "[ tower, port",
        ]
      ),
    ])
  func renameOther(at text: String, old: String, expected: [String: String]) throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let texts = try renamed(client, "service.yaml", client.position("service.yaml", text, 1), "tower")
    var service = Shop.service
    for (before, after) in expected { service = service.replacing(before, with: after) }
    #expect(texts["service.yaml"] == service)
    #expect(texts["types.yaml"] == Shop.types)
  }

  @Test("names behind a prefix and in quotes keep both")
  func renamePrefixed() throws {
    let service = """
      tosca_definitions_version: tosca_simple_yaml_1_3
      imports: [ { file: types.yaml, namespace_prefix: p } ]
      topology_template: { node_templates: { a: { type: "p:shop.Server" } } }

      """
    let client = try Client(["types.yaml": Shop.types, "service.yaml": service])
    try client.open("service.yaml")
    var parameters = try client.position("service.yaml", "shop.Server", 2)
    parameters["newName"] = "Host"
    let result = try #require(try client.request("textDocument/rename", parameters) as? [String: Any])
    let edits = try #require((result["changes"] as? [String: [[String: Any]]])?[client.uri("service.yaml")])
    #expect(edits.count == 1)
    #expect(try client.text("service.yaml", edits.first?["range"]) == "shop.Server")
  }

  @Test(
    "a name that cannot be is refused, with the reason",
    arguments: [
      ("shop.App", "a b", "cannot be a name"), ("shop.App", "yes", "cannot be a name"),
      ("shop.App", "", "cannot be a name"),
      ("shop.App", "shop.Server", "already"), ("server:", "app", "already"), ("tosca.groups.Root", "x", "profile"),
      ("80 }", "x", "no name"),
    ])
  func refused(text: String, name: String, reason: String) throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    var parameters = try client.position("service.yaml", text, 1)
    parameters["newName"] = name
    let error = try #require(try client.answer("textDocument/rename", parameters)["error"] as? [String: Any])
    #expect((error["message"] as? String)?.contains(reason) == true, "\(error)")
  }

  @Test("a policy is not renamed while the template has errors, because what names it is not known then")
  func renameBroken() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml", Shop.service.replacing("port: {", with: "prot: {"))
    var parameters = try client.position("service.yaml", "calm", 1)
    parameters["newName"] = "quiet"
    #expect(try client.answer("textDocument/rename", parameters)["error"] != nil)
  }

  @Test("names that others know of are renamed, too")
  func renameAnalyzed() throws {
    let client = try Client(Shop.files) { result in
      let file = result.topology?.nodes.first?.place.file ?? ""
      let place = SourceRange(file: file, line: 18, column: 7, endLine: 18, endColumn: 11)
      return Configuration.Analysis(names: [(NameKind.policy, "calm", place)])
    }
    try client.open("service.yaml")
    var parameters = try client.position("service.yaml", "calm", 1)
    parameters["context"] = ["includeDeclaration": false]
    #expect((try client.request("textDocument/references", parameters) as? [Any])?.count == 1)
  }

  @Test("what can be renamed is said before")
  func prepare() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let target = try client.request("textDocument/prepareRename", client.position("service.yaml", "place: server", 9))
    #expect((target as? [String: Any])?["placeholder"] as? String == "server")
    let none = try client.request("textDocument/prepareRename", client.position("service.yaml", "tosca.groups.Root", 1))
    #expect(none is NSNull)
  }

  @Test("the symbols of a document are a tree")
  func symbols() throws {
    let client = try Client(Shop.files)
    try client.open("types.yaml")
    let found = try client.request("textDocument/documentSymbol", ["textDocument": ["uri": client.uri("types.yaml")]])
    let symbols = try #require(found as? [[String: Any]])
    #expect(symbols.map { $0["name"] as? String } == ["shop.Server", "shop.App"])
    let inner = try #require(symbols.last?["children"] as? [[String: Any]])
    #expect(inner.map { $0["name"] as? String } == ["port", "note", "place"])
    #expect(symbols.first?["detail"] as? String == "node type tosca.nodes.Root")
  }

  @Test("the uses of a name in a document are marked")
  func highlights() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let found = try client.request("textDocument/documentHighlight", client.position("service.yaml", "server:", 1))
    #expect((found as? [Any])?.count == 3)
  }
}
