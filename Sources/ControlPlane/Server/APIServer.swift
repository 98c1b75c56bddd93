import Foundation
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import NIOCore
public import Orchestration
import Synchronization

/// The control plane's face: the REST API over a Unix socket in the home folder, which only its owner can open; and over
/// TCP, with TLS and tokens, or on this machine only and then only for decisions.
public struct APIServer: Sendable {
  /// The version of the program.
  public static let version = Orchestrator.productVersion

  let orchestrator: Orchestrator
  let home: HomeDirectory
  /// Whether the process ends once nothing is declared any more: so that `down` of the last service leaves no process.
  let endsWhenIdle: Bool
  /// Where it listens besides the Unix socket.
  let listen: Listener?
  /// The address that clients know the decision points under, without a `/` at its end; else the one they ask for.
  let publicURL: String?
  /// Who is told that it serves.
  let supervisor: Supervisor
  /// How many requests were answered, and how long that took.
  let requests = RequestCounts()
  var decisionLog: DecisionLog { orchestrator.decisionLog }

  /// A server in front of an orchestrator.
  public init(
    orchestrator: Orchestrator, home: HomeDirectory, endsWhenIdle: Bool, listen: Listener? = nil,
    publicURL: String? = nil, supervisor: Supervisor = Supervisor(environment: [:])
  ) {
    self.supervisor = supervisor
    self.orchestrator = orchestrator
    self.home = home
    self.endsWhenIdle = endsWhenIdle
    self.listen = listen
    self.publicURL = publicURL
  }

  /// What is served over TCP to callers without tokens: decisions, and what carries its own proof.
  func decisionRouter() -> Router<BasicRequestContext> {
    let router = makeRouter(APIRoute.withoutTokens, callers: nil)
    addAccess(to: router)
    addSignals(to: router)
    addItself(to: router)
    return router
  }

  /// The routes. With callers, each request shows a token, and does what its bearer may.
  func router(callers: CallerMiddleware? = nil) -> Router<BasicRequestContext> {
    let router = makeRouter(APIRoute.all, callers: callers)
    addAccess(to: router)
    addSignals(to: router)
    addCommands(to: router)
    addItself(to: router)
    addDashboard(to: router)
    let api = router.group("api/v1")
    addDecision(to: api)
    addServices(to: api)
    addPolicies(to: api)
    addObservation(to: api)
    addImages(to: api)
    addPool(to: api)
    addTokens(to: api)
    addQuarantine(to: api)
    addTransmitters(to: api)
    addPacketRules(to: api)
    addTenants(to: api)
    addMetrics(to: router)
    return router
  }

  private func makeRouter(_ routes: [APIRoute], callers: CallerMiddleware?) -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: RequestCountMiddleware(counts: requests))
    router.add(middleware: ProblemMiddleware())
    if let callers { router.add(middleware: callers) }
    router.add(middleware: RouteMiddleware(routes: routes))
    return router
  }

  /// Serves until the process is told to end. `listening` is told the address of the decision points once they listen.
  public func run(listening: @escaping @Sendable (String) -> Void = { _ in }) async throws {
    let places = Mutex(listen == nil ? 1 : 2)
    // Who supervises it is told once it listens everywhere.
    let began: @Sendable () -> Void = {
      let isLast = places.withLock { count in
        count -= 1
        return count == 0
      }
      if isLast { supervisor.tell("READY=1\nSTATUS=serving") }
    }
    let reassurance = Task { await supervisor.reassure(orchestrator) }
    defer {
      reassurance.cancel()
      supervisor.tell("STOPPING=1")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await runOnSocket(began) }
      if let listen {
        group.addTask {
          try await run(on: listen) { address in
            listening(address)
            began()
          }
        }
      }
      // Both end when the process is told to; where one fails to begin, the other must not go on alone.
      defer { group.cancelAll() }
      for try await _ in group {}
    }
    decisionLog.flush()
  }

  private func run(on listen: Listener, _ listening: @escaping @Sendable (String) -> Void) async throws {
    let callers = try listen.needsTokens ? CallerMiddleware(tokens: orchestrator.tokens, policy: APIPolicy()) : nil
    let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: Self.idleTimeout))
    let server = try listen.tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0.configuration) } ?? plain
    let address = listen.address
    let application = Application(
      router: callers.map { router(callers: $0) } ?? decisionRouter(), server: server,
      configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
      onServerRunning: { channel in
        var bound = address
        bound.port = channel.localAddress?.port ?? address.port
        listening("\(listen.scheme)://\(bound)")
      })
    do {
      try await application.runService()
    } catch let error as IOError {
      throw OrchestrationFault.input("`\(address)` cannot be listened on: \(error)")
    }
  }

  /// A connection over TCP on which nothing happens for so long is closed.
  private static let idleTimeout = TimeAmount.seconds(60)

  private func runOnSocket(_ began: @escaping @Sendable () -> Void) async throws {
    unlink(home.apiSocket)
    let mask = umask(0o077)
    let application = Application(
      router: router(),
      configuration: .init(address: .unixDomainSocket(path: home.apiSocket), serverName: nil),
      onServerRunning: { _ in
        umask(mask)
        began()
      })
    try await application.runService()
    unlink(home.apiSocket)
  }

  /// Ends the process a moment after the answer is out, if nothing is declared any more. The socket goes before the answer
  /// does: whoever is told that the last service is down finds no control plane, and starts another.
  func endIfIdle() async {
    guard endsWhenIdle, await orchestrator.isEmpty else { return }
    guard await orchestrator.isIdle else {
      // What is under way may declare something yet; whatever it is, it does not ask for this when it is done.
      Task {
        try? await Task.sleep(for: .milliseconds(50))
        await endIfIdle()
      }
      return
    }
    unlink(home.apiSocket)
    Task {
      try? await Task.sleep(for: .milliseconds(50))
      kill(getpid(), SIGTERM)
    }
  }
}
