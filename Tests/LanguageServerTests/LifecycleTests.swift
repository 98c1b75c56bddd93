import Foundation
import Testing

@testable import LanguageServer

@Suite("lifecycle and messages")
struct LifecycleTests {
  private func code(_ answer: [String: Any]?) -> Int? { (answer?["error"] as? [String: Any])?["code"] as? Int }

  @Test(
    "a server says what it can, and counts characters as the client prefers",
    arguments: [
      (nil, "utf-16"), (["utf-8", "utf-16"], "utf-8"), (["utf-7", "utf-32"], "utf-32"), (["utf-7"], "utf-16"),
    ] as [([String]?, String)])
  func initialize(encodings: [String]?, chosen: String) throws {
    let client = try Client(initialize: false)
    var parameters: [String: Any] = ["processId": 1, "rootUri": NSNull()]
    if let encodings { parameters["capabilities"] = ["general": ["positionEncodings": encodings]] }
    let result = try #require(try client.request("initialize", parameters) as? [String: Any])
    let capabilities = try #require(result["capabilities"] as? [String: Any])
    #expect(capabilities["positionEncoding"] as? String == chosen)
    #expect((capabilities["textDocumentSync"] as? [String: Any])?["change"] as? Int == 2)
    #expect((result["serverInfo"] as? [String: Any])?["name"] as? String == "testudo")
  }

  @Test("nothing is answered before initialize, after shutdown, or twice")
  func phases() throws {
    let client = try Client(initialize: false)
    #expect(code(try client.answer("textDocument/hover", [:] as [String: Any])) == -32002)
    _ = try client.request("initialize", [:] as [String: Any])
    #expect(code(try client.answer("initialize", [:] as [String: Any])) == -32600)
    #expect(try client.request("shutdown", nil) is NSNull)
    #expect(code(try client.answer("textDocument/hover", [:] as [String: Any])) == -32600)
    #expect(client.server.exitStatus == nil)
    try client.notify("exit", [:])
    #expect(client.server.exitStatus == 0)
  }

  @Test("an exit without a shutdown is a failure")
  func exit() throws {
    let client = try Client()
    try client.notify("exit", [:])
    #expect(client.server.exitStatus == 1)
  }

  @Test(
    "bad messages are answered with the errors of JSON-RPC",
    arguments: [
      ("{", -32700), ("", -32700), ("\u{0}", -32700), ("nonsense", -32700), ("[]", -32600), ("5", -32600),
      ("{}", -32600),
      (#"{"id":{},"method":"shutdown"}"#, -32600), (#"{"id":1,"method":5}"#, -32600),
      (#"{"jsonrpc":"2.0","id":1,"method":"textDocument/unheard"}"#, -32601),
      (#"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover"}"#, -32602),
      (#"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":[]}"#, -32602),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///x"},"position":{"line":0,"character":0}}}"#,
        -32602
      ),
      (
        #"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"textDocument":{"uri":"::"},"position":{"line":-1,"character":99999999999999999999}}}"#,
        -32602
      ),
    ])
  func malformed(message: String, expected: Int) throws {
    let client = try Client()
    #expect(code(try client.send(raw: message).first) == expected)
    #expect(client.server.exitStatus == nil)
  }

  @Test("deep nesting is refused, not followed")
  func deep() throws {
    let client = try Client()
    let nested = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let answers = try client.send(raw: #"{"jsonrpc":"2.0","id":1,"method":"shutdown","params":\#(nested)}"#)
    #expect(answers.count == 1)
  }

  @Test(
    "an answer to nothing and an unknown notification are passed over",
    arguments: [
      #"{"jsonrpc":"2.0","id":7,"result":null}"#, #"{"jsonrpc":"2.0","method":"$/setTrace","params":{}}"#,
      #"{"jsonrpc":"2.0","method":"workspace/unheard"}"#,
    ])
  func ignored(message: String) throws {
    #expect(try Client().send(raw: message).isEmpty)
  }

  @Test("a notification that cannot be understood is said to the user")
  func badNotification() throws {
    let client = try Client()
    let answers = try client.send(
      raw: #"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":5}}"#)
    #expect(answers.first?["method"] as? String == "window/showMessage")
  }

  @Test("only so many documents are open at once")
  func bounded() throws {
    let client = try Client(Shop.files, openDocuments: 1)
    try client.open("service.yaml")
    try client.open("types.yaml")
    #expect(client.notifications.last?["method"] as? String == "window/showMessage")
    #expect(code(try client.answer("textDocument/hover", client.position("types.yaml", "shop.App"))) == -32602)
    try client.notify("textDocument/didClose", ["textDocument": ["uri": client.uri("service.yaml")]])
    try client.open("types.yaml")
    #expect(try client.request("textDocument/hover", client.position("types.yaml", "shop.App")) is [String: Any])
  }

  @Test("damaged messages and documents never stop the server", arguments: 0..<40)
  func damage(seed: UInt64) throws {
    var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func next(_ bound: Int) -> Int {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      return Int(random % UInt64(bound))
    }
    let client = try Client(Shop.files)
    var text = Array(Shop.service.unicodeScalars)
    let odd = Array("{}[]:-&*!|>'\"%@`\t\n ,?#\u{85}é🐢".unicodeScalars)
    for _ in 0..<8 {
      let place = next(text.count)
      switch next(3) {
      case 0: text.removeSubrange(place..<min(text.count, place + 1 + next(20)))
      case 1: text.insert(odd[next(odd.count)], at: place)
      default: text.insert(contentsOf: Array(text[place..<min(text.count, place + next(40))]), at: next(text.count))
      }
    }
    try client.open("service.yaml", String(String.UnicodeScalarView(text)))
    client.settle()
    let methods = ["completion", "hover", "definition", "references", "documentHighlight", "prepareRename", "rename"]
    for method in methods {
      let answer = try client.answer(
        "textDocument/" + method,
        [
          "textDocument": ["uri": client.uri("service.yaml")], "newName": "x",
          "position": ["line": next(30) - 1, "character": next(60) - 1],
        ])
      #expect(answer["result"] != nil || answer["error"] != nil)
    }
    let whole = #"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"textDocument":{"uri":""}}}"#
    var message = Array(whole.utf8)
    for _ in 0..<20 {
      message[next(message.count)] = UInt8(next(128))
      _ = try client.send(raw: String(decoding: message, as: UTF8.self))
    }
    #expect(client.server.exitStatus == nil)
  }

  @Test("an unknown tolerance among the options is refused")
  func options() throws {
    let client = try Client(initialize: false)
    let answer = try client.answer("initialize", ["initializationOptions": ["tolerate": ["everything"]]])
    #expect(code(answer) == -32602)
  }
}

@Suite("framing")
struct MessageBufferTests {
  private func events(_ text: String, limit: Int = 100, chunk: Int = .max) -> [MessageBuffer.Event] {
    var buffer = MessageBuffer(bodyLimit: limit)
    var result: [MessageBuffer.Event] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      buffer.append(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      while let event = buffer.next() { result.append(event) }
    }
    return result
  }

  private func message(_ text: String) -> MessageBuffer.Event { .message(Array(text.utf8)) }

  @Test("messages are cut out of the stream, whatever the pieces", arguments: [1, 3, 7, 1_000])
  func whole(chunk: Int) {
    let text = "Content-Length: 2\r\n\r\n{}content-type: x\r\ncontent-length:3\r\n\r\n[1]"
    #expect(events(text, chunk: chunk) == [message("{}"), message("[1]")])
  }

  @Test("a framed message is read as it was")
  func framed() {
    let bytes = MessageBuffer.framed(Array("{\"ä\":1}".utf8))
    #expect(events(String(decoding: bytes, as: UTF8.self)) == [message("{\"ä\":1}")])
  }

  @Test(
    "after a malformed header the stream goes on with the next message",
    arguments: [
      "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n", "nonsense\r\n\r\n", "Content-Type: x\r\n\r\n",
      "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
      String(repeating: "x", count: 5_000),
    ])
  func malformed(header: String) {
    #expect(events(header + "Content-Length: 2\r\n\r\n{}").contains(.malformedHeader))
    #expect(events(header + "Content-Length: 2\r\n\r\n{}", chunk: 1).last == message("{}"))
  }

  @Test("a message that is too long is skipped without being kept", arguments: [1, 50, 10_000])
  func tooLong(chunk: Int) {
    let text = "Content-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1_000) + "Content-Length: 2\r\n\r\n{}"
    #expect(events(text, chunk: chunk) == [.tooLong(1_000), message("{}")])
  }
}
