import Foundation
import Hummingbird
import NIOCore
import Orchestration

// What runs, and what happened.

extension APIServer {
  func addObservation(to api: RouterGroup<BasicRequestContext>) {
    let orchestrator = orchestrator
    api.get("unikernels") { request, _ in
      try Answer.json(await orchestrator.unikernels(tenant: request.tenantFilter))
    }
    api.get("logs/:name") { request, context in
      let name = try context.parameters.require("name")
      let resource = request.uri.queryParameters["resource"].map(String.init)
      return Answer.text(try await orchestrator.logs(name, resource: resource, tenant: request.tenant))
    }
    api.get("events") { request, _ in
      let after = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
      let tenant = request.tenantFilter
      guard request.headers[.accept]?.contains("text/event-stream") == true else {
        return try Answer.json(
          orchestrator.journal.events(after: after).filter { tenant == nil || $0.tenant == tenant })
      }
      return APIServer.eventStream(orchestrator.journal, after: after, tenant: tenant)
    }
  }

  /// Events as server-sent events (WHATWG HTML, 9.2): those after a number, then those that happen; of one tenant, or all.
  private static func eventStream(_ journal: Journal, after: Int, tenant: String?) -> Response {
    let following = journal.follow()
    let past = journal.events(after: after)
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        var last = after
        for event in past {
          last = event.number
          if tenant == nil || event.tenant == tenant { try await writer.write(frame(event)) }
        }
        for await event in following where event.number > last && (tenant == nil || event.tenant == tenant) {
          try await writer.write(frame(event))
        }
        try await writer.finish(nil)
      })
  }

  private static func frame(_ event: EventRecord) throws -> ByteBuffer {
    let data = try Answer.encoder.encode(event)
    return ByteBuffer(string: "id: \(event.number)\ndata: \(String(decoding: data, as: UTF8.self))\n\n")
  }
}
