import Foundation
public import SecTOSCA

/// The Swift sources of a handler, read from the service's folder.
public struct HandlerSources: Hashable, Sendable {
  /// A source.
  public struct File: Hashable, Sendable {
    /// The path, relative to the service's folder.
    public var path: String
    /// What is in it.
    public var text: String

    /// A source.
    public init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  /// The file or folder, as the template names it.
  public var source: String
  /// The files, by path.
  public var files: [File]

  /// A handler has at most this many files.
  public static let maximumFiles = 64
  /// All files of a handler together have at most this many bytes.
  public static let maximumBytes = 1 << 20

  /// Sources that are at hand.
  public init(source: String, files: [File]) {
    self.source = source
    self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Reads the sources of a resource's handler, relative to `root`: the file, or the files `*.swift` of the folder, not of
  /// folders in it. `nil` if the resource has no handler.
  public init?(of resource: Resource, root: String) throws(ImageFault) {
    let named = resource.applications.compactMap { part -> String? in
      if case .handler(_, let source, _, _) = part { source } else { nil }
    }
    guard let source = named.first else { return nil }
    let top = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
    let place = "\(top)/\(source)"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
      throw .source(path: place, message: "nothing is there", expected: "a file or folder of Swift sources")
    }
    var paths = [source]
    if isFolder.boolValue {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      let folder = source.hasSuffix("/") ? String(source.dropLast()) : source
      paths = names.filter { $0.hasSuffix(".swift") && !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
    }
    guard !paths.isEmpty, paths.count <= HandlerSources.maximumFiles else {
      throw .source(
        path: place, message: "there are \(paths.count) Swift sources",
        expected: "1 to \(HandlerSources.maximumFiles) files")
    }
    var files: [File] = []
    var bytes = 0
    for path in paths.sorted() {
      let text = try HandlerSources.text(of: path, below: top, room: HandlerSources.maximumBytes - bytes)
      bytes += text.utf8.count
      files.append(File(path: path, text: text))
    }
    self.init(source: source, files: files)
  }

  private static func text(of path: String, below top: String, room: Int) throws(ImageFault) -> String {
    let file = "\(top)/\(path)"
    guard URL(fileURLWithPath: file).resolvingSymlinksInPath().path.hasPrefix(top + "/") else {
      throw .source(path: file, message: "a link out of the service's folder", expected: "files inside the folder")
    }
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: file).resolvingSymlinksInPath().path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? NSNumber else {
      throw .source(path: file, message: "this is no regular file", expected: "a Swift source")
    }
    guard size.intValue <= room else {
      throw .source(
        path: file, message: "more bytes than a handler may have",
        expected: "at most \(maximumBytes) bytes in all its files")
    }
    guard let contents = FileManager.default.contents(atPath: file),
      let text = String(bytes: contents, encoding: .utf8)
    else {
      throw .source(path: file, message: "this cannot be read as UTF-8", expected: "a Swift source")
    }
    return text
  }

  /// The digest of all files with their names.
  var digest: Digest {
    var bytes: [UInt8] = []
    for file in files {
      let digest = Digest(of: file.text.utf8)
      // Names of files are part of what the compiler sees. A line end cannot occur in a digest.
      bytes += Array("\(file.path)\u{0}\(digest)\n".utf8)
    }
    return Digest(of: bytes)
  }
}
