#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder of its own in the system's folder for temporary files, removed when nothing refers to it any more. It is
/// locked for as long; where a process was killed before it removed its folder, nobody holds the lock, and the next one
/// that makes a folder removes it.
final class TemporaryFolder: Sendable {
  /// The folder's real path.
  let path: String
  private let lock: Int32

  private static let prefix = "testudo-archive-"
  /// A folder without a lock that is younger than this is being made, in seconds.
  private static let graceSeconds = 60

  /// Makes a folder with a new name.
  init() throws(FileFault) {
    let base = Self.base
    Self.sweep(base)
    var template = Array((base + "/" + Self.prefix + "XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let start = buffer.baseAddress, mkdtemp(start) != nil else { return nil }
      return String(cString: start)
    }
    guard let made else {
      throw .refused("no folder for the archive's files in `\(base)`: \(String(cString: strerror(errno)))")
    }
    path = FileAccess.realPath(made) ?? made
    // Without a lock the folder is only swept too early, by a process that runs a minute later: not worth a failure.
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if lock >= 0 { _ = flock(lock, LOCK_EX | LOCK_NB) }
  }

  deinit {
    FileAccess.remove(path)
    if lock >= 0 { close(lock) }
  }

  private static var base: String {
    getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
  }

  /// Removes this user's folders whose processes are gone.
  static func sweep(_ base: String) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    for name in FileAccess.names(in: base) where name.hasPrefix(prefix) {
      let folder = base + "/" + name
      var status = stat()
      guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
        continue
      }
      #if canImport(Darwin)
        let modified = status.st_mtimespec.tv_sec
      #else
        let modified = status.st_mtim.tv_sec
      #endif
      guard now.tv_sec - modified > graceSeconds else { continue }
      let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { FileAccess.remove(folder) }
      close(descriptor)
    }
  }
}
