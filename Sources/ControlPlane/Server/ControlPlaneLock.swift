import Foundation
import Glibc
public import Orchestration

/// That one control plane at most runs for a home folder: a lock on a file with its process identifier, which the kernel
/// takes away when the process ends, however it ends.
public struct ControlPlaneLock: ~Copyable {
  private let descriptor: Int32
  private let path: String

  /// Takes the lock, or fails with the process that has it.
  public init(home: HomeDirectory) throws(OrchestrationFault) {
    let path = home.controlPlaneLock
    // Nothing is stored before the lock is ours: what is stored is given up again when this value goes, with the file.
    let descriptor = try ControlPlaneLock.lock(path, home: home)
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())\n".utf8)
    _ = write(descriptor, text, text.count)
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  private static func lock(_ path: String, home: HomeDirectory) throws(OrchestrationFault) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .host("`\(path)` cannot be opened: \(String(cString: strerror(errno)))") }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        let holder = ControlPlaneLock.holder(home: home).map { "process \($0)" } ?? "it is just starting or ending"
        throw .input("a control plane runs already for `\(home.path)`: \(holder)")
      }
      // The file may have been removed by its last holder between our opening and locking it: then the lock is on a file
      // that nobody else will find.
      let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
      if name?.hasSuffix(" (deleted)") != true { return descriptor }
      close(descriptor)
    }
  }

  /// Whether some process has the lock. It may be starting or ending, and not answer.
  static func isHeld(home: HomeDirectory) -> Bool {
    let descriptor = open(home.controlPlaneLock, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// The process that has the lock, as it wrote down itself.
  private static func holder(home: HomeDirectory) -> String? {
    let data = FileManager.default.contents(atPath: home.controlPlaneLock) ?? Data()
    let text = String(decoding: data.prefix(16), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return text.isEmpty ? nil : text
  }
}
