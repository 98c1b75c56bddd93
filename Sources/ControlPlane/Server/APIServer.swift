import Foundation
import Glibc
public import Hummingbird
import NIOCore
public import Orchestration

/// The control plane's face: the REST API over a Unix socket in the home folder, which only its owner can open; and the
/// decision points, over TCP on this machine too.
public struct APIServer: Sendable {
  /// The version of the program.
  public static let version = "0.1.0"

  let orchestrator: Orchestrator
  let home: HomeDirectory
  /// Whether the process ends once nothing is declared any more: so that `down` of the last service leaves no process.
  let endsWhenIdle: Bool
  /// Where decision points listen besides the Unix socket.
  let listen: ListenAddress?
  /// The address that clients know the decision points under, without a `/` at its end; else the one they ask for.
  let publicURL: String?
  let decisionLog: DecisionLog

  /// A server in front of an orchestrator.
  public init(
    orchestrator: Orchestrator, home: HomeDirectory, endsWhenIdle: Bool, listen: ListenAddress? = nil,
    publicURL: String? = nil
  ) {
    self.orchestrator = orchestrator
    self.home = home
    self.endsWhenIdle = endsWhenIdle
    self.listen = listen
    self.publicURL = publicURL
    decisionLog = DecisionLog(
      folder: home.decisions, journal: orchestrator.journal, productVersion: APIServer.version)
  }

  /// What is served over TCP: decisions, and nothing that changes anything.
  func decisionRouter() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: ProblemMiddleware())
    addAccess(to: router)
    router.get("healthz") { _, _ in
      try Answer.json(Health(status: "ok", pid: getpid(), version: APIServer.version))
    }
    return router
  }

  /// The routes.
  public func router() -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: ProblemMiddleware())
    addAccess(to: router)
    addDecision(to: router.group("api/v1"))
    addServices(to: router.group("api/v1"))
    addPolicies(to: router.group("api/v1"))
    addObservation(to: router.group("api/v1"))
    addPool(to: router.group("api/v1"))
    router.get("healthz") { _, _ in
      try Answer.json(Health(status: "ok", pid: getpid(), version: APIServer.version))
    }
    router.get("readyz") { _, _ in try Answer.json(Done()) }
    router.get("metrics") { _, _ in
      let text =
        Metrics.text(of: await orchestrator.unikernels(tenant: nil)) + Metrics.text(of: decisionLog.counts)
      return Answer.text(text, type: "text/plain; version=0.0.4")
    }
    return router
  }

  /// Serves until the process is told to end. `listening` is told the address of the decision points once they listen.
  public func run(listening: @escaping @Sendable (String) -> Void = { _ in }) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await runOnSocket() }
      if let listen { group.addTask { try await run(on: listen, listening) } }
      // Both end when the process is told to; where one fails to begin, the other must not go on alone.
      defer { group.cancelAll() }
      for try await _ in group {}
    }
    decisionLog.flush()
  }

  private func run(on listen: ListenAddress, _ listening: @escaping @Sendable (String) -> Void) async throws {
    let application = Application(
      router: decisionRouter(),
      configuration: .init(address: .hostname(listen.host, port: listen.port), serverName: nil),
      onServerRunning: { channel in
        var address = listen
        address.port = channel.localAddress?.port ?? listen.port
        listening("http://\(address)")
      })
    do {
      try await application.runService()
    } catch let error as IOError {
      throw OrchestrationFault.input("`\(listen)` cannot be listened on: \(error)")
    }
  }

  private func runOnSocket() async throws {
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
