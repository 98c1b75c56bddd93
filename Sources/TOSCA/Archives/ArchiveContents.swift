/// The files of an archive by their checked names: none leads out of it, none is there twice, and links are resolved.
struct ArchiveContents {
  /// Where a file's content is.
  struct File {
    /// The entry with the content: the file itself, or what a link leads to.
    var entry: ArchiveEntry
    /// Whether it may be run.
    var isExecutable: Bool
  }

  /// The archive.
  let archive: Archive
  /// The files, by path.
  private(set) var files: [String: File] = [:]
  /// The folders, by path; those that only files' paths imply, too.
  private(set) var folders: Set<String> = []
  /// What is wrong with single entries, which are left out.
  private(set) var problems: [ArchiveProblem] = []

  private var links: [String: (entry: ArchiveEntry, target: String, isHard: Bool)] = [:]
  private var folded: [String: String] = [:]

  /// How many links a path may lead through.
  private static let linkLimit = 16
  /// The bytes that a link's target may have.
  private static let targetLimit = 4096

  /// Checks the entries of an archive.
  init(_ archive: Archive, limits: Limits, problems: [ArchiveProblem] = []) {
    self.archive = archive
    self.problems = problems
    for entry in archive.entries {
      do throws(ArchiveProblem) {
        try add(entry)
      } catch {
        self.problems.append(error)
      }
    }
    // A path through what is a file or a link would write elsewhere than it says.
    for path in files.keys.sorted() + links.keys.sorted() where folders.contains(path) {
      self.problems.append(
        ArchiveProblem(
          "duplicate-entry", "`\(EntryName.shown(path))` is a folder of the archive and something else, too",
          expected: "each path once", entry: path))
      files[path] = nil
      links[path] = nil
    }
    resolveLinks(limits)
  }

  private mutating func add(_ entry: ArchiveEntry) throws(ArchiveProblem) {
    let name = try EntryName(entry.name)
    let path = name.path
    if case .special(let what) = entry.kind {
      throw ArchiveProblem(
        "entry-kind", "the entry is \(what)", expected: "a file, a folder, or a link to a file of the archive",
        entry: path)
    }
    // Tarballs of a whole folder begin with the folder itself, `./`.
    guard !path.isEmpty else {
      guard entry.kind == .folder else { throw EntryName.problem("is empty", entry.name) }
      return
    }
    if let other = folded[name.folded], other != path {
      throw ArchiveProblem(
        "entry-case", "`\(EntryName.shown(path))` and `\(EntryName.shown(other))` differ only in case",
        expected: "names that differ on every system", entry: path, other: other)
    }
    for parent in name.parents {
      let key = parent.lowercased()
      if let other = folded[key], other != parent {
        throw ArchiveProblem(
          "entry-case", "the folders `\(EntryName.shown(parent))` and `\(EntryName.shown(other))` differ only in case",
          expected: "names that differ on every system", entry: path, other: other)
      }
    }
    if entry.kind != .folder, files[path] != nil || links[path] != nil {
      throw ArchiveProblem(
        "duplicate-entry", "`\(EntryName.shown(path))` is in the archive twice", expected: "each path once",
        entry: path)
    }
    folded[name.folded] = path
    for parent in name.parents {
      folded[parent.lowercased()] = parent
      folders.insert(parent)
    }
    switch entry.kind {
    case .folder: folders.insert(path)
    case .file, .special: files[path] = File(entry: entry, isExecutable: entry.isExecutable)
    case .hardLink(let target): links[path] = (entry, target, true)
    case .symbolicLink(let written):
      let target = if let written { written } else { try self.target(of: entry) }
      links[path] = (entry, target, false)
    }
  }

  /// The target of a link whose content says it.
  private func target(of entry: ArchiveEntry) throws(ArchiveProblem) -> String {
    guard entry.size <= Self.targetLimit,
      let text = String(validating: try archive.content(of: entry), as: UTF8.self)
    else {
      throw ArchiveProblem(
        "entry-link", "the link's target is no path", expected: "a path in the archive", entry: entry.name)
    }
    return text
  }

  private mutating func resolveLinks(_ limits: Limits) {
    // A link costs what it leads to: many links to one large file are a bomb, too.
    var total = archive.entries.reduce(0) { $0 + $1.size }
    for (path, link) in links.sorted(by: { $0.key < $1.key }) {
      do throws(ArchiveProblem) {
        let file = try resolve(path)
        total += file.entry.size
        guard total <= limits.unpackedBytes else { throw .tooLarge(limits.unpackedBytes) }
        files[path] = File(entry: file.entry, isExecutable: file.isExecutable || link.entry.isExecutable)
      } catch {
        problems.append(error)
      }
    }
  }

  /// The file that a link leads to.
  private func resolve(_ start: String) throws(ArchiveProblem) -> File {
    var path = start
    for _ in 0..<Self.linkLimit {
      guard let link = links[path] else { break }
      let target = link.target
      func problem(_ code: String, _ reason: String, _ expected: String) -> ArchiveProblem {
        ArchiveProblem(
          code, "the link to `\(EntryName.shown(target))` \(reason)", expected: expected, entry: start)
      }
      let outside = problem("link-outside", "leads out of the archive", "a link to a file of the archive")
      guard !target.hasPrefix("/"), !target.contains("\\"), target.utf8.count <= Self.targetLimit else { throw outside }
      var parts = link.isHard ? [] : path.split(separator: "/").dropLast()
      for part in target.split(separator: "/") where part != "." {
        if part != ".." {
          parts.append(part)
        } else if parts.popLast() == nil {
          throw outside
        }
      }
      path = parts.joined(separator: "/")
      if links[path] != nil { continue }
      if path.isEmpty || folders.contains(path) {
        throw problem("entry-link", "leads to a folder", "a link to a file of the archive")
      }
      guard let file = files[path], file.entry.kind == .file else {
        throw problem("entry-link", "leads to nothing", "a link to a file of the archive")
      }
      return file
    }
    throw ArchiveProblem(
      "entry-link", "the link leads back to itself, or through more than \(Self.linkLimit) others",
      expected: "a link to a file of the archive", entry: start)
  }
}
