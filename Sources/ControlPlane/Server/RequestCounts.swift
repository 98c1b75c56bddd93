import Hummingbird
import Synchronization

/// How many requests were answered, by route, method and status, and how long that took. Routes are few, and what is no
/// route is counted as one, so that nobody can make this grow.
final class RequestCounts: Sendable {
  /// What is counted together.
  struct Kind: Hashable, Comparable {
    var route: String
    var method: String
    var status: Int

    static func < (left: Kind, right: Kind) -> Bool {
      (left.route, left.method, left.status) < (right.route, right.method, right.status)
    }
  }

  /// What was counted.
  struct Count {
    var requests = 0
    var seconds = 0.0
  }

  private let counts = Mutex<[Kind: Count]>([:])

  /// Counts an answer.
  func add(_ kind: Kind, seconds: Double) {
    counts.withLock { counts in
      counts[kind, default: Count()].requests += 1
      counts[kind, default: Count()].seconds += seconds
    }
  }

  /// All counts, in order.
  var all: [(kind: Kind, count: Count)] {
    counts.withLock { counts in counts.map { ($0.key, $0.value) } }.sorted { $0.0 < $1.0 }
  }
}

/// Counts the answers of a router.
struct RequestCountMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  let counts: RequestCounts

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let route = context.endpointPath.flatMap { APIRoute.of(request.method.rawValue, $0) }
    let response = try await next(request, context)
    counts.add(
      .init(
        route: route?.path ?? "other", method: route == nil ? "other" : request.method.rawValue,
        status: response.status.code), seconds: Double((.now - start) / .microseconds(1)) / 1e6)
    return response
  }
}
