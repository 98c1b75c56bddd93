import CHosting
import Glibc

/// The port forwarder of one service's network: a process, `testudo-forwarder`, that outlives the control plane, so
/// that clients keep their connections when that is restarted. This is its client; every operation is one short
/// request.
public struct PortForwarder: Sendable {
  /// The Unix socket that it takes requests at.
  public let socket: String
  /// Its process.
  public let process: Int32

  static let requestDeadline = Duration.seconds(5)

  /// Starts the program for a network and returns once it takes requests. Where one runs at that socket, that is a
  /// conflict.
  public static func start(
    program: String, socket: String, network: ServiceNetwork
  ) async throws(HostingFault) -> PortForwarder {
    try HostingFault.requireRoot(to: "enter network namespaces")
    guard access(program, X_OK) == 0 else {
      throw .lacking(what: "the port forwarder program \(program)", remedy: "make it with `make build`")
    }
    let (number, other) = try Descriptor.pair()
    let near = Descriptor(number)
    let process = try launch([program, socket, network.path], output: Descriptor(other))
    let said = await near.readAll(within: requestDeadline)
    guard said == "ready\n" else {
      ProcessTable.signal(process, SIGKILL) { ProcessTable.arguments(of: process).first == program }
      throw .refused("the port forwarder of \(network.name) did not start: \(said.isEmpty ? "no word from it" : said)")
    }
    return PortForwarder(socket: socket, process: process)
  }

  /// It says `ready` or what is wrong on its output, and closes that.
  private static func launch(_ arguments: [String], output: consuming Descriptor) throws(HostingFault) -> Int32 {
    // The Swift library may be where only the loader is told.
    let libraries = getenv("LD_LIBRARY_PATH").map { ["LD_LIBRARY_PATH=" + String(cString: $0)] } ?? []
    return try ChildProcess.start(arguments, environment: libraries, output: output.number, errors: output.number)
  }

  /// The forwarder that takes requests at a socket.
  public static func adopt(socket: String) async throws(HostingFault) -> PortForwarder {
    let status = try await PortForwarder(socket: socket, process: 0).status()
    return PortForwarder(socket: socket, process: status.process)
  }

  /// Listens at `listen` (port 0: any that is free) and forwards to `target`, both `A.B.C.D:PORT`. Gives the address it
  /// listens at. A port in use is a fault that names it. What is published like that already only gets the new target.
  ///
  /// With a `secret` of 32 to 128 hexadecimal digits, every connection to the target begins with a header of the PROXY
  /// protocol that says who the client is and shows the secret.
  public func publish(
    _ name: String, listen: String, target: String, secret: String? = nil
  ) async throws(HostingFault) -> String {
    try await request(["publish", name, listen, target] + (secret.map { [$0] } ?? []))
  }

  /// Listens at `listen` inside the network and forwards to `target`, where the host reaches it; both `A.B.C.D:PORT`. What
  /// is offered like that already only gets the new target. With a `mark` that is not 0 the packets to the target carry it.
  public func offer(_ name: String, listen: String, target: String, mark: UInt32 = 0) async throws(HostingFault) {
    _ = try await request(["offer", name, listen, target] + (mark == 0 ? [] : [String(mark)]))
  }

  /// Sends new connections to another target from now on; established ones stay where they are. `secret`: as in
  /// `publish`.
  public func switchTarget(
    _ name: String, to target: String, secret: String? = nil
  ) async throws(HostingFault) {
    _ = try await request(["switch", name, target] + (secret.map { [$0] } ?? []))
  }

  /// Breaks the connections of a publication that lead to `target`, as when its instance is gone, and says how many
  /// there were.
  public func sever(_ name: String, target: String) async throws(HostingFault) -> Int {
    Int(try await request(["sever", name, target])) ?? 0
  }

  /// Stops listening for a publication or an offer; its established connections stay.
  public func unpublish(_ name: String) async throws(HostingFault) {
    _ = try await request(["unpublish", name])
  }

  /// What is published, and how many connections are open.
  public func status() async throws(HostingFault) -> ForwarderStatus {
    let answer = try await request(["status"])
    guard let status = ForwarderStatus(answer: answer) else {
      throw .refused("the port forwarder at \(socket) answered `\(answer)` to `status`")
    }
    return status
  }

  /// Ends the forwarder, and with it every connection.
  public func stop() async throws(HostingFault) {
    _ = try await request(["stop"])
    let clock = ContinuousClock()
    let end = clock.now + .seconds(2)
    while isRunning && clock.now < end { await Timer.pause(milliseconds: 2) }
    if isRunning { ProcessTable.signal(process, SIGKILL) { isMine } }
    unlink(socket)
  }

  /// Ends whatever forwarder is at a socket, and removes the socket.
  static func end(at socket: String) async {
    if let forwarder = try? await adopt(socket: socket) {
      try? await forwarder.stop()
    } else {
      for process in ProcessTable.identifiers() {
        let stale = PortForwarder(socket: socket, process: process)
        if stale.isMine { ProcessTable.signal(process, SIGKILL) { stale.isMine } }
      }
    }
    unlink(socket)
  }

  /// Whether it runs.
  public var isRunning: Bool { ProcessTable.isAlive(process) && isMine }

  /// Returns once it has ended, whoever ended it.
  public func untilEnded() async { await ProcessEnd.of(process) { isMine } }

  /// Whether the process still is a forwarder for this socket.
  private var isMine: Bool {
    let arguments = ProcessTable.arguments(of: process)
    return arguments.count == 3 && arguments[1] == socket && arguments[0].hasSuffix("testudo-forwarder")
  }

  private func request(_ words: [String]) async throws(HostingFault) -> String {
    let line = words.joined(separator: " ")
    guard words.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 0x21...0x7E ~= $0 } }) else {
      throw .invalid(
        what: "a request to the port forwarder", found: words[0], expected: "words without spaces, in ASCII")
    }
    let number = hosting_unix_socket(socket, 0)
    if [-ENOENT, -ECONNREFUSED].contains(number) { throw .gone("no port forwarder listens at \(socket)") }
    try HostingFault.check(number, "connect to \(socket)")
    let connection = Descriptor(number)
    let bytes = Array((line + "\n").utf8)
    guard send(connection.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw .failed("send a request to \(socket)", errno)
    }
    let answer = await connection.readAll(within: PortForwarder.requestDeadline)
    if answer.hasPrefix("error ") { throw .refused(String(answer.dropFirst(6).prefix { $0 != "\n" })) }
    guard answer.hasPrefix("ok"), answer.hasSuffix("\n") else {
      throw .deadline("the port forwarder at \(socket) did not answer `\(words[0])`")
    }
    return String(answer.dropFirst(2).drop { $0 == " " }.dropLast())
  }
}
