import CHosting
import Glibc

/// `testudo-forwarder SOCKET_PATH NETWORK_PATH`: forwards TCP connections from ports of this host to endpoints inside a
/// service's network namespace, which is bound to NETWORK_PATH. What it publishes it is told at the Unix socket SOCKET_PATH: see `Request`.
///
/// It prints `ready` once it takes requests. SIGTERM, SIGINT and the request `stop` end it, and its socket goes with
/// it. Exit status: 0 stopped; 1 it could not start; 2 wrong usage.
@main
struct TestudoForwarder {
  static func main() {
    guard CommandLine.arguments.count == 3 else {
      complain("usage: testudo-forwarder SOCKET_PATH NETWORK_PATH")
      exit(2)
    }
    do throws(ForwarderFault) {
      let forwarder = try Forwarder(socketPath: CommandLine.arguments[1], network: CommandLine.arguments[2])
      write(1, "ready\n")
      detachOutput()
      forwarder.run()
    } catch {
      complain("testudo-forwarder: \(error.text)")
      exit(1)
    }
  }

  private static func complain(_ text: String) {
    write(2, text + "\n")
  }

  private static func write(_ descriptor: Int32, _ text: String) {
    _ = Glibc.write(descriptor, text, text.utf8.count)
  }

  /// Whoever started this waits for the end of the output.
  private static func detachOutput() {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else { return }
    for descriptor: Int32 in 0...2 { dup2(null, descriptor) }
    if null > 2 { close(null) }
    chdir("/")
  }
}
