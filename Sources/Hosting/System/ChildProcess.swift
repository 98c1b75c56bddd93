import CHosting
import Glibc
import Synchronization

/// Starts programs that outlive this process, and buries those that end before it does.
enum ChildProcess {
  /// Starts `arguments[0]` in a session of its own with an empty environment except `environment`; `descriptors[i]`
  /// becomes 3 + i.
  static func start(
    _ arguments: [String], environment: [String] = [], descriptors: [Int32] = [], output: Int32 = -1, errors: Int32 = -1
  ) throws(HostingFault) -> Int32 {
    let vector = arguments.map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { for text in vector + variables { free(text) } }
    var process: pid_t = 0
    let result = hosting_spawn(
      arguments[0], vector, variables, descriptors, Int32(descriptors.count), output, errors, &process)
    try HostingFault.check(result, "start \(arguments[0])")
    bury(process)
    return process
  }

  /// Runs a program that is soon done, and gives what it said, errors among it.
  static func output(of arguments: [String], within deadline: Duration = .seconds(5)) async throws(HostingFault)
    -> String
  {
    let (number, other) = try Descriptor.pair()
    let near = Descriptor(number)
    try launch(arguments, output: Descriptor(other))
    return await near.readAll(within: deadline)
  }

  private static func launch(_ arguments: [String], output: consuming Descriptor) throws(HostingFault) {
    _ = try start(arguments, output: output.number, errors: output.number)
  }

  /// Waits for a child in the background, so that it does not stay a zombie.
  private static func bury(_ process: Int32) {
    let descriptor = hosting_process_open(process)
    guard descriptor >= 0 else { return }
    let burial = Burial(process)
    // Held over the start, so that the end finds what it is to release.
    burial.watch.withLock { watch in
      watch = try? Reactor.shared.watch(descriptor) { burial.end() }
      if watch == nil { close(descriptor) }
    }
  }

  /// A child that is waited for.
  private final class Burial: Sendable {
    let process: Int32
    let watch = Mutex<Reactor.Watch?>(nil)

    init(_ process: Int32) {
      self.process = process
    }

    func end() {
      var status: Int32 = 0
      guard waitpid(process, &status, WNOHANG) != 0 else { return }
      let ended = watch.withLock { watch in
        defer { watch = nil }
        return watch
      }
      if let ended { Reactor.shared.release(ended) }
    }
  }
}
