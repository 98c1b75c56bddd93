#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a file could not be read.
enum FileFault: Error, Hashable {
  /// Nothing is there.
  case missing
  /// It is there, but is a folder.
  case isFolder
  /// It is neither a file nor a folder.
  case notAFile
  /// It has more bytes than allowed.
  case tooLarge
  /// The system said no, and why.
  case refused(String)
}

extension FileFault {
  /// What is wrong, for messages.
  /// - Parameter limit: The bytes that were allowed.
  func description(limit: Int) -> String {
    switch self {
    case .missing: "there is no such file"
    case .isFolder: "this is a folder, not a file"
    case .notAFile: "this is not a regular file"
    case .tooLarge: "the file has more than \(limit) bytes"
    case .refused(let why): "the file cannot be read: \(why)"
    }
  }
}

/// The few things this module asks of the file system.
enum FileAccess {
  /// What is at a path.
  enum Kind { case file, folder, other, nothing }

  /// What is at a path, links followed.
  static func kind(of path: String) -> Kind {
    // The system would take what stands before a zero character for the path.
    guard !path.utf8.contains(0) else { return .nothing }
    var status = stat()
    guard stat(path, &status) == 0 else { return .nothing }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// The bytes of a file of at most that size.
  static func read(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
    switch kind(of: path) {
    case .nothing: throw .missing
    case .folder: throw .isFolder
    case .other: throw .notAFile
    case .file: break
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .refused(String(cString: strerror(errno))) }
    guard Int(status.st_size) <= limit else { throw .tooLarge }
    // One byte more than the size shows a file that grows while it is read.
    let capacity = min(limit, max(Int(status.st_size), 1 << 12)) + 1
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = 0
      while count < capacity {
        let got = readOnce(descriptor, buffer.baseAddress?.advanced(by: count), capacity - count)
        if got == 0 { return }
        if got > 0 { count += got } else if errno != EINTR { return failure = errno }
      }
    }
    guard failure == 0 else { throw .refused(String(cString: strerror(failure))) }
    guard bytes.count <= limit else { throw .tooLarge }
    return bytes
  }

  /// The first bytes of a file, or all where it has fewer.
  static func readStart(of path: String, count wanted: Int) throws(FileFault) -> [UInt8] {
    guard kind(of: path) == .file else { throw .notAFile }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      count = 0
      while count < wanted {
        let got = readOnce(descriptor, buffer.baseAddress?.advanced(by: count), wanted - count)
        if got > 0 { count += got } else if got == 0 || errno != EINTR { return }
      }
    }
  }

  static func readOnce(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    #if canImport(Darwin)
      Darwin.read(descriptor, buffer, count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer, count)
    #else
      Glibc.read(descriptor, buffer, count)
    #endif
  }

  /// The path without links, `.` and `..`; nil where nothing is there.
  static func realPath(_ path: String) -> String? {
    guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The names in a folder, sorted.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Paths as text. They are joined and shortened without asking the file system.
enum PathText {
  /// The folder of a path: `.` for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A path relative to a folder, with `.` and `..` worked out as far as the text allows.
  static func join(_ folder: String, _ path: String) -> String {
    if path.hasPrefix("/") { return shorten(path) }
    return shorten(folder == "." || folder.isEmpty ? path : folder + "/" + path)
  }

  /// A path without empty, `.` and, where possible, `..` components.
  static func shorten(_ path: String) -> String {
    let absolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else if part != ".." || !absolute {
        parts.append(part)
      }
    }
    let joined = parts.joined(separator: "/")
    return absolute ? "/" + joined : joined.isEmpty ? "." : joined
  }

  /// A path as seen from a folder, where it is inside it.
  static func relative(_ path: String, to folder: String) -> String? {
    let path = shorten(path)
    let folder = shorten(folder)
    if path == folder { return "." }
    if folder == "." { return path.hasPrefix("/") || path.hasPrefix("..") ? nil : path }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
  }

  /// A path as seen from a folder, through `..` where it is not inside it; the path itself where the text does not say.
  static func route(to path: String, from folder: String) -> String {
    if let inside = relative(path, to: folder) { return inside }
    let target = shorten(path).split(separator: "/")
    let start = shorten(folder).split(separator: "/").filter { $0 != "." }
    guard path.hasPrefix("/") == folder.hasPrefix("/"), !target.contains(".."), !start.contains("..") else {
      return path
    }
    let common = zip(target, start).prefix { $0 == $1 }.count
    return (start.dropFirst(common).map { _ in ".." } + target.dropFirst(common)).joined(separator: "/")
  }
}
