/// A folder of profiles. A profile's name is its path in the folder: `sectosca/1.0` is the folder `sectosca/1.0` with a
/// file `profile.yaml` or, without one, all YAML files in it, or the file `sectosca/1.0.yaml`. It is also the name that
/// a file of the folder declares by `profile` (TOSCA 2.0, 6.7).
struct ProfileFolder {
  /// The folder.
  var path: String

  /// How deep profiles lie in the folder at most.
  private static let depthLimit = 6
  /// How many files are searched for the names they declare.
  private static let fileLimit = 2_000

  /// The files of a profile relative to the folder; empty where there is no such profile.
  func files(of name: String) -> [String] {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains(".."), !name.contains("\0") else {
      return []
    }
    let folder = path + "/" + name
    if FileAccess.kind(of: folder) == .folder {
      if FileAccess.kind(of: folder + "/profile.yaml") == .file { return [name + "/profile.yaml"] }
      return FileAccess.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { name + "/" + $0 }
    }
    return FileAccess.kind(of: folder + ".yaml") == .file ? [name + ".yaml"] : []
  }

  /// The names of all profiles, for suggestions.
  func names() -> [String] {
    var found: [String] = []
    search { folder, files in
      if !folder.isEmpty, files.contains(where: { $0.hasSuffix(".yaml") }) { found.append(folder) }
    }
    return found
  }

  /// The files, relative to the folder, by the names of profiles that they declare. Of several with one name the first
  /// counts.
  func declared() -> [String: String] {
    var result: [String: String] = [:]
    var searched = 0
    search { folder, files in
      for file in files where file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
        searched += 1
        guard searched <= Self.fileLimit else { return }
        let relative = folder.isEmpty ? file : folder + "/" + file
        if let name = Self.declaredName(in: path + "/" + relative), result[name] == nil { result[name] = relative }
      }
    }
    return result
  }

  /// The name that a file declares: a line of its own at the outermost level, which needs no composing of the file.
  private static func declaredName(in file: String) -> String? {
    guard let bytes = try? FileAccess.readStart(of: file, count: 1 << 16) else { return nil }
    let keyname = Array("profile:".utf8)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: keyname) {
      let value = String(decoding: line.dropFirst(keyname.count), as: UTF8.self)
      let name = value.drop { $0 == " " }.prefix { !$0.isWhitespace }.filter { $0 != "\"" && $0 != "'" }
      return name.isEmpty ? nil : name
    }
    return nil
  }

  /// Visits the folder and those in it: each with its path below the folder and the names in it.
  private func search(_ visit: (_ folder: String, _ names: [String]) -> Void) {
    func search(_ name: String, depth: Int) {
      guard depth <= Self.depthLimit else { return }
      let entries = FileAccess.names(in: name.isEmpty ? path : path + "/" + name)
      visit(name, entries)
      for entry in entries where !entry.hasPrefix(".") {
        let child = name.isEmpty ? entry : name + "/" + entry
        if FileAccess.kind(of: path + "/" + child) == .folder, !FileAccess.isLink(path + "/" + child) {
          search(child, depth: depth + 1)
        }
      }
    }
    search("", depth: 0)
  }
}

/// All folders of profiles of a reading, in the order in which they are searched.
final class ProfileFolders {
  /// The folders.
  let folders: [ProfileFolder]
  private lazy var declared = folders.map { $0.declared() }

  /// The folders of profiles at some paths.
  init(_ paths: [String]) { folders = paths.map { ProfileFolder(path: $0) } }

  /// The files of a profile: the folder and the paths relative to it. Of folders that both have it the first counts.
  func files(of name: String) -> (folder: ProfileFolder, files: [String])? {
    for folder in folders {
      let files = folder.files(of: name)
      if !files.isEmpty { return (folder, files) }
    }
    return nil
  }

  /// The file that declares a profile by its name.
  func file(declaring name: String) -> (folder: ProfileFolder, file: String)? {
    for (folder, names) in zip(folders, declared) {
      if let file = names[name] { return (folder, file) }
    }
    return nil
  }

  /// The names of all profiles, for suggestions.
  func names() -> [String] { folders.flatMap { $0.names() } + declared.flatMap(\.keys).sorted() }

  /// How a file of a profile is named in findings: by its path in the folder of profiles.
  func displayName(_ path: String) -> String {
    for folder in folders {
      if let relative = PathText.relative(path, to: folder.path) { return relative }
    }
    return path
  }

  /// Whether a real path lies in one of the folders.
  func contain(_ real: String) -> Bool {
    folders.contains { folder in
      FileAccess.realPath(folder.path).map { PathText.relative(real, to: $0) != nil } ?? false
    }
  }
}
