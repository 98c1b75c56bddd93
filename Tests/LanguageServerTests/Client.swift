import Foundation
import Testing

@testable import LanguageServer
@testable import TOSCA

/// A scripted client of a server in the same process, with files of its own and a clock that it sets.
final class Client {
  /// The folder of the files.
  let folder: String
  /// Everything the server said without being asked, in order.
  private(set) var notifications: [[String: Any]] = []
  /// The server.
  private(set) var server: LanguageServer
  /// The time.
  private(set) var now = ContinuousClock.now
  private var texts: [String: String] = [:]
  private var requests = 0

  /// The root of the repository.
  static let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Writes files, starts a server on their folder, and initializes it.
  init(
    _ files: [String: String] = [:], encodings: [String]? = nil, options: [String: Any] = [:],
    initialize: Bool = true, openDocuments: Int = 256,
    analyze: @escaping @Sendable (ReadResult) -> Configuration.Analysis = { _ in Configuration.Analysis() }
  ) throws {
    folder =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("lsp-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var configuration = Configuration(
      profiles: Self.repository.appendingPathComponent("Profiles").path, version: "1", analyze: analyze)
    configuration.openDocuments = openDocuments
    server = LanguageServer(configuration)
    for (name, text) in files { try write(name, text) }
    guard initialize else { return }
    var parameters: [String: Any] = ["rootUri": uri(""), "initializationOptions": options, "processId": NSNull()]
    if let encodings { parameters["capabilities"] = ["general": ["positionEncodings": encodings]] }
    _ = try request("initialize", parameters)
    try notify("initialized", [:])
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Writes a file.
  func write(_ name: String, _ text: String) throws {
    let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// The URI of a file.
  func uri(_ name: String) -> String { URL(fileURLWithPath: folder).appendingPathComponent(name).absoluteString }

  /// Sends bytes as a message and returns the answers.
  func send(raw: String) throws -> [[String: Any]] {
    try server.receive(Array(raw.utf8), at: now).map { body in
      try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }
  }

  /// Sends a notification.
  func notify(_ method: String, _ parameters: [String: Any]) throws {
    let message: [String: Any] = ["jsonrpc": "2.0", "method": method, "params": parameters]
    let data = try JSONSerialization.data(withJSONObject: message)
    notifications += try send(raw: String(decoding: data, as: UTF8.self))
  }

  /// Sends a request and returns its answer: the result, or the error.
  func answer(_ method: String, _ parameters: Any?) throws -> [String: Any] {
    requests += 1
    var message: [String: Any] = ["jsonrpc": "2.0", "id": requests, "method": method]
    if let parameters { message["params"] = parameters }
    let data = try JSONSerialization.data(withJSONObject: message)
    let answers = try send(raw: String(decoding: data, as: UTF8.self))
    let answer = try #require(answers.first { $0["id"] as? Int == requests })
    return answer
  }

  /// Sends a request and returns its result.
  func request(_ method: String, _ parameters: Any?) throws -> Any {
    let answer = try answer(method, parameters)
    return try #require(answer["result"], "\(answer)")
  }

  /// Opens a document, with the file's text or another one.
  func open(_ name: String, _ text: String? = nil) throws {
    let text = try text ?? String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    texts[name] = text
    try notify(
      "textDocument/didOpen",
      ["textDocument": ["uri": uri(name), "languageId": "yaml", "version": 1, "text": text]])
  }

  /// Changes a document as a whole.
  func change(_ name: String, _ text: String) throws {
    texts[name] = text
    try notify(
      "textDocument/didChange",
      ["textDocument": ["uri": uri(name), "version": 2], "contentChanges": [["text": text]]])
  }

  /// Lets time pass until the server has nothing put off, and returns the diagnostics last published for a document.
  func diagnostics(_ name: String) throws -> [[String: Any]] {
    settle()
    let published = notifications.last { notification in
      notification["method"] as? String == "textDocument/publishDiagnostics"
        && (notification["params"] as? [String: Any])?["uri"] as? String == uri(name)
    }
    return try #require((published?["params"] as? [String: Any])?["diagnostics"] as? [[String: Any]])
  }

  /// Lets time pass until the server has nothing put off.
  func settle() {
    while let deadline = server.deadline {
      now = max(now, deadline)
      notifications += server.wake(at: now).compactMap {
        try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
      }
    }
  }

  /// The parameters that name a position: where a text stands in a document, and so many characters behind its start.
  func position(_ name: String, _ text: String, _ offset: Int = 0, occurrence: Int = 0) throws -> [String: Any] {
    let lines = try #require(texts[name]).split(separator: "\n", omittingEmptySubsequences: false)
    var left = occurrence
    for (number, line) in lines.enumerated() {
      for range in line.ranges(of: text) {
        if left == 0 {
          let character = line[..<range.lowerBound].utf16.count + offset
          return ["textDocument": ["uri": uri(name)], "position": ["line": number, "character": character]]
        }
        left -= 1
      }
    }
    Issue.record("`\(text)` is not in the document")
    return [:]
  }

  /// The text of a range of a document.
  func text(_ name: String, _ range: Any?) throws -> String {
    let range = try #require(range as? [String: [String: Int]])
    let document = Document(try #require(texts[name]), encoding: .utf16)
    func index(_ end: String) throws -> String.Index {
      let position = try #require(range[end])
      return document.index(of: Position(line: position["line"] ?? 0, character: position["character"] ?? 0))
    }
    return String(document.text[try index("start")..<index("end")])
  }
}

/// A service in two files.
enum Shop {
  static let types = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    node_types:
      shop.Server:
        derived_from: tosca.nodes.Root
        description: Where applications run
        properties:
          room: { type: integer, default: 1 }
        capabilities: { place: tosca.capabilities.Node }
      shop.App:
        derived_from: shop.Server
        properties:
          port: { type: integer, description: Where it listens }
          note: { type: string, required: false }
        requirements:
          - place: { capability: tosca.capabilities.Node, node: shop.Server, occurrences: [ 0, 1 ] }

    """

  static let service = """
    tosca_definitions_version: tosca_simple_yaml_1_3
    imports: [ types.yaml ]
    topology_template:
      inputs:
        number: { type: integer, default: 80 }
      node_templates:
        server:
          type: shop.Server
        app:
          type: shop.App
          properties:
            port: { get_input: number }
          requirements:
            - place: server
      groups:
        all: { type: tosca.groups.Root, members: [ app, server ] }
      policies:
        - calm: { type: tosca.policies.Root, targets: [ all, app ] }
      outputs:
        port: { value: { get_property: [ app, port ] } }

    """

  static let files = ["types.yaml": types, "service.yaml": service]
}
