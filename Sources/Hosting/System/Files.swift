import Glibc

/// Small files: records, `/proc` and `/proc/sys`.
enum Files {
  /// No record or `/proc` text read here is longer.
  static let maximumLength = 32 << 20

  /// All bytes of a file; `nil` where it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < maximumLength {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[0..<count])
    }
    return bytes
  }

  /// A file as text, with replacement characters where it is not UTF-8.
  static func text(_ path: String) -> String? {
    read(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A file that holds a decimal number.
  static func number(_ path: String) -> Int32? {
    guard let bytes = read(path) else { return nil }
    return Int32(String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self))
  }

  /// Writes a file so that a reader sees the old or the new content whole, also after a crash.
  static func replace(_ path: String, with bytes: [UInt8]) throws(HostingFault) {
    let part = path + ".part"
    try write(part, bytes)
    guard rename(part, path) == 0 else { throw .failed("write \(path)", errno) }
  }

  private static func write(_ path: String, _ bytes: [UInt8]) throws(HostingFault) {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .failed("write \(path)", errno) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .failed("write \(path)", errno) }
      written += count
    }
  }

  /// Sets a kernel parameter of the calling thread's namespace where the kernel has it; a host may forbid it.
  static func tune(_ path: String, _ value: String) {
    let descriptor = Glibc.open("/proc/sys/net/" + path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = Glibc.write(descriptor, value, value.utf8.count)
  }

  /// Makes a folder and those above it, for its owner only.
  static func makeFolder(_ path: String) throws(HostingFault) {
    var partial = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") {
      partial += "/" + component
      guard mkdir(partial, 0o700) == 0 || errno == EEXIST else { throw .failed("make the folder \(partial)", errno) }
    }
  }

  /// The names in a folder, sorted; none where it cannot be read.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a folder and the files in it. Folders are not nested here, and links are not followed.
  static func removeFolder(_ path: String) throws(HostingFault) {
    for name in names(in: path) {
      guard unlink(path + "/" + name) == 0 || errno == ENOENT else { throw .failed("remove \(path)/\(name)", errno) }
    }
    guard rmdir(path) == 0 || errno == ENOENT else { throw .failed("remove \(path)", errno) }
  }

  /// Whether something is at a path.
  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }
}
