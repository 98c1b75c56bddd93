import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Orchestration
import SharedSignals

// Shared signals: security event tokens that are pushed (RFC 8935), and who may send them.

extension APIServer {
  /// Where tokens are pushed to. Who sends one shows it by its signature, and needs nothing else.
  func addSignals(to router: Router<BasicRequestContext>) {
    let orchestrator = orchestrator
    router.post("ssf/events") { request, _ in
      let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
      guard type?.lowercased() == "application/secevent+jwt" else {
        return try Self.refusal(
          SignalRefusal(.invalidRequest, "the content type is not `application/secevent+jwt`"))
      }
      guard let buffer = try? await request.body.collect(upTo: SecurityEventToken.maximumBytes),
        let text = String(validating: buffer.readableBytesView, as: UTF8.self)
      else {
        return try Self.refusal(
          SignalRefusal(.invalidRequest, "the body is no token of at most \(SecurityEventToken.maximumBytes) bytes"))
      }
      do {
        try await orchestrator.receive(signal: text)
      } catch Transmitters.Refusal.token(let refusal) {
        return try Self.refusal(refusal)
      } catch Transmitters.Refusal.tooMany(let seconds) {
        var response = try Answer.problem(
          Problem(
            type: "urn:testudo:too-many", title: "Too many tokens", status: 429,
            detail: "the transmitter has sent \(Transmitters.maximumTokens) tokens within a day, expected fewer",
            kind: .refused))
        response.headers[.retryAfter] = String(seconds)
        return response
      }
      return Response(status: .accepted)
    }
  }

  func addTransmitters(to api: RouterGroup<BasicRequestContext>) {
    let transmitters = orchestrator.transmitters
    api.get("transmitters") { _, _ in try Answer.json(transmitters.list()) }
    api.post("transmitters") { request, _ in
      let asked = try await Answer.decode(Transmitter.self, from: request)
      try transmitters.add(asked)
      return try Answer.json(asked)
    }
    api.delete("transmitters/:name") { _, context in
      try Answer.json(try transmitters.remove(try context.parameters.require("name")))
    }
  }

  /// What the transmitter of a token is told that was not accepted (RFC 8935, 2.3).
  private static func refusal(_ refusal: SignalRefusal) throws -> Response {
    var response = try Answer.json(
      ["err": refusal.code.rawValue, "description": refusal.description], status: .badRequest)
    response.headers[.contentLanguage] = "en"
    return response
  }
}
