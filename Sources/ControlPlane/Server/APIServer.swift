import Foundation
import Glibc
public import Hummingbird
import NIOCore
public import Orchestration

/// The control plane's face: the REST API over a Unix socket in the home folder, which only its owner can open.
public struct APIServer: Sendable {
  /// The version of the program.
  public static let version = "0.1.0"

  let orchestrator: Orchestrator
  let home: HomeDirectory
  /// Whether the process ends once nothing is declared any more: so that `down` of the last service leaves no process.
  let endsWhenIdle: Bool

  /// A server in front of an orchestrator.
  public init(orchestrator: Orchestrator, home: HomeDirectory, endsWhenIdle: Bool) {
    self.orchestrator = orchestrator
    self.home = home
    self.endsWhenIdle = endsWhenIdle
  }

  /// The routes.
  public func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ProblemMiddleware())
    addServices(to: router.group("api/v1"))
    addPolicies(to: router.group("api/v1"))
    addObservation(to: router.group("api/v1"))
    router.get("healthz") { _, _ in
      try Answer.json(Health(status: "ok", pid: getpid(), version: APIServer.version))
    }
    router.get("readyz") { _, _ in try Answer.json(Done()) }
    router.get("metrics") { _, _ in
      Answer.text(Metrics.text(of: await orchestrator.unikernels(tenant: nil)), type: "text/plain; version=0.0.4")
    }
    return router
  }

  /// Serves until the process is told to end.
  public func run() async throws {
    unlink(home.apiSocket)
    let mask = umask(0o077)
    let application = Application(
      router: router(),
      configuration: .init(address: .unixDomainSocket(path: home.apiSocket), serverName: nil),
      onServerRunning: { _ in umask(mask) })
    try await application.runService()
    unlink(home.apiSocket)
  }

  /// Ends the process a moment after the answer is out, if nothing is declared any more. The socket goes before the answer
  /// does: whoever is told that the last service is down finds no control plane, and starts another.
  func endIfIdle() async {
    guard endsWhenIdle, await orchestrator.isIdle else { return }
    unlink(home.apiSocket)
    Task {
      try? await Task.sleep(for: .milliseconds(50))
      kill(getpid(), SIGTERM)
    }
  }
}

/// Turns what handlers throw into `application/problem+json`.
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
    } catch let error as HTTPError {
      let detail =
        error.status == .notFound ? "there is no `\(request.uri.path)` in this API" : error.body ?? "\(error)"
      return try Answer.problem(
        Problem(
          type: "about:blank", title: error.status.reasonPhrase, status: error.status.code, detail: detail,
          kind: .input))
    } catch let error as DecodingError {
      return try Answer.problem(.badRequest("the body is not what was expected: \(error)"))
    }
  }
}
