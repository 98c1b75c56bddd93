#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writing, for archives that are unpacked or made. What is written is the owner's alone.
extension FileAccess {
  /// A folder for temporary files that is the process's own while it is locked. The lock ends with the process, however
  /// it ends, so that what it left behind can be told from what is in use.
  struct TemporaryFolder {
    /// Its real path.
    var path: String
    /// The open folder, which has the lock.
    var descriptor: Int32
  }

  private static let temporaryPrefix = "testudo-unpacked-"

  /// Makes a folder with a new name in the system's folder for temporary files. Folders that processes which have ended
  /// left there are removed.
  static func makeTemporaryFolder() throws(FileFault) -> TemporaryFolder {
    let base = getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
    removeAbandoned(in: base)
    // Another process that removes what is abandoned may come between the making of a folder and its lock.
    for _ in 0..<16 {
      var template = Array((base + "/" + temporaryPrefix + "XXXXXX").utf8CString)
      let made = template.withUnsafeMutableBufferPointer { buffer -> Bool in
        guard let start = buffer.baseAddress else { return false }
        return mkdtemp(start) != nil
      }
      guard made else { throw .refused("no folder for the archive's files in `\(base)`: \(reason)") }
      let path = template.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { String(cString: $0) } ?? ""
      }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if descriptor >= 0, flock(descriptor, LOCK_EX) == 0, let real = realPath(path) {
        return TemporaryFolder(path: real, descriptor: descriptor)
      }
      if descriptor >= 0 { close(descriptor) }
    }
    throw .refused("no folder for the archive's files in `\(base)`")
  }

  /// Removes a folder that was made, and gives its lock up.
  static func remove(_ folder: TemporaryFolder) {
    remove(folder.path)
    close(folder.descriptor)
  }

  /// Removes the user's own folders of unpacked archives that no process has locked.
  private static func removeAbandoned(in base: String) {
    for name in names(in: base) where name.hasPrefix(temporaryPrefix) {
      let path = base + "/" + name
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      else { continue }
      remove(path)
    }
  }

  /// Makes a folder, unless it is there. The one that it stands in must be there.
  static func makeFolder(_ path: String) throws(FileFault) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .refused(reason) }
  }

  /// Writes a file that must not be there yet.
  static func create(_ path: String, _ bytes: [UInt8], isExecutable: Bool = false) throws(FileFault) {
    let mode: mode_t = isExecutable ? 0o700 : 0o600
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .refused(reason) }
    var failure: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if count > 0 { written += count } else if errno != EINTR { return failure = errno }
      }
    }
    guard close(descriptor) == 0, failure == 0 else { throw .refused(String(cString: strerror(failure))) }
  }

  /// Whether a path is a link. The link is not followed.
  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// Whether a file's owner may run it.
  static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & 0o100 != 0
  }

  /// Removes a file or a folder with everything in it, as far as the system lets it. Links are removed, not followed.
  static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    guard !isLink(path), kind(of: path) == .folder else { return }
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }

  private static var reason: String { String(cString: strerror(errno)) }
}

/// Reading in pieces, for files of any size.
extension FileAccess {
  /// The bytes of a file, 0 where there is none.
  static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Reads a file piece by piece.
  static func readPieces(of path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(FileFault) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(reason) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = readOnce(descriptor, buffer.bindMemory(to: UInt8.self).baseAddress, buffer.count)
      if count == 0 { return }
      if count > 0 {
        take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if errno != EINTR {
        throw .refused(reason)
      }
    }
  }
}
