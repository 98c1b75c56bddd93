import Foundation
import Testing

@testable import LanguageServer
@testable import TOSCA

@Suite("diagnostics")
struct DiagnosticsTests {
  @Test("a mistake is shown while it is typed, and gone when it is mended")
  func typing() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    #expect(try client.diagnostics("service.yaml").isEmpty)
    try client.change("service.yaml", Shop.service.replacing("- place: server", with: "- place: serve"))
    let found = try #require(try client.diagnostics("service.yaml").first)
    #expect(found["code"] as? String == "unknown-target")
    #expect(found["severity"] as? Int == 1)
    #expect(try client.text("service.yaml", found["range"]) == "serve")
    #expect((found["message"] as? String)?.contains("did you mean `server`?") == true)
    try client.change("service.yaml", Shop.service)
    #expect(try client.diagnostics("service.yaml").isEmpty)
  }

  @Test("nothing is checked until the document was left alone for a while")
  func debounce() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    let first = try #require(client.server.deadline)
    #expect(first > client.now)
    #expect(client.notifications.isEmpty)
    client.settle()
    #expect(client.notifications.count == 1)
    client.settle()
    #expect(client.notifications.count == 1, "what is the same is not said again")
  }

  @Test("a file is checked as part of the service that imports it, unsaved texts included")
  func imported() throws {
    let client = try Client(Shop.files)
    try client.open("types.yaml")
    #expect(try client.diagnostics("types.yaml").isEmpty)
    try client.change("types.yaml", Shop.types.replacing("shop.Server:", with: "shop.Host:"))
    let codes = Set(try client.diagnostics("types.yaml").compactMap { $0["code"] as? String })
    #expect(codes == ["unknown-type"])
    let others = try client.diagnostics("service.yaml")
    #expect(others.contains { $0["code"] as? String == "unknown-type" })
    try client.notify("textDocument/didClose", ["textDocument": ["uri": client.uri("types.yaml")]])
    #expect(try client.diagnostics("types.yaml").isEmpty)
    #expect(try client.diagnostics("service.yaml").isEmpty)
  }

  @Test("incremental changes are put together")
  func incremental() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml")
    func change(_ line: Int, _ from: Int, _ to: Int, _ text: String) -> [String: Any] {
      [
        "range": ["start": ["line": line, "character": from], "end": ["line": line, "character": to]],
        "text": text,
      ]
    }
    try client.notify(
      "textDocument/didChange",
      [
        "textDocument": ["uri": client.uri("service.yaml"), "version": 2],
        "contentChanges": [change(7, 12, 23, "shop"), change(7, 16, 16, ".Serve")],
      ])
    let found = try #require(try client.diagnostics("service.yaml").first)
    #expect(found["code"] as? String == "unknown-type")
    #expect((found["message"] as? String)?.contains("`shop.Serve`") == true)
  }

  @Test("related places are locations, of profiles, too")
  func related() throws {
    let client = try Client(["service.yaml": Shop.service, "types.yaml": Shop.types])
    try client.open("service.yaml", Shop.service.replacing("{ get_input: number }", with: "1\n        port: 2"))
    let found = try #require(try client.diagnostics("service.yaml").first)
    let related = try #require((found["relatedInformation"] as? [[String: Any]])?.first?["location"] as? [String: Any])
    #expect(related["uri"] as? String == client.uri("service.yaml"))
  }

  @Test("settings files, options and strictness count")
  func settings() throws {
    let sloppy = "tosca_definitions_version: tosca_simple_yaml_1_3\ntopology_template:\n  node_templates:\n"
    let client = try Client([".testudo.yaml": "tolerate: [ empty-sections ]\n", "service.yaml": sloppy])
    try client.open("service.yaml")
    #expect(try client.diagnostics("service.yaml").map { $0["severity"] as? Int } == [2])
    let strict = try Client(
      ["service.yaml": sloppy], options: ["tolerate": ["empty-sections"], "strict": true])
    try strict.open("service.yaml")
    #expect(try strict.diagnostics("service.yaml").map { $0["severity"] as? Int } == [1])
  }

  @Test("a settings file is checked as what it is, and completed")
  func settingsFile() throws {
    let client = try Client(["service.yaml": Shop.service, "types.yaml": Shop.types])
    try client.open(".testudo.yaml", "stric: true\ntolerate: [ ]\n")
    #expect(try client.diagnostics(".testudo.yaml").map { $0["code"] as? String } == ["unknown-key"])
    func labels(_ position: [String: Any]) throws -> [String] {
      let list = try client.request("textDocument/completion", position) as? [String: Any]
      return (list?["items"] as? [[String: Any]])?.compactMap { $0["label"] as? String } ?? []
    }
    #expect(try labels(client.position(".testudo.yaml", "stric", 3)).contains("strict"))
    #expect(try labels(client.position(".testudo.yaml", "[ ]", 2)).contains("old-booleans"))
  }

  @Test("what others find in the topology is shown, too")
  func analysis() throws {
    let client = try Client(Shop.files) { result in
      Configuration.Analysis(
        findings: (result.topology?.nodes ?? []).map {
          Finding(code: "no-endpoint", place: $0.place, message: "`\($0.name)`")
        })
    }
    try client.open("service.yaml")
    let found = try client.diagnostics("service.yaml")
    #expect(found.map { $0["message"] as? String } == ["`server`", "`app`"])
  }

  @Test("a document that is no file yet, or no TOSCA, is checked all the same")
  func unsaved() throws {
    let client = try Client()
    try client.open("new.yaml", Shop.types)
    #expect(try client.diagnostics("new.yaml").isEmpty)
    try client.open("other.yaml", "a: [")
    #expect(try client.diagnostics("other.yaml").map { $0["code"] as? String } == ["not-yaml"])
    try client.open("empty.yaml", "")
    #expect(try client.diagnostics("empty.yaml").map { $0["code"] as? String } == ["empty-file"])
  }

  @Test("a suggestion is offered as a change")
  func actions() throws {
    let client = try Client(Shop.files)
    try client.open("service.yaml", Shop.service.replacing("port: { get_input: number }", with: "prot: 1"))
    let diagnostics = try client.diagnostics("service.yaml")
    let misspelt = try #require(diagnostics.first { $0["code"] as? String == "unknown-property" })
    let actions = try #require(
      try client.request(
        "textDocument/codeAction",
        [
          "textDocument": ["uri": client.uri("service.yaml")], "range": misspelt["range"] as Any,
          "context": ["diagnostics": diagnostics],
        ]) as? [[String: Any]])
    #expect(actions.count == 1)
    let changes = try #require((actions.first?["edit"] as? [String: Any])?["changes"] as? [String: [[String: Any]]])
    let edit = try #require(changes[client.uri("service.yaml")]?.first)
    #expect(edit["newText"] as? String == "port")
    #expect(try client.text("service.yaml", edit["range"]) == "prot")
  }
}
