import Foundation
import TOSCA

/// The files that a template may name: those in the folder it stands in, and below.
struct ServiceFiles: Sendable {
  /// Why a file cannot be used.
  enum Fault: Error, Hashable {
    /// Nothing is there.
    case missing
    /// It is outside the service's folder, as written or through a link.
    case outside
    /// It is a folder where a file is due.
    case folder
    /// It is not a folder where one is due.
    case notAFolder
    /// There is no Swift source in it.
    case noSource
    /// It has more bytes than this.
    case tooLarge(limit: Int)
    /// The system did not let it be read.
    case unreadable

    /// The code of the finding.
    var code: String {
      switch self {
      case .missing: "missing-file"
      case .outside: "file-outside-service"
      case .noSource: "no-handler-source"
      case .folder, .notAFolder, .tooLarge, .unreadable: "unusable-file"
      }
    }

    /// What is wrong.
    func message(path: String) -> String {
      switch self {
      case .missing: "there is no `\(path)` beside the template"
      case .outside: "`\(path)` is outside the template's folder"
      case .folder: "`\(path)` is a folder"
      case .notAFolder: "`\(path)` is not a folder"
      case .noSource: "`\(path)` has no Swift source"
      case .tooLarge(let limit): "`\(path)` has more than \(limit) bytes"
      case .unreadable: "`\(path)` cannot be read"
      }
    }
  }

  /// The service's folder.
  let root: String

  /// The full path of a file of the service.
  func locate(_ path: String) throws(Fault) -> URL {
    let scalars = path.unicodeScalars
    guard !path.hasPrefix("/"), !path.split(separator: "/").contains(".."), !scalars.contains(where: { $0.value == 0 })
    else { throw .outside }
    let folder = URL(fileURLWithPath: root, isDirectory: true).standardizedFileURL.resolvingSymlinksInPath()
    let file = folder.appendingPathComponent(path)
    guard !path.isEmpty, FileManager.default.fileExists(atPath: file.path) else { throw .missing }
    let resolved = file.resolvingSymlinksInPath()
    let inside = folder.path.hasSuffix("/") ? folder.path : folder.path + "/"
    guard resolved.path.hasPrefix(inside) || resolved.path == folder.path else { throw .outside }
    return resolved
  }

  /// Checks that a folder is there.
  func checkFolder(_ path: String) throws(Fault) {
    let folder = try locate(path)
    guard Self.isFolder(folder) else { throw .notAFolder }
  }

  /// Checks that a file of Swift is there, or a folder with some.
  func checkSources(_ path: String) throws(Fault) {
    let place = try locate(path)
    guard Self.isFolder(place) else {
      guard place.pathExtension == "swift" else { throw .noSource }
      return try checkFile(path)
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
    guard names.contains(where: { $0.hasSuffix(".swift") && !$0.hasPrefix(".") }) else { throw .noSource }
  }

  /// Checks that a file is there and can be read.
  func checkFile(_ path: String) throws(Fault) {
    let file = try locate(path)
    guard !Self.isFolder(file) else { throw .folder }
    guard Self.isRegularFile(file), FileManager.default.isReadableFile(atPath: file.path) else { throw .unreadable }
  }

  /// The bytes of a file of at most that size.
  func read(_ path: String, limit: Int) throws(Fault) -> Data {
    try checkFile(path)
    let file = try locate(path)
    let handle: FileHandle
    let data: Data
    do {
      handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      data = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
      throw .unreadable
    }
    guard data.count <= limit else { throw .tooLarge(limit: limit) }
    return data
  }

  /// A file beside the one that is missing whose name is near.
  func nearest(to path: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last else { return nil }
    let folder = parts.dropLast().joined(separator: "/")
    guard let place = folder.isEmpty ? URL(fileURLWithPath: root) : try? locate(folder),
      let names = try? FileManager.default.contentsOfDirectory(atPath: place.path),
      let near = TOSCA.nearest(String(name), among: names.sorted())
    else { return nil }
    return folder.isEmpty ? near : folder + "/" + near
  }

  private static func isFolder(_ file: URL) -> Bool {
    (try? file.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
  }

  private static func isRegularFile(_ file: URL) -> Bool {
    (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile ?? false
  }
}
