import Foundation
import Glibc

/// A scripted editor that talks to `testudo lsp` over its standard input and output.
final class EditorSession {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var buffer = Data()
  private var requests = 0
  /// What the server said without being asked.
  private(set) var notifications: [[String: Any]] = []

  /// Starts the server, which is killed when it has not ended after a minute.
  init(_ program: String) throws {
    process.executableURL = URL(filePath: program)
    process.arguments = ["lsp"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    DispatchQueue.global().asyncAfter(deadline: .now() + 60) { [weak process] in
      if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  /// Sends bytes as they are.
  func send(_ bytes: some Sequence<UInt8>) { input.fileHandleForWriting.write(Data(bytes)) }

  /// Sends a message.
  func send(_ message: [String: Any]) throws {
    let body = try JSONSerialization.data(withJSONObject: message)
    send(Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body)
  }

  /// Sends a notification.
  func notify(_ method: String, _ parameters: [String: Any] = [:]) throws {
    try send(["jsonrpc": "2.0", "method": method, "params": parameters])
  }

  /// Sends a request and waits for its answer.
  func request(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    requests += 1
    try send(["jsonrpc": "2.0", "id": requests, "method": method, "params": parameters])
    while let message = try next() {
      if message["id"] as? Int == requests { return message }
      notifications.append(message)
    }
    return [:]
  }

  /// The next message; nil where the server is gone.
  func next() throws -> [String: Any]? {
    let separator = Data("\r\n\r\n".utf8)
    while true {
      if let end = buffer.range(of: separator) {
        let header = String(decoding: buffer[buffer.startIndex..<end.lowerBound], as: UTF8.self)
        let length = Int(header.dropFirst("Content-Length: ".count)) ?? 0
        if buffer.endIndex - end.upperBound >= length {
          let body = buffer[end.upperBound..<(end.upperBound + length)]
          buffer = Data(buffer[(end.upperBound + length)...])
          return try JSONSerialization.jsonObject(with: body) as? [String: Any]
        }
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      buffer.append(more)
    }
  }

  /// Waits for the diagnostics of a document.
  func diagnostics(_ uri: String) throws -> [[String: Any]] {
    while let message = try next() {
      let parameters = message["params"] as? [String: Any]
      if message["method"] as? String == "textDocument/publishDiagnostics", parameters?["uri"] as? String == uri {
        return parameters?["diagnostics"] as? [[String: Any]] ?? []
      }
    }
    return []
  }

  /// Closes the server's input and waits for its end.
  func end() throws -> Int32 {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
