import Glibc
import Orchestration

/// The service manager that started this process, if it wants to be told how it is (sd_notify(3)): over a socket that
/// `NOTIFY_SOCKET` names. Without one nothing is told.
public struct Supervisor: Sendable {
  private let socket: String?
  /// How often it wants to hear that all is well, in microseconds (`WATCHDOG_USEC`); `nil` for never.
  let watchdogMicroseconds: Int?

  /// The one that an environment names.
  public init(environment: [String: String]) {
    socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    watchdogMicroseconds = environment["WATCHDOG_USEC"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Tells it something, such as `READY=1`.
  func tell(_ state: String) {
    guard let socket else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var path = Array(socket.utf8)
    // A name that begins with `@` is one of the abstract namespace.
    if path[0] == 0x40 { path[0] = 0 }
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < capacity else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let text = Array(state.utf8)
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (path[0] == 0 ? 0 : 1))
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }

  /// Says at half the time asked for that all is well, each time that the orchestrator answers, until it is cancelled.
  func reassure(_ orchestrator: Orchestrator) async {
    guard let watchdogMicroseconds else { return }
    while !Task.isCancelled {
      _ = await orchestrator.isIdle
      tell("WATCHDOG=1")
      try? await Task.sleep(for: .microseconds(watchdogMicroseconds / 2))
    }
  }
}
