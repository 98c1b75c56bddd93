import HTTPTypes
import Hummingbird
import Orchestration

/// Turns what handlers throw into `application/problem+json`, whatever it is.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let fault as OrchestrationFault {
      return try Answer.problem(Problem(fault))
    } catch let problem as Problem {
      return try Answer.problem(problem)
    } catch let refusal as Refusal {
      var response = try Answer.problem(refusal.problem)
      for field in refusal.fields { response.headers.append(field) }
      return response
    } catch let error as any HTTPResponseError {
      let detail = (error as? HTTPError)?.body ?? "`\(request.uri.path)`: \(error.status.reasonPhrase)"
      return try Answer.problem(
        Problem(
          type: "about:blank", title: error.status.reasonPhrase, status: error.status.code, detail: detail,
          kind: error.status.kind == .serverError ? .execution : .input))
    } catch let error as DecodingError {
      return try Answer.problem(.badRequest("the body: \(error.expectation)"))
    } catch let error where !(error is CancellationError) {
      return try Answer.problem(Problem(.execution("the request could not be answered: \(error)")))
    }
  }
}

/// A request that is not let through, with what its answer says of that in its fields.
struct Refusal: Error {
  var problem: Problem
  var fields: HTTPFields

  /// A problem and the fields of its answer.
  init(_ problem: Problem, _ fields: HTTPFields) {
    self.problem = problem
    self.fields = fields
  }

  /// A caller who is not let in, and what they would have to show (RFC 9110, section 11.6.1).
  init(problem: Problem, challenge: String) {
    self.init(problem, [.wwwAuthenticate: challenge])
  }
}

extension DecodingError {
  /// What is wrong where, and what was expected there.
  var expectation: String {
    switch self {
    case .keyNotFound(let key, let context):
      "\(Self.place(context.codingPath)) has no `\(key.stringValue)`"
    case .typeMismatch(let type, let context):
      "\(Self.place(context.codingPath)) is of another kind, expected \(Self.name(of: type))"
    case .valueNotFound(let type, let context):
      "\(Self.place(context.codingPath)) is `null`, expected \(Self.name(of: type))"
    case .dataCorrupted(let context) where context.codingPath.isEmpty: "it is not JSON, expected a JSON document"
    case .dataCorrupted(let context):
      "\(Self.place(context.codingPath)) is not one of the values there are: \(context.debugDescription)"
    @unknown default: "it is not what was expected"
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    guard !path.isEmpty else { return "it" }
    let text = path.reduce(into: "") { text, key in
      text += key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? key.stringValue : ".\(key.stringValue)")
    }
    return "`\(text)`"
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "`true` or `false`"
    case is Int.Type, is Int32.Type: "a whole number"
    case is Double.Type: "a number"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}
