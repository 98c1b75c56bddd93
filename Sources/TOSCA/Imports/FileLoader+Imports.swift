/// Which files an import stands for.
///
/// Nothing is fetched over the network, and no file outside the folders that the user named is looked at: whether one is
/// there cannot be found out through a template.
extension FileLoader {
  /// A file with the prefix that its names get.
  typealias Import = (file: UInt32, prefix: String?)

  /// The files that an import stands for (TOSCA 2.0, 6.8.2; Simple Profile 1.3, 3.6.8).
  func resolve(_ definition: ImportDefinition, in importer: UInt32) -> [Import] {
    guard let importing = files[importer] else { return [] }
    let name = definition.file.text
    let place = definition.file.place
    guard !name.contains("\0") else {
      findings.report(
        "missing-import", at: place, "no file has a zero character in its name", expected: "the name of a file")
      return []
    }
    if definition.isProfile {
      var loaded = loadProfile(name, orDeclared: true)
      if loaded.isEmpty, let bundled = loadBundledProfile(name, for: importer) { loaded = [bundled] }
      if loaded.isEmpty { reportUnknownProfile(name, place) }
      return loaded.map { ($0, definition.prefix?.text) }
    }
    if let repository = definition.repository {
      return resolve(name, in: repository, definition, importing, importer)
    }
    if let scheme = Self.scheme(of: name) {
      return resolve(address: name, scheme: scheme, definition, importing, importer)
    }
    // In 2.0 a leading slash means the root of the archive or folder.
    if importing.content.version == .tosca2_0, name.hasPrefix("/"), !importing.isProfile {
      return resolve(file: PathText.join(entry.root, "." + name), named: name, definition, importing, importer)
    }
    if !Self.isFileName(name) {
      let loaded = loadProfile(name)
      if !loaded.isEmpty { return loaded.map { ($0, definition.prefix?.text) } }
    }
    return resolve(file: PathText.join(importing.folder, name), named: name, definition, importing, importer)
  }

  /// A file at a path, once it is known to lie where imports may come from.
  func resolve(
    file path: String, named name: String, _ definition: ImportDefinition, _ importing: LoadedFile,
    _ importer: UInt32
  ) -> [Import] {
    let place = definition.file.place
    guard let real = realPathInside(path, importing) else {
      findings.report(
        "import-outside", at: place, "the import `\(name.excerpt)` leaves the template's folder",
        expected: "a file in the template's folder, or the name of a profile")
      return []
    }
    switch overlay.isFile(real) ? .file : FileAccess.kind(of: real) {
    case .file: break
    case .folder:
      let present = FileAccess.names(in: real).filter(Self.isFileName)
      findings.report(
        "missing-import", at: place, "the import `\(name.excerpt)` is a folder",
        expected: "one file for each import", suggestion: present.first.map { PathText.join(name, $0) })
      return []
    case .other, .nothing:
      reportMissingImport(name, path, place)
      return []
    }
    if let id = isOpen(real) {
      // Files that need each other's types may import each other; it is a slip more often than meant.
      findings.report(
        "import-cycle", .warning, at: place, "the import `\(name.excerpt)` leads back to this file",
        expected: "imports without a cycle", related: [(table.start(of: id), "the file that is being read")])
      return id == importer ? [] : [(id, definition.prefix?.text)]
    }
    let display = importing.isProfile ? profiles.displayName(path) : entry.displayName(path)
    guard
      let id = load(
        path, realPath: real, displayName: display, isProfile: importing.isProfile, importedAt: place)
    else { return [] }
    if importing.content.version == .tosca2_0, definition.prefix == nil { checkRepositories(of: importer, and: id) }
    return [(id, definition.prefix?.text)]
  }

  /// The real path of a file, or, where nothing is there, the path that it would have; nil where that is not in a
  /// folder that imports may come from.
  private func realPathInside(_ path: String, _ importing: LoadedFile) -> String? {
    let real: String
    if let existing = overlay.realPath(path) {
      real = existing
    } else {
      // Of what is not there only the nearest folder that is can be resolved.
      var folder = PathText.folder(of: path)
      while FileAccess.realPath(folder) == nil, folder != ".", folder != "/" { folder = PathText.folder(of: folder) }
      guard let base = FileAccess.realPath(folder) else { return nil }
      let rest = PathText.relative(path, to: folder) ?? path
      real = PathText.join(base, rest)
    }
    if importing.isProfile { return profiles.contain(real) ? real : nil }
    return roots.contains { PathText.relative(real, to: $0) != nil } ? real : nil
  }

  /// In 2.0 repositories share the namespace of what is imported without a namespace of its own (6.7).
  private func checkRepositories(of importer: UInt32, and imported: UInt32) {
    guard let own = files[importer]?.content.repositories, let other = files[imported]?.content.repositories else {
      return
    }
    for (name, node) in own {
      guard let present = other[name] else { continue }
      findings.report(
        "duplicate-name", at: node.place, "the repository `\(name.excerpt)` is declared twice in one namespace",
        expected: "each name once, or an import with a `namespace`",
        related: [(present.place, "the other declaration")])
    }
  }

  /// Reports imports of one file that say the same: the second adds nothing.
  func checkDuplicates(_ imports: [ImportDefinition]) {
    var seen: [[String?]: Place] = [:]
    for item in imports {
      let key = [item.file.text, item.repository?.text, item.prefix?.text, item.isProfile ? "profile" : nil]
      if let earlier = seen.updateValue(item.file.place, forKey: key) {
        findings.report(
          "duplicate-import", .warning, at: item.file.place, "`\(item.file.text.excerpt)` is already imported",
          expected: "each import once", related: [(earlier, "it is first imported here")])
      }
    }
  }

  /// What an import could name that begins like a text: files and folders, and profiles.
  func importable(_ text: String, in folder: String) -> [(name: String, place: Place?)] {
    let typed = text.lastIndex(of: "/").map { String(text[...$0]) } ?? ""
    let searched = PathText.join(folder, typed.isEmpty ? "." : typed)
    let found = FileAccess.names(in: searched).compactMap { name -> String? in
      if name.hasPrefix(".") { return nil }
      if FileAccess.kind(of: PathText.join(searched, name)) == .folder { return typed + name + "/" }
      return Self.isFileName(name) ? typed + name : nil
    }
    return (found + profiles.names()).map { ($0, nil) }
  }

  private func reportMissingImport(_ name: String, _ path: String, _ place: Place) {
    guard Self.isFileName(name) else { return reportUnknownProfile(name, place) }
    let present = FileAccess.names(in: PathText.folder(of: path)).filter(Self.isFileName)
    let wanted = path.split(separator: "/").last.map(String.init) ?? name
    findings.report(
      "missing-import", at: place, "the imported file `\(name.excerpt)` does not exist",
      expected: "a file relative to the importing one", suggestion: nearest(wanted, among: present))
  }

  /// Reads the profile of a name among the files that come with the template.
  private func loadBundledProfile(_ name: String, for importer: UInt32) -> UInt32? {
    guard let path = bundled[name].map({ PathText.join(entry.root, $0) }), let real = FileAccess.realPath(path),
      roots.contains(where: { PathText.relative(real, to: $0) != nil })
    else { return nil }
    if let id = isOpen(real) { return id == importer ? nil : id }
    let id = load(path, realPath: real, displayName: entry.displayName(path), isProfile: false)
    return id == importer ? nil : id
  }

  private func reportUnknownProfile(_ name: String, _ place: Place) {
    findings.report(
      "unknown-profile", at: place, "unknown profile `\(name.excerpt)`",
      expected: "a profile of the product, or a file ending in `.yaml`",
      suggestion: nearest(name, among: profiles.names() + bundled.keys))
  }

  static func isFileName(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }
}
