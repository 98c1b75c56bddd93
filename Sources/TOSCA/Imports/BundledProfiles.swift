/// The profiles that come with a template: TOSCA files of its folder, or of folders in it, that declare a profile
/// (2.0, 6.7). They can be imported by that name, as those that come with the product can.
final class BundledProfiles {
  /// How deep folders are searched.
  static let depth = 6

  private let folder: String
  private let limits: Limits
  private var found: [String: String]?

  /// The profiles of a folder.
  init(folder: String, limits: Limits) {
    self.folder = folder
    self.limits = limits
  }

  /// The path of the file that declares a profile; nil where none does. The first search reads all files of the folder.
  func file(of name: String) -> String? {
    if found == nil { found = search() }
    return found?[name]
  }

  /// The names of the profiles, for suggestions.
  func names() -> [String] {
    if found == nil { found = search() }
    return found.map { Array($0.keys) } ?? []
  }

  private func search() -> [String: String] {
    var result: [String: String] = [:]
    var files = 0
    var pending: [(path: String, depth: Int)] = [(folder, 0)]
    while let (path, depth) = pending.popLast() {
      for name in FileAccess.names(in: path).sorted() where !name.hasPrefix(".") {
        let inner = PathText.join(path, name)
        if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
          files += 1
          guard files <= limits.files else { return result }
          if let profile = profile(of: inner), result[profile] == nil { result[profile] = inner }
        } else if depth < Self.depth, FileAccess.kind(of: inner) == .folder {
          pending.append((inner, depth + 1))
        }
      }
    }
    return result
  }

  /// The profile that a file declares: the value of the keyname `profile` at its root.
  private func profile(of path: String) -> String? {
    guard let bytes = try? FileAccess.read(path, limit: limits.fileBytes) else { return nil }
    let keyname = Array("profile:".utf8)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: keyname) {
      let value = line.dropFirst(keyname.count)
      let silent = FindingCollector(table: SourceTable(), limit: 1)
      _ = silent.table.add(SourceTable.Source(name: path, text: nil, path: nil))
      return (try? YAMLComposer.compose(Array(value), file: 0, limits: limits, findings: silent))?.text
    }
    return nil
  }
}
