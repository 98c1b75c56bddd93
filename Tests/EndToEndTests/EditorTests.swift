import Foundation
import Testing

@Suite("Editors", .serialized, .builtProgram)
struct EditorTests {
  /// A copy of the example in a folder of its own, removed afterwards.
  private func withExample(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "testudo-editor-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Testbed.example, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func initialized(_ folder: URL) throws -> EditorSession {
    let session = try EditorSession(Testbed.program)
    let answer = try session.request("initialize", ["rootUri": folder.absoluteString, "capabilities": [String: Any]()])
    #expect(answer["result"] is [String: Any])
    try session.notify("initialized")
    return session
  }

  @Test("findings of the language and of security are shown while typing, and a session ends in order")
  func typing() throws {
    try withExample { folder in
      let session = try initialized(folder)
      let file = folder.appending(path: "service.yaml")
      let text = try String(contentsOf: file, encoding: .utf8)
      func document(_ text: String) -> [String: Any] {
        ["uri": file.absoluteString, "languageId": "yaml", "version": 1, "text": text]
      }
      try session.notify("textDocument/didOpen", ["textDocument": document(text)])
      #expect(try session.diagnostics(file.absoluteString).isEmpty)

      func change(_ what: String, _ other: String) throws -> [[String: Any]] {
        #expect(text.contains(what))
        try session.notify(
          "textDocument/didChange",
          [
            "textDocument": ["uri": file.absoluteString, "version": 2],
            "contentChanges": [["text": text.replacing(what, with: other)]],
          ])
        return try session.diagnostics(file.absoluteString)
      }
      let misspelt = try change("prefix: /orders", "prefx: /orders")
      #expect(misspelt.contains { $0["code"] as? String == "unknown-property" })
      let missing = try change("calm ]", "clam ]")
      #expect(missing.contains { $0["code"] as? String == "unknown-requirement" }, "\(missing)")

      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let line = try #require(lines.firstIndex { $0.contains("type: sectosca.nodes.") })
      let position: [String: Any] = [
        "textDocument": ["uri": file.absoluteString],
        "position": ["line": line, "character": lines[line].utf16.count - 3],
      ]
      let hover = try session.request("textDocument/hover", position)["result"] as? [String: Any]
      #expect((hover?["contents"] as? [String: String])?["value"]?.contains("**node type**") == true)
      let completion = try session.request("textDocument/completion", position)["result"] as? [String: Any]
      let labels = (completion?["items"] as? [[String: Any]])?.compactMap { $0["label"] as? String } ?? []
      #expect(labels.contains { $0.hasPrefix("sectosca.nodes.") })

      #expect(try session.request("shutdown")["result"] is NSNull)
      try session.notify("exit")
      #expect(try session.end() == 0)
    }
  }

  @Test("what is no message is answered, and ends nothing")
  func nonsense() throws {
    try withExample { folder in
      let session = try initialized(folder)
      session.send(Array("what is this?\r\n\r\n".utf8))
      #expect((try session.next()?["error"] as? [String: Any])?["code"] as? Int == -32700)
      session.send(Array("Content-Length: 1\r\n\r\n{".utf8))
      #expect((try session.next()?["error"] as? [String: Any])?["code"] as? Int == -32700)
      let answer = try session.request("textDocument/hover", ["textDocument": ["uri": 5]])
      #expect((answer["error"] as? [String: Any])?["code"] as? Int == -32602)
      #expect(try session.end() == 1, "the editor was gone without a word")
    }
  }

  @Test("`validate` writes SARIF, takes several templates, and has tolerances by name")
  func validate() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "testudo-validate-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws -> String {
      let file = folder.appending(path: name)
      try Data(("tosca_definitions_version: tosca_simple_yaml_1_3\n" + text).utf8).write(to: file)
      return file.path
    }
    let right = try write("right.yaml", "topology_template: { inputs: { i: { type: string, default: x } } }\n")
    let sloppy = try write("sloppy.yaml", "topology_template:\n  node_templates:\n")
    let wrong = try write("wrong.yaml", "topology_template: { node_template: {} }\n")

    let both = try await Command.run(Testbed.program, ["validate", right, wrong])
    #expect(both.status == 1)
    #expect(both.output.contains("^~~~~~~~~~~~~ did you mean `node_templates`?"))
    #expect(both.output.contains("1 error in 1 file\n\(right): no findings\n"))

    let sarif = try await Command.run(Testbed.program, ["validate", "--format", "sarif", wrong, right])
    #expect(sarif.status == 1)
    let log = try #require(try JSONSerialization.jsonObject(with: Data(sarif.output.utf8)) as? [String: Any])
    #expect((log["runs"] as? [[String: Any]])?.first?["results"] is [Any])

    #expect(try await Command.run(Testbed.program, ["validate", sloppy]).status == 1)
    let tolerated = try await Command.run(Testbed.program, ["validate", sloppy, "--tolerate", "empty-sections"])
    #expect(tolerated.status == 0 && tolerated.output.contains("1 warning in 1 file"))
    let strict = try await Command.run(
      Testbed.program, ["validate", sloppy, "--tolerate", "empty-sections", "--strict"])
    #expect(strict.status == 1)
    let unknown = try await Command.run(Testbed.program, ["validate", sloppy, "--tolerate", "empty-section"])
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("did you mean `empty-sections`?") && unknown.errors.contains("`old-booleans`"))
  }
}
