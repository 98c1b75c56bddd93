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

  /// Carries something out. It goes on when the client hangs up: an interrupted command leaves nothing half done. Who asks
  /// for lines is told of each step as it is carried out; others get the result or the problem once it is done. What
  /// fails before the first step is a problem with its status for both.
  static func steps<Result: Codable & Sendable>(
    _ request: Request,
    _ body: @escaping @Sendable (@escaping @Sendable (StepOutcome) -> Void) async throws(OrchestrationFault) -> Result,
    beforeEnd: @escaping @Sendable () async -> Void = {}
  ) async throws -> Response {
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
    let wantsLines = request.headers[.accept]?.contains("application/x-ndjson") == true
    var first: AnswerLine<Result>?
    search: for await line in lines {
      switch line {
      case .result(let result) where !wantsLines: return try json(result)
      case .problem(let problem): return try Answer.problem(problem)
      case .progress where !wantsLines: continue
      case .progress, .result:
        first = line
        break search
      }
    }
    guard let first else { throw CancellationError() }
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson"],
      body: ResponseBody { writer in
        try await writer.write(try frame(first))
        for await line in lines { try await writer.write(try frame(line)) }
        try await writer.finish(nil)
      })
  }

  private static func frame(_ line: some Encodable) throws -> ByteBuffer {
    var data = try encoder.encode(line)
    data.append(0x0A)
    return ByteBuffer(bytes: data)
  }

  /// The body of a request. It is no longer than its route says; `RouteMiddleware` sees to that.
  static func decode<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
    let buffer = try await request.body.collect(upTo: .max)
    return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
  }
}

extension Request {
  /// The tenant asked for, `default` when none is.
  var tenant: String { uri.queryParameters["tenant"].map(String.init) ?? "default" }
  /// What contextual attributes are asked about: a service, a tenant, or everything.
  var contextScope: ServiceScope {
    if let service = uri.queryParameters["service"].map(String.init) { return .service(service, tenant: tenant) }
    return tenantFilter.map { .tenant($0) } ?? .everything
  }
  /// The tenant asked for, or all.
  var tenantFilter: String? { uri.queryParameters["tenant"].map(String.init) }
}
