/// Where the reading of a path begins.
struct EntryPoint {
  /// The template's file.
  var file: String
  /// The folder that it and its imports lie in: of an archive, the one that it was unpacked to.
  var root: String
  /// Whether a file without a topology template is surprising.
  var mustHaveTopology: Bool
  /// The archive that was unpacked.
  var archive: OpenedArchive?
  /// The metadata file of an archive or folder.
  var metadata: ArchiveMetadata?
  /// The path of the metadata file below the root.
  var metadataPath: String?
  /// The files whose service templates may substitute nodes: the paths and where the metadata names them.
  var others: [(path: String, name: Name)] = []

  /// How a path is named in findings.
  func displayName(_ path: String) -> String { archive?.displayName(path) ?? path }

  /// Finds the template of a path: the file itself, or the one in the folder or archive.
  static func find(_ path: String, limits: Limits, findings: FindingCollector) -> EntryPoint? {
    let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    func start() -> Place {
      let id = findings.table.add(SourceTable.Source(name: path, text: nil, path: nil))
      return findings.table.start(of: id)
    }
    switch FileAccess.kind(of: path) {
    case .file:
      guard ArchiveFormat.isArchive(path) else {
        return EntryPoint(file: path, root: PathText.folder(of: path), mustHaveTopology: false)
      }
      guard let archive = OpenedArchive(path, limits: limits, findings: findings) else { return nil }
      return TemplateFolder(
        path: archive.unpacked.folder, archive: archive, limits: limits, findings: findings
      ).entryPoint()
    case .folder:
      return TemplateFolder(path: path, archive: nil, limits: limits, findings: findings).entryPoint()
    case .nothing:
      let present = FileAccess.names(in: PathText.folder(of: path))
      let wanted = path.split(separator: "/").last.map(String.init) ?? path
      findings.report(
        "missing-file", at: start(), "there is no file or folder `\(path.excerpt)`",
        expected: "a TOSCA file, a folder with one, or an archive", suggestion: nearest(wanted, among: present))
    case .other:
      findings.report(
        "unreadable-file", at: start(), "this is not a regular file",
        expected: "a TOSCA file, a folder with one, or an archive")
    }
    return nil
  }
}

/// A folder that is read as a whole: the template in it is found through its metadata file or by its name. An archive
/// that was unpacked is held to the rules of archives; a folder may have its template in `service.yaml`.
struct TemplateFolder {
  /// The folder.
  let path: String
  /// The archive that it was unpacked from.
  let archive: OpenedArchive?
  /// How much a reading may take.
  let limits: Limits
  /// Where findings go.
  let findings: FindingCollector

  /// The template of the folder; nil where there is none, which is reported.
  func entryPoint() -> EntryPoint? {
    let present = ArchiveMetadata.paths.filter { FileAccess.kind(of: path + "/" + $0) == .file }
    if present.count > 1 {
      findings.report(
        "duplicate-metadata", at: start(of: present[1]), "`\(present[0])` is there, too",
        expected: "one `TOSCA.meta` (TOSCA 2.0, 17.1; Simple Profile 1.3, 6.1)")
    }
    guard let metadataPath = present.first else {
      checkMisnamedMetadata()
      return onlyTemplate()
    }
    guard let metadata = metadata(at: metadataPath) else { return nil }
    metadata.check(findings)
    var entry: EntryPoint?
    if let named = metadata.entryDefinitions {
      entry = file(named, as: "Entry-Definitions").map {
        EntryPoint(file: $0, root: path, mustHaveTopology: true, archive: archive)
      }
    } else if metadata.version == "2.0" || archive == nil {
      entry = onlyTemplate()
    }
    entry?.metadata = metadata
    entry?.metadataPath = metadataPath
    for name in metadata.otherDefinitions(findings) {
      guard let other = file(name, as: "Other-Definitions") else { continue }
      entry?.others.append((other, name))
    }
    return entry
  }

  private func metadata(at relative: String) -> ArchiveMetadata? {
    let id = findings.table.add(
      SourceTable.Source(name: displayName(path + "/" + relative), text: nil, path: path + "/" + relative))
    let start = findings.table.start(of: id)
    let limit = min(limits.fileBytes, ArchiveMetadata.sizeLimit)
    do throws(FileFault) {
      let bytes = try FileAccess.read(path + "/" + relative, limit: limit)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        findings.report("wrong-syntax", at: start, "the file is not UTF-8", expected: "UTF-8")
        return nil
      }
      let content = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
      findings.table.setText(content, of: id)
      return ArchiveMetadata(content, file: id, findings: findings)
    } catch {
      findings.report("unreadable-file", at: start, error.description(limit: limit), expected: "a metadata file")
      return nil
    }
  }

  /// The path of a file that the metadata names; one that is not there, or not in the folder, is reported.
  private func file(_ name: Name, as keyname: String) -> String? {
    let problem: ArchiveProblem?
    do throws(ArchiveProblem) {
      let relative = try EntryName(name.text).path
      let full = path + "/" + relative
      if FileAccess.kind(of: full) == .file, let real = FileAccess.realPath(full), let root = FileAccess.realPath(path),
        PathText.relative(real, to: root) != nil
      {
        return PathText.join(path, relative)
      }
      problem = nil
    } catch {
      problem = error
    }
    let what = archive == nil ? "folder" : "archive"
    let folder = PathText.folder(of: name.text)
    let names = problem == nil ? FileAccess.names(in: PathText.join(path, folder)) : []
    let near = nearest(name.text.split(separator: "/").last.map(String.init) ?? "", among: names)
    findings.report(
      "missing-file", at: name.place,
      "`\(keyname)` names the file `\(EntryName.shown(name.text).excerpt)`, which is not in the \(what)",
      expected: "a file of the \(what), by its path from the root",
      suggestion: near.map { folder == "." ? $0 : folder + "/" + $0 })
    return nil
  }

  /// The only template at the folder's root (TOSCA 2.0, 17.3; Simple Profile 1.3, 6.3); of a folder, `service.yaml`.
  private func onlyTemplate() -> EntryPoint? {
    let present = FileAccess.names(in: path).filter {
      ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && FileAccess.kind(of: path + "/" + $0) == .file
    }
    if archive == nil, present.contains("service.yaml") {
      return EntryPoint(file: PathText.join(path, "service.yaml"), root: path, mustHaveTopology: true)
    }
    guard present.count == 1 else {
      let what = archive == nil ? "folder" : "archive"
      let several =
        archive == nil
        ? "the folder has \(present.count) YAML files, and none is called `service.yaml`"
        : "the archive has \(present.count) YAML files at its root and no `TOSCA.meta`"
      findings.report(
        "no-template", at: start(of: nil), present.isEmpty ? "the \(what) has no service template" : several,
        expected: archive == nil
          ? "a file `service.yaml`, or one YAML file only"
          : "a `TOSCA.meta` that names the template, or one YAML file only at the root")
      return nil
    }
    return EntryPoint(file: PathText.join(path, present[0]), root: path, mustHaveTopology: true, archive: archive)
  }

  /// A metadata file under a name that is nearly right says nothing to any reader.
  private func checkMisnamedMetadata() {
    let root = FileAccess.names(in: path)
    let folders = root.filter { $0.lowercased() == "tosca-metadata" }
    for candidate in folders.flatMap({ folder in
      FileAccess.names(in: path + "/" + folder).map { folder + "/" + $0 }
    }) + root {
      let isNear = ArchiveMetadata.paths.contains { $0.lowercased() == candidate.lowercased() && $0 != candidate }
      guard isNear else { continue }
      findings.report(
        "misnamed-metadata", .warning, at: start(of: candidate), "this is not read as the metadata file: case matters",
        expected: "`\(ArchiveMetadata.paths[0])`", suggestion: ArchiveMetadata.paths[0])
    }
    guard archive != nil, root.contains("TOSCA-Metadata") else { return }
    findings.report(
      "missing-file", at: start(of: nil), "the folder `TOSCA-Metadata` has no `TOSCA.meta`",
      expected: "the metadata file, or no such folder")
  }

  private func displayName(_ path: String) -> String { archive?.displayName(path) ?? path }

  /// The start of a file of the folder, or of the folder as a whole.
  private func start(of relative: String?) -> Place {
    let name = relative.map { displayName(path + "/" + $0) } ?? archive?.name ?? path
    return findings.table.start(of: findings.table.add(SourceTable.Source(name: name, text: nil, path: nil)))
  }
}
