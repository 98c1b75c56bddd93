/// What is in an archive, as far as its entries are sound. Nothing is read as TOSCA.
public struct ArchiveListing: Sendable {
  /// A file of an archive.
  public struct Entry: Hashable, Sendable, Codable {
    /// Its path below the root.
    public var path: String
    /// Its bytes, unpacked.
    public var size: Int
    /// Whether it may be run.
    public var isExecutable: Bool
  }

  /// The files by path.
  public var entries: [Entry] = []
  /// What is wrong with the archive and its entries.
  public var findings: [Finding] = []
  /// The files, unpacked; nil where the archive cannot be read.
  public var unpacked: UnpackedArchive?

  /// Lists and unpacks an archive.
  public init(of path: String, limits: Limits = Limits()) {
    let table = SourceTable()
    let collector = FindingCollector(table: table, limit: limits.findings)
    defer { findings = collector.sorted() }
    guard FileAccess.kind(of: path) == .file else {
      let start = table.start(of: table.add(SourceTable.Source(name: path, text: nil, path: nil)))
      collector.report("missing-file", at: start, "there is no file `\(path.excerpt)`", expected: "an archive")
      return
    }
    guard let archive = OpenedArchive(path, limits: limits, findings: collector) else { return }
    unpacked = archive.unpacked
    func list(_ below: String) {
      for name in FileAccess.names(in: archive.unpacked.folder + "/" + below) {
        let path = below.isEmpty ? name : below + "/" + name
        let full = archive.unpacked.folder + "/" + path
        if FileAccess.kind(of: full) == .folder {
          list(path)
        } else {
          entries.append(
            Entry(path: path, size: FileAccess.size(of: full), isExecutable: FileAccess.isExecutable(full)))
        }
      }
    }
    list("")
  }

  /// Whether something is wrong.
  public var hasErrors: Bool { findings.contains { $0.severity == .error } }
}
