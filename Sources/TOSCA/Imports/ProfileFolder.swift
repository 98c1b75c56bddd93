/// The folder of profiles that come with the product. A profile's name is its path in the folder: `sectosca/1.0` is the
/// folder `sectosca/1.0` with a file `profile.yaml` or, without one, all YAML files in it, or the file
/// `sectosca/1.0.yaml`.
struct ProfileFolder {
  /// The folder.
  var path: String

  /// The files of a profile relative to the folder; empty where there is no such profile.
  func files(of name: String) -> [String] {
    guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else { return [] }
    // The version of a profile of 2.0 stands behind a colon: `org.testudo.sectosca:1.0`.
    let name = String(name.map { $0 == ":" ? "/" : $0 })
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
    func search(_ name: String, depth: Int) {
      guard depth <= 4 else { return }
      let entries = FileAccess.names(in: name.isEmpty ? path : path + "/" + name)
      if !name.isEmpty, entries.contains(where: { $0.hasSuffix(".yaml") }) { found.append(name) }
      for entry in entries where !entry.hasPrefix(".") {
        let child = name.isEmpty ? entry : name + "/" + entry
        if FileAccess.kind(of: path + "/" + child) == .folder { search(child, depth: depth + 1) }
      }
    }
    search("", depth: 0)
    return found
  }
}
