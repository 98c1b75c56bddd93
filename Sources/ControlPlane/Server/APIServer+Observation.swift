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
      let filter = EventFilter(request)
      guard request.headers[.accept]?.contains("text/event-stream") == true else {
        let events = filter.past(orchestrator.journal)
        guard filter.isOCSF else { return try Answer.json(events) }
        return Answer.text(events.map { $0.ocsf + "\n" }.joined(), type: "application/x-ndjson")
      }
      return APIServer.eventStream(orchestrator.journal, filter)
    }
  }

  /// Which events are asked for, and in which form.
  struct EventFilter: Sendable {
    let after: Int
    let tenant: String?
    let correlation: String?
    let isOCSF: Bool

    init(_ request: Request) {
      let query = request.uri.queryParameters
      after = query["after"].flatMap { Int($0) } ?? 0
      tenant = request.tenantFilter
      correlation = query["correlation"].map(String.init)
      isOCSF = query["ocsf"] == "true"
    }

    func admits(_ event: EventRecord) -> Bool {
      event.number > after && (tenant == nil || event.tenant == tenant)
        && (correlation == nil || event.correlation == correlation)
    }

    func past(_ journal: Journal) -> [EventRecord] {
      (correlation.map { journal.history($0) } ?? journal.events(after: after)).filter(admits)
    }
  }

  /// Events as server-sent events (WHATWG HTML, 9.2): those after a number, then those that happen; of one tenant, or all.
  private static func eventStream(_ journal: Journal, _ filter: EventFilter) -> Response {
    let following = journal.follow()
    let past = filter.past(journal)
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        var last = filter.after
        for event in past {
          last = event.number
          try await writer.write(frame(event, filter))
        }
        for await event in following where event.number > last && filter.admits(event) {
          try await writer.write(frame(event, filter))
        }
        try await writer.finish(nil)
      })
  }

  private static func frame(_ event: EventRecord, _ filter: EventFilter) throws -> ByteBuffer {
    let data = filter.isOCSF ? event.ocsf : String(decoding: try Answer.encoder.encode(event), as: UTF8.self)
    return ByteBuffer(string: "id: \(event.number)\ndata: \(data)\n\n")
  }
}
