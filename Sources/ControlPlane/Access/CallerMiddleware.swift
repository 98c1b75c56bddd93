import HTTPTypes
import Hummingbird
import Orchestration

/// Who asks, and whether they may: before every route over TCP. What passes names one tenant, the caller's own unless
/// they may name another, so that no handler has to think of it.
struct CallerMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  let tokens: AccessTokens
  let policy: APIPolicy

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let operation = context.endpointPath.map { APIOperation.of(request.method.rawValue, $0) }
    if case .some(.none) = operation { return try await next(request, context) }
    guard let token = try Self.token(request).flatMap(tokens.token) else {
      throw Self.unauthorized(hasToken: request.headers[.authorization] != nil)
    }
    // What is no route is refused further on, to those only who have a token.
    guard case .some(.some(let operation)) = operation else { return try await next(request, context) }
    let asked = context.parameters.get("tenant") ?? request.tenantFilter
    // Whoever has all tenants asks about all of them where that is possible.
    let tenant = asked ?? token.tenant ?? (Self.canMeanAll(operation) ? nil : "default")
    if let tenant, !DecisionPoints.isName(tenant), !(tenant == AccessTokens.everywhere && token.tenant == nil) {
      throw OrchestrationFault.notFound(
        "`\(tenant)` is no tenant's name, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
    guard policy.permits(token, operation, on: tenant) else { throw Self.forbidden(token, operation, tenant) }
    let takesTenant = context.endpointPath.flatMap { APIRoute.of(request.method.rawValue, $0) }?.takesTenant ?? false
    // Tenants are not told the names of those who have all tenants.
    let caller = token.tenant == nil ? "an administrator of all tenants" : "`\(token.name)`"
    return try await Caller.$current.withValue(caller) {
      try await next(takesTenant ? Self.naming(tenant, in: request) : request, context)
    }
  }

  /// Whether an operation can be about all tenants at once.
  private static func canMeanAll(_ operation: APIOperation) -> Bool {
    [.observe, .readDecisions, .changeTokens, .operateMachine].contains(operation)
  }

  /// The token that a request shows (RFC 6750, section 2.1); `nil` for none.
  private static func token(_ request: Request) throws -> String? {
    let fields = request.headers[values: .authorization]
    guard fields.count <= 1 else {
      throw Problem.badRequest("there are \(fields.count) `Authorization` fields, expected one")
    }
    guard let field = fields.first else { return nil }
    let words = field.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    return String(words[1])
  }

  /// The request with exactly one tenant in its query, or with none.
  private static func naming(_ tenant: String?, in request: Request) -> Request {
    var query = (request.uri.query ?? "").split(separator: "&").filter {
      // A name written with percent signs might be read as the tenant's by somebody.
      let name = $0.prefix { $0 != "=" }
      return name != "tenant" && !name.contains("%")
    }.map(String.init)
    if let tenant { query.append("tenant=\(tenant)") }
    var head = request.head
    head.path = request.uri.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return Request(head: head, body: request.body)
  }

  private static func unauthorized(hasToken: Bool) -> Refusal {
    Refusal(
      problem: Problem(
        type: "urn:testudo:unauthorized", title: "Unauthorized", status: 401,
        detail: hasToken
          ? "the token is unknown, revoked or over, expected one of `testudo token create`"
          : "there is no token, expected `Authorization: Bearer TOKEN`", kind: .refused),
      challenge: #"Bearer realm="testudo""# + (hasToken ? #", error="invalid_token""# : ""))
  }

  private static func forbidden(_ token: AccessToken, _ operation: APIOperation, _ tenant: String?) -> Refusal {
    let object = operation.isOfMachine ? "the machine" : tenant.map { "tenant `\($0)`" } ?? "all tenants"
    let own = token.tenant.map { "tenant `\($0)`" } ?? "all tenants"
    return Refusal(
      problem: Problem(
        type: "urn:testudo:forbidden", title: "Forbidden", status: 403,
        detail: "the role `\(token.role.rawValue)` for \(own) may not `\(operation.rawValue)` on \(object)",
        kind: .refused),
      challenge: #"Bearer realm="testudo", error="insufficient_scope""#)
  }
}
