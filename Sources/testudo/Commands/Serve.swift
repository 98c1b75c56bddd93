import ArgumentParser
import ControlPlane
import Foundation
import Hosting
import Orchestration
import TOSCA

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the control plane in the foreground: the REST API on a Unix socket in the home folder.",
    discussion: """
      With --listen it is served over TCP, too. On a loopback address, callers without tokens can ask policy decision
      points (AuthZEN), and nothing else. With --certificate and --key, on any address, callers show tokens
      (`testudo token create`) and have what their role may do; --tokens asks for that without TLS, on a loopback address.

      Examples: testudo serve --listen 127.0.0.1:8080
                testudo serve --listen 0.0.0.0:8443 --certificate tls/pdp.pem --key tls/pdp-key.pem
                testudo serve --config /etc/testudo/testudo.yaml --check-config
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

  @Option(help: "The most memory that instances may wait with for changes of levels, such as 64MiB; 0 for none.")
  var poolMemory: String?

  @Flag(name: .customLong("print-openapi"), help: "Print the description of the API (OpenAPI 3.1), and end.")
  var printOpenAPI = false

  @Option(help: "A configuration file (YAML); what stands on the command line goes before it.")
  var config: String?

  @Flag(help: "Say what is wrong with the configuration, and where, and end.")
  var checkConfig = false

  func validate() throws {
    if let poolMemory, ServeConfiguration.bytes(poolMemory) == nil {
      throw ValidationError("--pool-memory: `\(poolMemory)` is no amount of memory; expected bytes, such as 64MiB.")
    }
    if checkConfig, config == nil { throw ValidationError("--check-config is for --config.") }
    guard config == nil, let mistake = commandLine(over: ServeConfiguration()).mistakes.first else { return }
    let option = "--" + mistake.key.replacing("_", with: "-")
    throw ValidationError("\(option): \(mistake.message); expected \(mistake.expected).")
  }

  /// What the command line says, and for the rest a file.
  private func commandLine(over file: ServeConfiguration) -> ServeConfiguration {
    var settings = file
    settings.listen = listen ?? file.listen
    settings.certificate = certificate ?? file.certificate
    settings.key = key ?? file.key
    settings.clientAuthority = clientAuthority ?? file.clientAuthority
    settings.tokens = tokens || file.tokens
    settings.url = url ?? file.url
    settings.poolMemory = poolMemory.flatMap { ServeConfiguration.bytes($0) } ?? file.poolMemory
    return settings
  }

  /// The settings; what is wrong with the file, or with both together, is said with its place.
  private func settings() throws -> ServeConfiguration {
    guard let config else { return commandLine(over: ServeConfiguration()) }
    var (configuration, file) = ServeConfiguration.read(URL(filePath: config).standardizedFileURL.path)
    if file.findings.isEmpty {
      configuration = commandLine(over: configuration)
      for mistake in configuration.mistakes { file.report(mistake.key, mistake.message, expected: mistake.expected) }
    }
    guard file.findings.isEmpty else {
      throw OrchestrationFault.findings(file.findings, sources: file.sources)
    }
    return configuration
  }

  func run() async throws {
    if printOpenAPI { return print(try APIDescription.text(), terminator: "") }
    let settings = try settings()
    if checkConfig { return print("\(config ?? ""): nothing is wrong") }
    // Its files are read before anything else is done, so that a wrong path is said at once.
    let listener = try settings.listener()
    let home = settings.home.map { HomeDirectory(path: $0) } ?? Installation.home
    try home.create()
    // An ordinary user's goes on from here in a user namespace, as the same process.
    try UserNamespace.enter(home: home.path)
    let lock = try ControlPlaneLock(home: home)
    let environment = try OrchestrationEnvironment(
      home: home, library: try settings.library ?? Installation.library(), forwarderProgram: Installation.forwarder)
    let orchestrator = try Orchestrator(environment: environment)
    // Whoever asks is answered only once everything that survived is taken up again.
    await orchestrator.recover()
    if let memory = settings.poolMemory { _ = try await orchestrator.setStandbyBudget(memory) }
    Console.say("testudo \(APIServer.version): control plane at \(home.apiSocket)")
    let base = settings.url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let server = APIServer(
      orchestrator: orchestrator, home: home, endsWhenIdle: untilIdle, listen: listener, publicURL: base,
      supervisor: Supervisor(environment: ProcessInfo.processInfo.environment))
    try await server.run { Console.say("decision points at \($0)") }
    _ = consume lock
  }
}
