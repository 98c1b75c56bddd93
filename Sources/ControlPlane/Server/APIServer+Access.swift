import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Orchestration
import PolicyDecision

// The AuthZEN Authorization API 1.0. A tenant's decision point is at `/tenants/T`; the one of the tenant `default` is at the
// root, too, where `?tenant=T` names another as everywhere in this API.

extension APIServer {
  func addAccess(to router: Router<BasicRequestContext>) {
    for endpoint in AccessEndpoint.allCases {
      router.post(RouterPath(endpoint.path)) { request, _ in
        try await access(endpoint, request, tenant: request.tenant)
      }
      router.post(RouterPath("tenants/:tenant/\(endpoint.path)")) { request, context in
        try await access(endpoint, request, tenant: try context.parameters.require("tenant"))
      }
    }
    router.get(".well-known/authzen-configuration") { request, _ in
      Answer.text(AccessMetadata.document(at: address(for: request)), type: "application/json")
    }
    // The path of a decision point follows the well-known one (section 11.2.1).
    router.get(".well-known/authzen-configuration/tenants/:tenant") { request, context in
      let tenant = try context.parameters.require("tenant")
      try Self.requireName(tenant)
      let base = "\(address(for: request))/tenants/\(tenant)"
      return Answer.text(AccessMetadata.document(at: base), type: "application/json")
    }
  }

  private func access(
    _ endpoint: AccessEndpoint, _ request: Request, tenant: String
  ) async throws -> Response {
    try Self.requireName(tenant)
    let buffer = try await request.body.collect(upTo: .max)
    guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
      throw Problem.badRequest("the body is not UTF-8, expected a JSON object")
    }
    let answer: AccessAnswer
    do throws(MalformedAccessRequest) {
      answer = try orchestrator.decisionPoints.point(of: tenant).answer(
        endpoint, text, at: Int64(Date().timeIntervalSince1970))
    } catch {
      throw Problem.badRequest(error.description)
    }
    decisionLog.record(answer.decisions, tenant: tenant, request: request.headers[.requestID])
    return Answer.text(answer.body, type: "application/json")
  }

  private static func requireName(_ tenant: String) throws(OrchestrationFault) {
    guard DecisionPoints.isName(tenant) else {
      throw .notFound(
        "`\(tenant)` is no tenant's name, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
  }

  /// The address that a client reaches this under: the one it was told, else the one it asked for.
  private func address(for request: Request) -> String {
    publicURL ?? "\(listen?.scheme ?? "http")://\(request.head.authority ?? "localhost")"
  }
}

extension HTTPField.Name {
  /// What a caller names its request (AuthZEN Authorization API 1.0, section 12.1.13).
  static let requestID = HTTPField.Name("X-Request-ID")!
}

/// Gives each answer the identifier that the caller gave the request.
struct RequestIDMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    if let identifier = request.headers[.requestID] { response.headers[.requestID] = identifier }
    return response
  }
}
