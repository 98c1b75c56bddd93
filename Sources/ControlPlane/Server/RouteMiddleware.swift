import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Holds each request against what is described of its route, so that a handler sees no other: whether there is such a
/// route, and such a method of it; what stands in the query; and what the body is and how long.
struct RouteMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  /// The routes that are served.
  let routes: [APIRoute]

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let path = context.endpointPath, let route = APIRoute.of(request.method.rawValue, path) else {
      throw missing(request)
    }
    try Self.checkQuery(of: request, route)
    guard let body = route.body else { return try await next(request, context) }
    try Self.checkType(of: request, body)
    var request = request
    try await Self.read(&request, body)
    return try await next(request, context)
  }

  /// There is no such path (RFC 9110, section 15.5.5), or not with this method (section 15.5.6).
  private func missing(_ request: Request) -> any Error {
    let methods = Set(routes.filter { $0.matches(request.uri.path) }.map(\.method))
    guard !methods.isEmpty else {
      return Problem(
        type: "urn:testudo:not-found", title: "Not found", status: 404,
        detail: "there is no `\(request.uri.path)` in this API; `/openapi.json` says what there is", kind: .input)
    }
    let allowed = (methods.contains("GET") ? methods.union(["HEAD"]) : methods).sorted().joined(separator: ", ")
    return Refusal(
      Problem(
        type: "urn:testudo:method", title: "Method not allowed", status: 405,
        detail: "`\(request.method.rawValue)` is no method of `\(request.uri.path)`, expected \(allowed)", kind: .input),
      [.allow: allowed])
  }

  private static func checkQuery(of request: Request, _ route: APIRoute) throws(Problem) {
    var seen: Set<String> = []
    for (key, value) in request.uri.queryParameters {
      let (name, value) = (String(key), String(value))
      guard let parameter = route.queries.first(where: { $0.name == name }) else {
        let known = route.queries.map { "`\($0.name)`" }.joined(separator: ", ")
        throw .badRequest("the query has `\(name)`, expected " + (known.isEmpty ? "no query" : known))
      }
      guard seen.insert(name).inserted else { throw .badRequest("the query has `\(name)` twice, expected it once") }
      if let expected = parameter.expectation(for: value) {
        throw .badRequest("`\(name)` is `\(value)`, expected \(expected)")
      }
    }
  }

  private static func checkType(of request: Request, _ body: APIRoute.Body) throws(Problem) {
    guard !body.types.isEmpty, !body.isRefusedByHandler else { return }
    let given = request.headers[.contentType]
    let type = given?.split(separator: ";", omittingEmptySubsequences: false).first
      .map { $0.trimming(while: \.isWhitespace).lowercased() }
    guard type.map(body.types.contains) != true else { return }
    let found = given.map { "the content type is `\($0)`" } ?? "there is no content type"
    let expected = body.types.map { "`\($0)`" }.joined(separator: " or ")
    throw Problem(
      type: "urn:testudo:media-type", title: "Unsupported media type", status: body.refusal,
      detail: "\(found), expected \(expected)", kind: .input)
  }

  /// Reads the body, and looks at its fields where it is JSON that its handler decodes.
  private static func read(_ request: inout Request, _ body: APIRoute.Body) async throws {
    let limit = body.limit
    let tooLong = Problem(
      type: "urn:testudo:too-long", title: "Content too large", status: 413,
      detail: "the body is too long, expected at most \(limit) bytes", kind: .input)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLong }
    do {
      let bytes = try await request.collectBody(upTo: limit)
      if !body.isRefusedByHandler, let schema = body.schema.flatMap(BodySchema.init),
        let value = try? JSONDecoder().decode(JSON.self, from: Data(bytes.readableBytesView)),
        let mistake = schema.mistake(in: value)
      {
        throw Problem.badRequest("the body: \(mistake)")
      }
    } catch is NIOTooManyBytesError {
      throw tooLong
    }
  }
}

extension StringProtocol {
  /// The text without what it begins and ends with of a kind.
  fileprivate func trimming(while isLeftOut: (Character) -> Bool) -> SubSequence {
    guard let first = firstIndex(where: { !isLeftOut($0) }), let last = lastIndex(where: { !isLeftOut($0) }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }
}
