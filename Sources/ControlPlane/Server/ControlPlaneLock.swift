import Glibc
public import Orchestration

/// That one control plane at most runs for a home folder: a lock on a file with its process identifier, which the kernel
/// takes away when the process ends, however it ends.
public struct ControlPlaneLock: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Takes the lock, or fails with the process that has it.
  public init(home: HomeDirectory) throws(OrchestrationFault) {
    path = home.controlPlaneLock
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .host("`\(path)` cannot be opened: \(String(cString: strerror(errno)))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      var text = [UInt8](repeating: 0, count: 16)
      let count = max(0, read(descriptor, &text, text.count))
      let holder = String(decoding: text[..<count].filter { $0 > 0x20 }, as: UTF8.self)
      close(descriptor)
      throw .input("a control plane runs already for `\(home.path)`: process \(holder)")
    }
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = write(descriptor, text, text.count)
  }

  deinit {
    unlink(path)
    close(descriptor)
  }
}
