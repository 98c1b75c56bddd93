/// A file of the reading with what it imports.
struct LoadedFile {
  /// Its number in the source table.
  var id: UInt32
  /// Its content.
  var content: ServiceFile
  /// The imported files, by number, each with the prefix its names get.
  var imports: [(file: UInt32, prefix: String?)]
  /// The folder, as the user named it, that its relative paths refer to.
  var folder: String
  /// Whether it belongs to a profile.
  var isProfile: Bool
}

/// Reads the files of a service template: the template, what it imports, and the profiles, each once.
final class FileLoader {
  /// Where findings go.
  let findings: FindingCollector
  /// The files read, by number in the source table.
  private(set) var files: [UInt32: LoadedFile] = [:]
  /// The order in which they were read to the end: what is imported comes first.
  private(set) var order: [UInt32] = []

  private let table: SourceTable
  private let limits: Limits
  private let profiles: ProfileFolder
  private let roots: [String]
  private let tolerances: Tolerance
  private var known: [String: UInt32] = [:]
  private var folderOfTemplate = "."
  private var open: [UInt32] = []
  private var failed: Set<UInt32> = []
  /// What is written in the files so far, where they are few bytes.
  private var written: (names: Set<String>, bytes: Int) = ([], 0)
  /// The part of the implicit profile that is read, where it is not all of it.
  private var selection: ProfileSelection?

  /// A loader that reads files in the given folders (real paths) and profiles.
  init(
    findings: FindingCollector, limits: Limits, profiles: ProfileFolder, roots: [String], tolerances: Tolerance
  ) {
    self.tolerances = tolerances
    self.findings = findings
    table = findings.table
    self.limits = limits
    self.profiles = profiles
    self.roots = roots
  }

  /// Reads the template itself.
  func loadTemplate(_ path: String) -> LoadedFile? {
    guard let real = FileAccess.realPath(path) else { return nil }
    folderOfTemplate = PathText.folder(of: path)
    return load(path, realPath: real, displayName: path, isProfile: false).flatMap { files[$0] }
  }

  /// Reads the profile that every file of a version knows; for a small template, where that is asked for, only the types
  /// that it needs.
  func loadImplicitProfile(of version: TOSCAVersion, for file: UInt32, onlyNeeded: Bool = false) -> [UInt32] {
    guard let name = version.implicitProfile else { return [] }
    if onlyNeeded, written.bytes <= ProfileSelection.smallTemplate {
      let paths = profiles.files(of: name).map { profiles.path + "/" + $0 }
      selection = ProfileSelection(of: paths, for: written.names, limits: limits)
    }
    let loaded = selection.map { loadProfile(name, $0) } ?? loadProfile(name)
    if loaded.isEmpty {
      findings.report(
        "missing-profile", .warning, at: table.start(of: file), "the profile `\(name)` is not in the profile folder",
        expected: "the Simple Profile's types in `\(name)`")
    }
    return loaded
  }

  /// Whether types of the implicit profile were left out.
  var isPartial: Bool { selection != nil }

  /// Reads the types of the implicit profile that were left out.
  func completeImplicitProfile() {
    guard let partial = selection else { return }
    selection = nil
    for (id, file) in files {
      guard let path = table.sources[Int(id)].path, partial.contains(path), let root = compose(path, id) else {
        continue
      }
      files[id]?.content = ServiceFile(
        root,
        SyntaxContext(findings: findings, version: file.content.version, file: id, tolerances: tolerances))
    }
  }

  /// Reads a part of a profile, unless an earlier reading of this process did.
  private func loadProfile(_ name: String, _ selection: ProfileSelection) -> [UInt32] {
    let firstFile = UInt32(table.sources.count)
    if let parts = selection.parts(firstFile: firstFile, tolerances),
      table.sources.count + parts.sources.count <= limits.files, parts.numbers.keys.allSatisfy({ known[$0] == nil })
    {
      for source in parts.sources { _ = table.add(source) }
      for file in parts.files {
        files[file.id] = file
        order.append(file.id)
      }
      known.merge(parts.numbers) { own, _ in own }
      return parts.roots
    }
    let firstInOrder = order.count
    let loaded = loadProfile(name)
    let read = order[firstInOrder...].compactMap { files[$0] }
    if read.count == selection.fileCount, table.sources.count == Int(firstFile) + read.count {
      selection.keep(
        ProfileSelection.Parts(
          roots: loaded, files: read, sources: Array(table.sources[Int(firstFile)...]),
          numbers: known.filter { $0.value >= firstFile }),
        firstFile: firstFile, tolerances)
    }
    return loaded
  }

  private func loadProfile(_ name: String) -> [UInt32] {
    profiles.files(of: name).compactMap { file in
      let path = profiles.path + "/" + file
      guard let real = FileAccess.realPath(path) else { return nil }
      return load(path, realPath: real, displayName: file, isProfile: true)
    }
  }

  private func load(_ path: String, realPath: String, displayName: String, isProfile: Bool) -> UInt32? {
    if let id = known[realPath] { return failed.contains(id) ? nil : id }
    let id = table.add(SourceTable.Source(name: displayName, text: nil, path: path))
    known[realPath] = id
    failed.insert(id)
    guard table.sources.count <= limits.files else {
      findings.report(
        "too-many-files", at: table.start(of: id), "the template needs more than \(limits.files) files",
        expected: "fewer imports")
      return nil
    }
    guard let root = compose(path, id), let version = version(of: root, id) else { return nil }
    let content = ServiceFile(
      root, SyntaxContext(findings: findings, version: version, file: id, tolerances: tolerances))
    failed.remove(id)
    files[id] = LoadedFile(
      id: id, content: content, imports: [], folder: PathText.folder(of: path), isProfile: isProfile)
    open.append(id)
    let imports = content.imports.flatMap { resolve($0, in: id) }
    open.removeLast()
    files[id]?.imports = imports
    order.append(id)
    return id
  }

  /// Reads and composes a file; what is wrong with it is reported.
  private func compose(_ path: String, _ id: UInt32) -> YAMLNode? {
    let start = table.start(of: id)
    if let (whole, part, lines) = selection?.text(at: path) {
      table.setText(whole, of: id)
      return try? YAMLComposer.compose(part, file: id, limits: limits, findings: findings, lines: lines)
    }
    let bytes: [UInt8]
    do throws(FileFault) {
      bytes = try FileAccess.read(path, limit: limits.fileBytes)
    } catch {
      let reason =
        switch error {
        case .missing: "there is no such file"
        case .isFolder: "this is a folder, not a file"
        case .notAFile: "this is not a regular file"
        case .tooLarge: "the file has more than \(limits.fileBytes) bytes"
        case .refused(let why): "the file cannot be read: \(why)"
        }
      findings.report("unreadable-file", at: start, reason, expected: "a TOSCA file")
      return nil
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      findings.report(
        "unsupported-archive", at: start, "this is a zip archive; CSAR archives are not read yet",
        expected: "a TOSCA file, or a folder with one")
      return nil
    }
    table.setText(String(decoding: bytes, as: UTF8.self), of: id)
    do throws(YAMLFault) {
      if let root = try YAMLComposer.compose(bytes, file: id, limits: limits, findings: findings), !root.isNull {
        note(root, bytes.count)
        return root
      }
      findings.report("empty-file", at: start, "the file is empty", expected: "a TOSCA service template")
    } catch {
      // The composer reported what it is.
    }
    return nil
  }

  /// Remembers what is written in a file.
  private func note(_ root: YAMLNode, _ bytes: Int) {
    written.bytes += bytes
    guard written.bytes <= ProfileSelection.smallTemplate else { return }
    var pending = [root]
    while let node = pending.popLast() {
      switch node.content {
      case .scalar(let text, _): written.names.insert(text)
      case .sequence(let items): pending += items
      case .mapping(let entries):
        for entry in entries {
          pending.append(entry.key)
          pending.append(entry.value)
        }
      }
    }
  }

  private func version(of root: YAMLNode, _ id: UInt32) -> TOSCAVersion? {
    guard let entries = root.entries else {
      findings.report(
        "not-tosca", at: root.place, "a service template cannot be \(root.kindDescription)",
        expected: "a map that begins with `tosca_definitions_version`")
      return nil
    }
    let names = TOSCAVersion.allCases.map(\.rawValue)
    let expected = "one of " + names.map { "`\($0)`" }.joined(separator: ", ")
    guard let value = root["tosca_definitions_version"] else {
      let near = entries.map(\.key).first { nearest($0.text ?? "", among: ["tosca_definitions_version"]) != nil }
      findings.report(
        "missing-version", at: near?.place ?? table.start(of: id), "the file does not say its TOSCA version",
        expected: "`tosca_definitions_version: tosca_simple_yaml_1_3`",
        suggestion: near == nil ? nil : "tosca_definitions_version")
      return nil
    }
    if let text = value.text, text.hasPrefix("tosca_simple_profile_for_nfv_1_0"),
      tolerances.contains(.networkFunctionsVersion)
    {
      findings.report(
        "tolerated", .warning, at: value.place, "`\(text.excerpt)` is read as the Simple Profile 1.2",
        expected: expected)
      return .simple1_2
    }
    guard let text = value.text, let version = TOSCAVersion(rawValue: text) else {
      findings.report(
        "unknown-version", at: value.place,
        "unknown TOSCA version \(value.text.map { "`\($0.excerpt)`" } ?? value.kindDescription)",
        expected: expected, suggestion: value.text.flatMap { nearest($0, among: names) })
      return nil
    }
    if version == .tosca2_0, let first = entries.first, first.name != "tosca_definitions_version" {
      findings.report(
        "version-not-first", at: first.key.place, "`\(first.name.excerpt)` stands before the TOSCA version",
        expected: "`tosca_definitions_version` as the first keyname (TOSCA 2.0, 6.1)")
    }
    return version
  }

  /// The files that an import stands for.
  private func resolve(_ definition: ImportDefinition, in importer: UInt32) -> [(file: UInt32, prefix: String?)] {
    guard let importing = files[importer] else { return [] }
    var name = definition.file.text
    let place = definition.file.place
    if importing.content.version == .tosca2_0 {
      if definition.isProfile {
        let loaded = loadProfile(name)
        if loaded.isEmpty { reportMissingImport(name, name, isFileName: false, place) }
        return loaded.map { ($0, definition.prefix?.text) }
      }
      if let repository = definition.repository,
        let url = importing.content.repositories[repository.text].flatMap({ $0.text ?? $0["url"]?.text }),
        url.hasPrefix("file:"), !url.hasPrefix("file://")
      {
        name = PathText.join(String(url.dropFirst("file:".count)), name)
        return resolveFile(name, definition, importing, importer)
      }
      if name.hasPrefix("file:"), !name.hasPrefix("file://") { name = String(name.dropFirst("file:".count)) }
    }
    if let repository = definition.repository {
      if importing.content.repositories[repository.text] == nil {
        findings.report(
          "unknown-repository", at: repository.place, "unknown repository `\(repository.text.excerpt)`",
          expected: "a repository of this file",
          suggestion: nearest(repository.text, among: importing.content.repositories.keys))
      } else {
        refuseNetwork(name, place)
      }
      return []
    }
    if name.contains("://") {
      refuseNetwork(name, place)
      return []
    }
    return resolveFile(name, definition, importing, importer)
  }

  /// The file that an import names by its path, or the files of a profile.
  private func resolveFile(
    _ name: String, _ definition: ImportDefinition, _ importing: LoadedFile, _ importer: UInt32
  ) -> [(file: UInt32, prefix: String?)] {
    let place = definition.file.place
    // In 2.0 a leading slash means the root of the archive or folder.
    let isFromRoot = importing.content.version == .tosca2_0 && name.hasPrefix("/") && !importing.isProfile
    let path = PathText.join(isFromRoot ? folderOfTemplate : importing.folder, isFromRoot ? "." + name : name)
    let isFileName = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    if !isFileName {
      let loaded = loadProfile(name)
      if !loaded.isEmpty { return loaded.map { ($0, definition.prefix?.text) } }
    }
    let real = FileAccess.realPath(path)
    // Where there is no such file the path's text decides: whether one exists outside is not the template's business.
    let folder = FileAccess.realPath(isFromRoot ? folderOfTemplate : importing.folder) ?? importing.folder
    guard mayRead(real ?? PathText.join(folder, isFromRoot ? "." + name : name), importing) else {
      findings.report(
        "import-outside", at: place, "the import `\(name.excerpt)` leaves the template's folder",
        expected: "a file in the template's folder, or the name of a profile")
      return []
    }
    guard let real, FileAccess.kind(of: real) == .file else {
      reportMissingImport(name, path, isFileName: isFileName, place)
      return []
    }
    if let id = known[real], open.contains(id) {
      // Files that need each other's types may import each other; it is a slip more often than meant.
      findings.report(
        "import-cycle", .warning, at: place, "the import `\(name.excerpt)` leads back to this file",
        expected: "imports without a cycle", related: [(table.start(of: id), "the file that is being read")])
      return id == importer ? [] : [(id, definition.prefix?.text)]
    }
    let display = displayName(path, of: importing)
    guard let id = load(path, realPath: real, displayName: display, isProfile: importing.isProfile) else { return [] }
    if importing.content.version == .tosca2_0, definition.prefix == nil { checkRepositories(of: importer, and: id) }
    return [(id, definition.prefix?.text)]
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

  private func displayName(_ path: String, of importing: LoadedFile) -> String {
    guard importing.isProfile else { return path }
    return PathText.relative(path, to: profiles.path) ?? path
  }

  private func refuseNetwork(_ name: String, _ place: Place) {
    findings.report(
      "import-network", tolerances.contains(.networkImports) ? .warning : .error, at: place,
      "the import `\(name.excerpt)` would be fetched over the network",
      expected: "a file in the template's folder, or the name of a profile")
  }

  private func reportMissingImport(_ name: String, _ path: String, isFileName: Bool, _ place: Place) {
    if isFileName {
      let folder = PathText.folder(of: path)
      let present = FileAccess.names(in: folder).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
      let wanted = path.split(separator: "/").last.map(String.init) ?? name
      findings.report(
        "missing-import", at: place, "the imported file `\(name.excerpt)` does not exist",
        expected: "a file relative to the importing one", suggestion: nearest(wanted, among: present))
    } else {
      let names = profiles.names()
      findings.report(
        "unknown-profile", at: place, "unknown profile `\(name.excerpt)`",
        expected: "a profile of the product, or a file ending in `.yaml`", suggestion: nearest(name, among: names))
    }
  }

  private func mayRead(_ path: String, _ importing: LoadedFile) -> Bool {
    if importing.isProfile { return FileAccess.realPath(profiles.path).map { Self.contains($0, path) } ?? false }
    return roots.contains { Self.contains($0, path) }
  }

  private static func contains(_ folder: String, _ path: String) -> Bool {
    path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }
}
