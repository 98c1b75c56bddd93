import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
public import Orchestration

/// A client of the control plane's API over its Unix socket: what the command line is made of.
public struct APIClient: Sendable {
  let socket: String

  /// A client of the control plane of a home folder.
  public init(home: HomeDirectory) {
    socket = home.apiSocket
  }

  /// Asks for a document.
  public func get<Result: Decodable>(_ path: String, as type: Result.Type = Result.self) async throws -> Result {
    try JSONDecoder().decode(type, from: Data(try await document(.GET, path, body: nil)))
  }

  /// Asks for a text.
  public func text(_ path: String) async throws -> String {
    String(decoding: try await document(.GET, path, body: nil), as: UTF8.self)
  }

  /// Sends a document and gets one.
  public func post<Result: Decodable>(
    _ path: String, _ body: some Encodable & Sendable, as type: Result.Type = Result.self
  ) async throws -> Result {
    let bytes = [UInt8](try JSONEncoder().encode(body))
    return try JSONDecoder().decode(type, from: Data(try await document(.POST, path, body: bytes)))
  }

  /// Changes something, and gets what it is then.
  public func send<Result: Decodable>(
    _ method: String, _ path: String, _ body: (any Encodable & Sendable)? = nil, as type: Result.Type = Result.self
  ) async throws -> Result {
    let bytes = try body.map { [UInt8](try JSONEncoder().encode($0)) }
    return try JSONDecoder().decode(
      type, from: Data(try await document(HTTPMethod(rawValue: method), path, body: bytes)))
  }

  /// Has something carried out, is told of each step, and gets the result.
  public func perform<Result: Codable & Sendable>(
    _ method: String, _ path: String, body: (any Encodable & Sendable)? = nil, as type: Result.Type = Result.self,
    progress: @escaping @Sendable (StepOutcome) -> Void
  ) async throws -> Result {
    var result: Result?
    let bytes = try body.map { [UInt8](try JSONEncoder().encode($0)) }
    try await lines(HTTPMethod(rawValue: method), path, body: bytes, accept: "application/x-ndjson") { line in
      switch try JSONDecoder().decode(AnswerLine<Result>.self, from: Data(line.utf8)) {
      case .progress(let step): progress(step)
      case .result(let value): result = value
      case .problem(let problem): throw problem
      }
    }
    guard let result else {
      throw Problem(
        type: "urn:testudo:execution", title: "The control plane ended", status: 500,
        detail: "the control plane ended before it was done; start it again and look at `testudo ps`",
        kind: .execution)
    }
    return result
  }

  /// Follows the event log until the task is cancelled or the control plane ends.
  ///
  /// - Parameters:
  ///   - path: The path of events, with a query.
  ///   - body: Is given each event as it comes: a JSON document on one line.
  public func follow(_ path: String, _ body: (String) throws -> Void) async throws {
    try await lines(.GET, path, body: nil, accept: "text/event-stream") { line in
      if line.hasPrefix("data: ") { try body(String(line.dropFirst(6))) }
    }
  }

  /// Whether a control plane answers.
  public func isUp() async -> Bool {
    (try? await get("/healthz", as: Health.self)) != nil
  }

  // MARK: HTTP

  private func document(_ method: HTTPMethod, _ path: String, body: [UInt8]?) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    try await exchange(method, path, body: body, accept: "application/json") { bytes += $0.readableBytesView }
    return bytes
  }

  private func lines(
    _ method: HTTPMethod, _ path: String, body: [UInt8]?, accept: String, _ each: (String) throws -> Void
  ) async throws {
    var pending: [UInt8] = []
    try await exchange(method, path, body: body, accept: accept) { buffer in
      pending += buffer.readableBytesView
      while let end = pending.firstIndex(of: 0x0A) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        if !line.isEmpty { try each(line) }
      }
    }
  }

  /// One request on a connection of its own; the parts of a good answer's body go to `each`.
  private func exchange(
    _ method: HTTPMethod, _ path: String, body: [UInt8]?, accept: String, _ each: (ByteBuffer) throws -> Void
  ) async throws {
    do {
      try await connectAndExchange(method, path, body: body, accept: accept, each)
    } catch let error as IOError {
      throw ended(error)
    } catch let error as ChannelError {
      throw ended(error)
    } catch let error as HTTPParserError {
      // What NIO makes of a stream that ends in the middle of an answer.
      throw ended(error)
    }
  }

  private func ended(_ error: any Error) -> Problem {
    Problem(
      type: "urn:testudo:execution", title: "The control plane ended", status: 502,
      detail: "the control plane at `\(socket)` ended before it had answered (\(error)); "
        + "it goes on with what it was doing when it is started again, by any command",
      kind: .execution)
  }

  private func connectAndExchange(
    _ method: HTTPMethod, _ path: String, body: [UInt8]?, accept: String, _ each: (ByteBuffer) throws -> Void
  ) async throws {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(unixDomainSocketPath: socket) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    var isComplete = false
    do {
      try await send(method, path, body: body, accept: accept, on: channel, each) { isComplete = true }
    } catch let error as ChannelError where isComplete {
      // The server closes first, having been asked to; that this side's closing finds nothing open is no failure.
      _ = error
    }
  }

  private func send(
    _ method: HTTPMethod, _ path: String, body: [UInt8]?, accept: String,
    on channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>, _ each: (ByteBuffer) throws -> Void,
    completion: () -> Void
  ) async throws {
    try await channel.executeThenClose { inbound, outbound in
      var headers: HTTPHeaders = ["host": "testudo", "accept": accept, "connection": "close"]
      if let body {
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(body.count))
      }
      // In one piece: an answer to the head alone, and the server's closing, must not come between.
      var parts: [HTTPClientRequestPart] = [
        .head(HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers))
      ]
      if let body { parts.append(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
      parts.append(.end(nil))
      try await outbound.write(contentsOf: parts)
      var status = HTTPResponseStatus.ok
      var failure = ByteBuffer()
      for try await part in inbound {
        switch part {
        case .head(let head): status = head.status
        case .body(var buffer):
          if status == .ok { try each(buffer) } else { failure.writeBuffer(&buffer) }
        case .end: break
        }
        if case .end = part { break }
      }
      if status != .ok { throw APIClient.problem(status, failure) }
      completion()
    }
  }

  private static func problem(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> Problem {
    if let problem = try? JSONDecoder().decode(Problem.self, from: Data(body.readableBytesView)) { return problem }
    return Problem(
      type: "about:blank", title: status.reasonPhrase, status: Int(status.code),
      detail: String(buffer: body), kind: .execution)
  }
}
