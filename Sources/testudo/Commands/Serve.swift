import ArgumentParser
import ControlPlane
import Foundation
import Hosting
import Orchestration

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the control plane in the foreground: the REST API on a Unix socket in the home folder.",
    discussion: """
      With --listen it is served over TCP, too. On a loopback address, callers without tokens can ask policy decision
      points (AuthZEN), and nothing else. With --certificate and --key, on any address, callers show tokens
      (`testudo token create`) and have what their role may do; --tokens asks for that without TLS, on a loopback address.

      Examples: testudo serve --listen 127.0.0.1:8080
                testudo serve --listen 0.0.0.0:8443 --certificate tls/pdp.pem --key tls/pdp-key.pem
      """)

  @Flag(help: "End when nothing is up any more; how `up` starts it in the background.")
  var untilIdle = false

  @Option(help: "An address and port to listen on besides; port 0 lets the system choose.")
  var listen: String?

  @Option(help: "The server's certificate, and those that lead to its authority, in PEM.")
  var certificate: String?

  @Option(help: "The key of the certificate, in PEM.")
  var key: String?

  @Option(help: "The authorities of clients' certificates, in PEM: without a certificate of theirs, nobody is let in.")
  var clientAuthority: String?

  @Flag(help: "Ask for tokens on a loopback address without TLS, too, and serve the whole API there.")
  var tokens = false

  @Option(help: "The address that clients know the decision points under, such as https://pdp.example.")
  var url: String?

  @Flag(name: .customLong("print-openapi"), help: "Print the description of the API (OpenAPI 3.1), and end.")
  var printOpenAPI = false

  func validate() throws {
    if let listen {
      guard let address = ListenAddress(listen) else {
        throw ValidationError(
          "`\(listen)` is no address to listen on; expected ADDRESS:PORT, [IPV6]:PORT or localhost:PORT.")
      }
      if !address.isLoopback, certificate == nil {
        throw ValidationError(
          "`\(listen)` can be reached by others: give --certificate and --key, or listen on 127.0.0.1:PORT.")
      }
    } else if certificate != nil || key != nil || clientAuthority != nil || tokens {
      throw ValidationError("--certificate, --key, --client-authority and --tokens are for --listen.")
    }
    if (certificate == nil) != (key == nil) { throw ValidationError("--certificate and --key go together.") }
    if clientAuthority != nil, certificate == nil { throw ValidationError("--client-authority is for --certificate.") }
    if let url, !url.hasPrefix("https://") && !url.hasPrefix("http://") || url.contains("?") || url.contains("#") {
      throw ValidationError("`\(url)` is no base address; expected https://HOST, without query and fragment.")
    }
  }

  /// What to listen on, its files read: before anything else is done, so that a wrong path is said at once.
  private func listener() throws(OrchestrationFault) -> Listener? {
    guard let address = listen.flatMap({ ListenAddress($0) }) else { return nil }
    var tls: ServerTLS?
    if let certificate, let key {
      tls = try ServerTLS(certificate: certificate, key: key, clientAuthority: clientAuthority)
    }
    return try Listener(address, tls: tls, needsTokens: tokens)
  }

  func run() async throws {
    if printOpenAPI { return print(try APIDescription.text(), terminator: "") }
    let listener = try listener()
    let home = Installation.home
    try home.create()
    // An ordinary user's goes on from here in a user namespace, as the same process.
    try UserNamespace.enter(home: home.path)
    let lock = try ControlPlaneLock(home: home)
    let environment = try OrchestrationEnvironment(
      home: home, library: try Installation.library(), forwarderProgram: Installation.forwarder)
    let orchestrator = try Orchestrator(environment: environment)
    // Whoever asks is answered only once everything that survived is taken up again.
    await orchestrator.recover()
    Console.say("testudo \(APIServer.version): control plane at \(home.apiSocket)")
    let base = url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let server = APIServer(
      orchestrator: orchestrator, home: home, endsWhenIdle: untilIdle, listen: listener, publicURL: base)
    try await server.run { Console.say("decision points at \($0)") }
    _ = consume lock
  }
}
