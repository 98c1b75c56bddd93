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

  let table: SourceTable
  let tolerances: Tolerance
  let profiles: ProfileFolders
  /// The real paths of the folders that imports may come from.
  let roots: [String]
  /// Local folders that stand for remote repositories, by their names or the beginnings of their addresses.
  let mirrors: [String: String]
  let entry: EntryPoint
  private let limits: Limits
  /// Texts that stand for files.
  let overlay: Overlay
  /// The files that come with the template, relative to its folder, by the names of profiles that they declare.
  private(set) lazy var bundled = ProfileFolder(path: entry.root).declared()
  private var known: [String: UInt32] = [:]
  private var open: [UInt32] = []
  private var failed: Set<UInt32> = []
  /// What is written in the files so far, where they are few bytes.
  private var written: (names: Set<String>, bytes: Int) = ([], 0)
  /// The part of the implicit profile that is read, where it is not all of it.
  private var selection: ProfileSelection?
  private var bytes = 0

  /// A loader for the template of an entry point.
  /// - Parameters:
  ///   - profiles: The folders of profiles.
  ///   - roots: The folders, as real paths, that imports may come from.
  ///   - mirrors: Local folders that stand for remote repositories.
  init(
    entry: EntryPoint, findings: FindingCollector, limits: Limits, profiles: ProfileFolders, roots: [String],
    mirrors: [String: String], tolerances: Tolerance, overlay: Overlay = Overlay()
  ) {
    self.entry = entry
    self.overlay = overlay
    self.tolerances = tolerances
    self.findings = findings
    table = findings.table
    self.limits = limits
    self.profiles = profiles
    self.roots = roots
    self.mirrors = mirrors
  }

  /// Reads the template itself, or another one of its archive.
  func loadTemplate(_ path: String) -> LoadedFile? {
    guard let real = overlay.realPath(path) else { return nil }
    return load(path, realPath: real, displayName: entry.displayName(path), isProfile: false).flatMap { files[$0] }
  }

  /// Reads the templates of a folder that can stand for nodes.
  func loadSubstitutions(_ folder: String) {
    let names = FileAccess.names(in: folder).filter(Self.isFileName)
    if names.isEmpty {
      let id = table.add(SourceTable.Source(name: folder, text: nil, path: nil))
      findings.report(
        "missing-file", at: table.start(of: id), "the folder `\(folder.excerpt)` has no substituting templates",
        expected: "a folder with TOSCA files")
    }
    for name in names { _ = loadTemplate(PathText.join(folder, name)) }
  }

  /// Reads the profile that every file of a version knows; for a small template, where that is asked for, only the types
  /// that it needs.
  func loadImplicitProfile(of version: TOSCAVersion, for file: UInt32, onlyNeeded: Bool = false) -> [UInt32] {
    guard let name = version.implicitProfile else { return [] }
    if onlyNeeded, written.bytes <= ProfileSelection.smallTemplate {
      let paths = profiles.files(of: name).map { found in found.files.map { found.folder.path + "/" + $0 } } ?? []
      selection = paths.isEmpty ? nil : ProfileSelection(of: paths, for: written.names, limits: limits)
    }
    let loaded = selection.map { loadProfile(name, $0) } ?? loadProfile(name)
    if loaded.isEmpty {
      findings.report(
        "missing-profile", .warning, at: table.start(of: file), "the profile `\(name)` is not in the profile folder",
        expected: "the Simple Profile's types in `\(name)`")
    }
    if tolerances.contains(.nonNormativeTypes), let further = version.nonNormativeProfile {
      return loaded + loadProfile(further)
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
      guard let path = table.sources[Int(id)].path, partial.contains(path), let root = compose(path, path, id) else {
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

  /// Reads the files of a profile, by the path of its folder or by the name that a file declares; empty where there is
  /// no such profile.
  func loadProfile(_ name: String, orDeclared: Bool = false) -> [UInt32] {
    let found = profiles.files(of: name)
    let declared = found == nil && orDeclared ? profiles.file(declaring: name) : nil
    let paths = found.map { found in found.files.map { found.folder.path + "/" + $0 } }
    return (paths ?? declared.map { [$0.folder.path + "/" + $0.file] } ?? []).compactMap { path in
      guard let real = FileAccess.realPath(path) else { return nil }
      return load(path, realPath: real, displayName: profiles.displayName(path), isProfile: true)
    }
  }

  /// The number of a file that is being read: an import of it closes a cycle.
  func isOpen(_ realPath: String) -> UInt32? { known[realPath].flatMap { open.contains($0) ? $0 : nil } }

  /// Reads a file and what it imports, unless that was done.
  func load(
    _ path: String, realPath: String, displayName: String, isProfile: Bool, importedAt place: Place? = nil
  ) -> UInt32? {
    if let id = known[realPath] { return failed.contains(id) ? nil : id }
    guard open.count <= limits.importDepth else {
      findings.report(
        "too-deep-imports", at: place ?? findings.table.start(of: open.last ?? 0),
        "more than \(limits.importDepth) imports lead to the file `\(displayName.excerpt)`",
        expected: "at most \(limits.importDepth)")
      return nil
    }
    let id = table.add(SourceTable.Source(name: displayName, text: nil, path: path))
    known[realPath] = id
    failed.insert(id)
    guard known.count <= limits.files else {
      findings.report(
        "too-many-files", at: table.start(of: id), "the template needs more than \(limits.files) files",
        expected: "fewer imports")
      return nil
    }
    guard let root = compose(path, realPath, id), let version = version(of: root, id) else { return nil }
    let content = ServiceFile(
      root, SyntaxContext(findings: findings, version: version, file: id, tolerances: tolerances))
    failed.remove(id)
    files[id] = LoadedFile(
      id: id, content: content, imports: [], folder: PathText.folder(of: path), isProfile: isProfile)
    open.append(id)
    checkDuplicates(content.imports)
    let imports = content.imports.flatMap { definition in
      let found = resolve(definition, in: id)
      findings.recorder?.reference(.file, definition.file, target: found.first.map { table.start(of: $0.file) }) {
        importable(definition.file.text, in: PathText.folder(of: path))
      }
      return found
    }
    open.removeLast()
    files[id]?.imports = imports
    order.append(id)
    return id
  }

  /// Reads and composes a file; what is wrong with it is reported.
  private func compose(_ path: String, _ realPath: String, _ id: UInt32) -> YAMLNode? {
    let start = table.start(of: id)
    if let (whole, part, lines) = selection?.text(at: path) {
      table.setText(whole, of: id)
      return try? YAMLComposer.compose(part, file: id, limits: limits, findings: findings, lines: lines)
    }
    let bytes: [UInt8]
    do throws(FileFault) {
      bytes = try overlay.read(path, realPath: realPath, limit: limits.fileBytes)
    } catch {
      findings.report(
        "unreadable-file", at: start, error.description(limit: limits.fileBytes), expected: "a TOSCA file")
      return nil
    }
    self.bytes += bytes.count
    guard self.bytes <= limits.totalBytes else {
      findings.report(
        "too-many-bytes", at: start, "the files of the template have more than \(limits.totalBytes) bytes together",
        expected: "at most \(limits.totalBytes) bytes")
      return nil
    }
    if ArchiveFormat(bytes) != nil || ArchiveFormat.foreignFormat(bytes) != nil {
      findings.report(
        "unsupported-archive", at: start, "this is an archive, and archives cannot be imported",
        expected: "a TOSCA file")
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
      if tolerances.contains(.missingKeynames), let importing = open.last.flatMap({ files[$0] })?.content.version {
        findings.report(
          "tolerated", .warning, at: table.start(of: id),
          "the file does not say its TOSCA version; tolerated by `\(Tolerance.missingKeynames.name)`",
          expected: "`tosca_definitions_version: \(importing.rawValue)`")
        return importing
      }
      let near = entries.map(\.key).first { nearest($0.text ?? "", among: ["tosca_definitions_version"]) != nil }
      findings.report(
        "missing-version", at: near?.place ?? table.start(of: id), "the file does not say its TOSCA version",
        expected: "`tosca_definitions_version: tosca_simple_yaml_1_3`",
        suggestion: near == nil ? nil : "tosca_definitions_version")
      return nil
    }
    if let text = value.text, TOSCAVersion(rawValue: text) == nil,
      let (version, tolerance) = TOSCAVersion.spelt(text), tolerances.contains(tolerance)
    {
      findings.report(
        "tolerated", .warning, at: value.place,
        "`\(text.excerpt)` is read as `\(version.rawValue)`; tolerated by `\(tolerance.name)`", expected: expected)
      return version
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
}
