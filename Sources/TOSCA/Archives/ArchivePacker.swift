/// Makes an archive of a folder with a template (TOSCA 2.0, 17; Simple Profile 1.3, 6). The template is checked first,
/// and the archive is read again when it is made: what comes out can be read.
public struct ArchivePacker: Sendable {
  /// Reads the template.
  public var reader: TemplateReader

  /// A packer.
  /// - Parameter reader: Reads the folder's template, and the archive again.
  public init(reader: TemplateReader) { self.reader = reader }

  /// What packing gives.
  public struct Result: Sendable {
    /// The archive; nil where an error was found.
    public var bytes: [UInt8]?
    /// The paths of the files in it, in order.
    public var files: [String] = []
    /// Everything that is wrong or looks wrong.
    public var findings: [Finding]
    /// The texts that findings point into, by file.
    public var sources: [String: String]
  }

  /// Packs a folder. Files whose names begin with a dot are left out; a link to a file of the folder becomes that file.
  /// - Parameters:
  ///   - folder: The folder, with a template that `TOSCA.meta` names, `service.yaml`, or one YAML file only.
  ///   - format: The archive's format. A template of version 1.x needs a zip archive.
  ///   - version: The `CSAR-Version`; nil for that of the template: 2.0 for TOSCA 2.0, else 1.1.
  ///   - excluded: Paths of files to leave out, such as the archive of an earlier run.
  public func pack(
    _ folder: String, format: ArchiveFormat = .zip, version: String? = nil, excluded: [String] = []
  ) -> Result {
    let read = reader.read(folder)
    var result = Result(bytes: nil, findings: read.findings, sources: read.sources)
    guard let topology = read.topology else { return result }
    let table = SourceTable()
    let findings = FindingCollector(table: table, limit: reader.limits.findings)
    let folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    result.bytes = pack(folder, format, version, excluded, topology, &result, findings)
    if findings.hasErrors { result.bytes = nil }
    result.findings += findings.sorted()
    guard let bytes = result.bytes else { return result }
    let problems = check(bytes, format, folder)
    if !problems.isEmpty { result.bytes = nil }
    result.findings += problems
    return result
  }

  private func pack(
    _ folder: String, _ format: ArchiveFormat, _ version: String?, _ excluded: [String], _ topology: Topology,
    _ result: inout Result, _ findings: FindingCollector
  ) -> [UInt8]? {
    let start = findings.table.start(
      of: findings.table.add(SourceTable.Source(name: folder, text: nil, path: folder)))
    guard FileAccess.kind(of: folder) == .folder else {
      findings.report("not-a-folder", at: start, "only a folder can be packed", expected: "a folder with a template")
      return nil
    }
    // Whatever is wrong here was found when the template was read.
    let silent = FindingCollector(table: SourceTable(), limit: 1)
    guard let entry = EntryPoint.find(folder, limits: reader.limits, findings: silent) else { return nil }
    let isVersion2 = topology.version == TOSCAVersion.tosca2_0.rawValue
    guard isVersion2 || format == .zip else {
      findings.report(
        "archive-format", at: start, "an archive of a template of version `\(topology.version)` cannot be a tarball",
        expected: "`--format zip` (Simple Profile 1.3, 6.1)")
      return nil
    }
    let written = version ?? entry.metadata?.version ?? (isVersion2 ? "2.0" : "1.1")
    guard (isVersion2 ? ["2.0"] : ["1.0", "1.1"]).contains(written), entry.metadata?.version ?? written == written
    else {
      findings.report(
        "archive-version", at: start,
        "the archive cannot be of version `\(written.excerpt)`: its template is of `\(topology.version)`"
          + (entry.metadata?.version.map { ", its metadata of `\($0.excerpt)`" } ?? ""),
        expected: isVersion2 ? "`2.0`" : "`1.1` or `1.0`")
      return nil
    }
    var collector = FolderFiles(folder: folder, limits: reader.limits, excluded: excluded)
    collector.collect()
    for problem in collector.problems {
      let name = problem.entry.map { folder + "/" + EntryName.shown($0) } ?? folder
      let id = findings.table.add(SourceTable.Source(name: name, text: nil, path: nil))
      findings.report(problem.code, at: findings.table.start(of: id), problem.message, expected: problem.expected)
    }
    guard collector.problems.isEmpty else { return nil }
    var files = collector.files
    if entry.metadata == nil {
      let text = metadata(written, topology, PathText.relative(entry.file, to: folder) ?? entry.file)
      files.insert(ArchiveWriter.File(path: ArchiveMetadata.paths[0], bytes: Array(text.utf8)), at: 0)
    }
    result.files = files.map(\.path)
    do throws(ArchiveProblem) {
      return try ArchiveWriter.write(files, format: format)
    } catch {
      findings.report(error.code, at: start, error.message, expected: error.expected)
      return nil
    }
  }

  /// The text of the metadata file.
  private func metadata(_ version: String, _ topology: Topology, _ entry: String) -> String {
    var lines: [String] = []
    if version != "2.0" {
      let is1_3 = topology.version == TOSCAVersion.simple1_3.rawValue && version == "1.1"
      lines.append("TOSCA-Meta-File-Version: \(is1_3 ? "1.1" : "1.0")")
    }
    let author = topology.metadata["template_author"].map {
      $0.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
    lines.append("CSAR-Version: \(version)")
    lines.append("Created-By: \(author.flatMap { $0.isEmpty ? nil : $0 } ?? "Testudo")")
    lines.append("Entry-Definitions: \(entry)")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads an archive again: what it needs from elsewhere, and would not find where it is unpacked, is an error.
  private func check(_ bytes: [UInt8], _ format: ArchiveFormat, _ folder: String) -> [Finding] {
    func failure(_ reason: String) -> [Finding] {
      let place = SourceRange(file: folder, line: 1, column: 1, endLine: 1, endColumn: 1)
      return [
        Finding(code: "unreadable-file", place: place, message: reason, expected: "room for temporary files")
      ]
    }
    do throws(FileFault) {
      let temporary = try FileAccess.makeTemporaryFolder()
      defer { FileAccess.remove(temporary) }
      let path = temporary.path + "/archive." + format.rawValue
      try FileAccess.create(path, bytes)
      var again = reader
      again.importFolders = []
      return again.read(path).findings.filter { $0.severity == .error }.map { finding in
        func renamed(_ place: SourceRange) -> SourceRange {
          var place = place
          if place.file.hasPrefix(path) { place.file = "the packed archive" + place.file.dropFirst(path.count) }
          return place
        }
        var finding = finding
        finding.place = renamed(finding.place)
        finding.related = finding.related.map { Finding.Related(place: renamed($0.place), message: $0.message) }
        return finding
      }
    } catch {
      return failure(error.description(limit: 0))
    }
  }
}

/// The files of a folder that an archive gets, by path.
struct FolderFiles {
  /// The folder.
  let folder: String
  /// How many files and bytes it may have.
  let limits: Limits
  /// The files, sorted by path.
  private(set) var files: [ArchiveWriter.File] = []
  /// What cannot be packed.
  private(set) var problems: [ArchiveProblem] = []

  private let excluded: Set<String>
  private var folded: [String: String] = [:]
  private var total = 0

  /// The files of a folder without those at some paths.
  init(folder: String, limits: Limits, excluded: [String]) {
    self.folder = folder
    self.limits = limits
    self.excluded = Set(excluded.compactMap { FileAccess.realPath($0) })
  }

  /// Reads the files.
  mutating func collect() {
    do throws(ArchiveProblem) {
      try collect("")
    } catch {
      problems.append(error)
    }
    // By bytes, so that the order is the same wherever the archive is made.
    files.sort { Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8)) }
    // The metadata stands first, where whoever streams a tarball finds it at once.
    if let index = files.firstIndex(where: { ArchiveMetadata.paths.contains($0.path) }) {
      files.insert(files.remove(at: index), at: 0)
    }
  }

  private mutating func collect(_ below: String) throws(ArchiveProblem) {
    for name in FileAccess.names(in: below.isEmpty ? folder : folder + "/" + below) where !name.hasPrefix(".") {
      let path = below.isEmpty ? name : below + "/" + name
      let full = folder + "/" + path
      do throws(ArchiveProblem) {
        try checkName(path)
        let isLink = FileAccess.isLink(full)
        switch FileAccess.kind(of: full) {
        case .file:
          if let real = FileAccess.realPath(full), excluded.contains(real) { continue }
          try add(path, full, isLink: isLink)
        case .folder:
          guard !isLink else {
            throw ArchiveProblem(
              "entry-link", "the link leads to a folder", expected: "a folder, or links to its files", entry: path)
          }
          try collect(path)
        case .other, .nothing:
          throw ArchiveProblem(
            "entry-kind", isLink ? "the link leads to nothing" : "this is neither a file nor a folder",
            expected: "files and folders", entry: path)
        }
      } catch {
        guard error.entry != nil else { throw error }
        problems.append(error)
      }
    }
  }

  private mutating func checkName(_ path: String) throws(ArchiveProblem) {
    let name = try EntryName(path)
    if let other = folded.updateValue(path, forKey: name.folded) {
      throw ArchiveProblem(
        "entry-case", "`\(EntryName.shown(path))` and `\(EntryName.shown(other))` differ only in case",
        expected: "names that differ on every system", entry: path)
    }
    guard folded.count <= limits.archiveEntries else { throw .tooManyEntries(limits.archiveEntries) }
  }

  private mutating func add(_ path: String, _ full: String, isLink: Bool) throws(ArchiveProblem) {
    if isLink {
      guard let real = FileAccess.realPath(full), let root = FileAccess.realPath(folder),
        PathText.relative(real, to: root) != nil
      else {
        throw ArchiveProblem(
          "link-outside", "the link leads out of the folder", expected: "a link to a file of the folder", entry: path)
      }
    }
    let bytes: [UInt8]
    do throws(FileFault) {
      bytes = try FileAccess.read(full, limit: limits.unpackedBytes)
    } catch {
      throw ArchiveProblem(
        "unreadable-file", error.description(limit: limits.unpackedBytes), expected: "a file", entry: path)
    }
    total += bytes.count
    guard total <= limits.unpackedBytes else { throw .tooLarge(limits.unpackedBytes) }
    files.append(ArchiveWriter.File(path: path, bytes: bytes, isExecutable: FileAccess.isExecutable(full)))
  }
}
