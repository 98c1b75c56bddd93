import Foundation
public import SecTOSCA

/// The files of a resource's static sites, read from the service's folder.
public struct SiteFiles: Hashable, Sendable {
  /// A file of a site.
  public struct File: Hashable, Sendable {
    /// The path below the site's folder, such as `/index.html`.
    public var path: String
    /// What is in it.
    public var body: [UInt8]

    /// A file of a site.
    public init(path: String, body: [UInt8]) {
      self.path = path
      self.body = body
    }
  }

  /// The files by folder, as the template names it; each site's files by path.
  public var sites: [String: [File]]

  /// All sites of a resource together have at most this many files.
  public static let maximumFiles = 10_000
  /// All sites of a resource together have at most this many bytes.
  public static let maximumBytes = 64 << 20

  /// Files that are at hand.
  public init(sites: [String: [File]]) {
    self.sites = sites.mapValues { $0.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) } }
  }

  /// Reads the folders that a resource's static sites name, relative to `root`. Names that start with a dot are left out
  /// (`.well-known` is not); a link that leads out of the site's folder is refused.
  public init(of resource: Resource, root: String) throws(SiteFault) {
    var reader = SiteReader()
    for case .staticSite(_, let folder) in resource.applications where reader.sites[folder] == nil {
      try reader.read(folder, below: root)
    }
    self.init(sites: reader.sites)
  }
}

/// Why a site cannot be put into an image.
public struct SiteFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What is wrong with it: lower case, no final period.
  public var message: String
  /// What would be right.
  public var expected: String

  /// What is wrong with a file or folder.
  public init(path: String, message: String, expected: String) {
    self.path = path
    self.message = message
    self.expected = expected
  }

  /// One line, as shown to users.
  public var description: String { "\(path): \(message), expected \(expected)" }
}

/// Reads the folders of sites, within the bounds.
private struct SiteReader {
  private(set) var sites: [String: [SiteFiles.File]] = [:]
  private var count = 0
  private var bytes = 0

  mutating func read(_ folder: String, below root: String) throws(SiteFault) {
    let top = URL(fileURLWithPath: root).appendingPathComponent(folder).resolvingSymlinksInPath().path
    var files: [SiteFiles.File] = []
    var pending = [""]
    while let part = pending.popLast() {
      let contents: [String]
      do {
        contents = try FileManager.default.contentsOfDirectory(atPath: top + part)
      } catch {
        throw SiteFault(path: top + part, message: "this folder cannot be read", expected: "the files of a site")
      }
      for name in contents where !name.hasPrefix(".") || name == ".well-known" {
        let path = "\(part)/\(name)"
        let resolved = URL(fileURLWithPath: top + path).resolvingSymlinksInPath().path
        guard resolved.hasPrefix(top + "/") else {
          throw SiteFault(
            path: top + path, message: "a link out of the site's folder", expected: "files inside the folder")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: resolved, isDirectory: &isFolder) else {
          throw SiteFault(path: top + path, message: "a link to nothing", expected: "a file or folder")
        }
        if !isFolder.boolValue {
          files.append(SiteFiles.File(path: path, body: try body(of: resolved, path: top + path)))
        } else if resolved == top + path {
          pending.append(path)
        } else {
          // Following it could go round in circles.
          throw SiteFault(path: top + path, message: "a link to a folder", expected: "a file or folder")
        }
      }
    }
    sites[folder] = files
  }

  private mutating func body(of file: String, path: String) throws(SiteFault) -> [UInt8] {
    count += 1
    guard count <= SiteFiles.maximumFiles else {
      throw SiteFault(
        path: path, message: "more files than an image takes", expected: "at most \(SiteFiles.maximumFiles) files")
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? NSNumber else {
      throw SiteFault(path: path, message: "this is no regular file", expected: "a file of the site")
    }
    guard bytes + size.intValue <= SiteFiles.maximumBytes else {
      throw SiteFault(
        path: path, message: "more bytes than an image takes", expected: "at most \(SiteFiles.maximumBytes) bytes")
    }
    guard let contents = FileManager.default.contents(atPath: file) else {
      throw SiteFault(path: path, message: "this file cannot be read", expected: "a file of the site")
    }
    bytes += contents.count
    return Array(contents)
  }
}
