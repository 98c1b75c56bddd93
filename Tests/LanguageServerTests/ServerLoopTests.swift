import Foundation
import Testing

@testable import LanguageServer

@Suite("the loop over streams")
struct ServerLoopTests {
  /// What a server writes to whom says this and then, unless asked to exit, goes away.
  private func run(_ bytes: [UInt8]) throws -> (status: Int32, output: [[String: Any]]) {
    let input = Pipe()
    let output = Pipe()
    input.fileHandleForWriting.write(Data(bytes))
    try input.fileHandleForWriting.close()
    let configuration = Configuration(
      profiles: Client.repository.appendingPathComponent("Profiles").path, version: "1")
    var loop = ServerLoop(
      LanguageServer(configuration), input: input.fileHandleForReading.fileDescriptor,
      output: output.fileHandleForWriting.fileDescriptor)
    let status = loop.run()
    try output.fileHandleForWriting.close()
    var buffer = MessageBuffer()
    buffer.append(output.fileHandleForReading.readDataToEndOfFile())
    var messages: [[String: Any]] = []
    while case .message(let body)? = buffer.next() {
      messages.append(try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]))
    }
    return (status, messages)
  }

  private func message(_ text: String) -> [UInt8] { MessageBuffer.framed(Array(text.utf8)) }

  @Test("a session ends with the status the protocol asks for")
  func session() throws {
    let (status, output) = try run(
      message(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#)
        + message(#"{"jsonrpc":"2.0","id":"two","method":"shutdown"}"#) + message(#"{"jsonrpc":"2.0","method":"exit"}"#)
    )
    #expect(status == 0)
    #expect(output.count == 2)
    #expect(output.last?["id"] as? String == "two")
  }

  @Test("a client that goes away ends the server")
  func gone() throws {
    #expect(try run([]).status == 1)
    #expect(try run(Array("Content-Le".utf8)).status == 1)
  }

  @Test("what is no message is answered, and the session goes on")
  func nonsense() throws {
    let (status, output) = try run(
      Array("nonsense\r\n\r\n".utf8) + message("{") + message(#"{"jsonrpc":"2.0","method":"exit"}"#))
    #expect(status == 1)
    #expect(output.map { ($0["error"] as? [String: Any])?["code"] as? Int } == [-32700, -32700])
  }
}
