import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Orchestration

/// How answers are written.
enum Answer {
  static let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }()

  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let data = try encoder.encode(value)
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
    Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  static func problem(_ problem: Problem) throws -> Response {
    let data = try encoder.encode(problem)
    return Response(
      status: .init(code: problem.status), headers: [.contentType: "application/problem+json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// Carries something out and tells of it line by line. It goes on when the client hangs up: an interrupted command
  /// leaves nothing half done.
  static func lines<Result: Codable & Sendable>(
    _ body: @escaping @Sendable (@escaping @Sendable (StepOutcome) -> Void) async throws(OrchestrationFault) -> Result,
    beforeEnd: @escaping @Sendable () async -> Void = {}
  ) -> Response {
    let (lines, continuation) = AsyncStream.makeStream(of: AnswerLine<Result>.self)
    Task {
      let last: AnswerLine<Result>
      do throws(OrchestrationFault) {
        last = .result(try await body { continuation.yield(.progress($0)) })
      } catch {
        last = .problem(Problem(error))
      }
      await beforeEnd()
      continuation.yield(last)
      continuation.finish()
    }
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson"],
      body: ResponseBody { writer in
        for await line in lines {
          var data = try encoder.encode(line)
          data.append(0x0A)
          try await writer.write(ByteBuffer(bytes: data))
        }
        try await writer.finish(nil)
      })
  }

  /// The body of a request, of at most 4 MiB.
  static func decode<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
    let buffer = try await request.body.collect(upTo: 4 << 20)
    return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
  }
}

extension Request {
  /// The tenant asked for, `default` when none is.
  var tenant: String { uri.queryParameters["tenant"].map(String.init) ?? "default" }
  /// The tenant asked for, or all.
  var tenantFilter: String? { uri.queryParameters["tenant"].map(String.init) }
}
