/// The name of an archive's entry, checked: a path below the archive's root that means the same on every system.
struct EntryName: Hashable {
  /// The path: no leading slash, no `.`, no `..`, no empty parts.
  let path: String

  /// The bytes that one part of a path may have, as file systems have it.
  static let partLimit = 255
  /// The bytes that a path may have.
  static let pathLimit = 1024
  /// The folders that a path may lead through.
  static let depthLimit = 32

  /// Checks a name. `./` before it, and `/` after a folder's, are how tar writes names, and say nothing.
  init(_ name: String) throws(ArchiveProblem) {
    if name.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
      throw Self.problem("has control characters", name)
    }
    guard !name.isEmpty else { throw Self.problem("is empty", name) }
    guard !name.contains("\\") else { throw Self.outside("has a backslash, which some systems take for a slash", name) }
    guard !name.hasPrefix("/") else { throw Self.outside("begins at the root of the file system", name) }
    let start = name.unicodeScalars.prefix(2)
    if start.count == 2, start.last == ":", start.first?.properties.isAlphabetic ?? false {
      throw Self.outside("names a drive", name)
    }
    guard name.utf8.count <= Self.pathLimit else {
      throw Self.problem("has more than \(Self.pathLimit) bytes", name)
    }
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      guard part != ".." else { throw Self.outside("leads out of the archive", name) }
      guard part.utf8.count <= Self.partLimit else {
        throw Self.problem("has a part of more than \(Self.partLimit) bytes", name)
      }
      parts.append(part)
    }
    guard parts.count <= Self.depthLimit else {
      throw Self.problem("leads through more than \(Self.depthLimit) folders", name)
    }
    path = parts.joined(separator: "/")
  }

  /// The folders that the path leads through, outermost first.
  var parents: [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }

  /// The same for names that systems which ignore case take for one. Names that differ only in how accents are encoded
  /// are equal as strings already.
  var folded: String { path.lowercased() }

  /// A name that cannot be used.
  static func problem(_ reason: String, _ name: String) -> ArchiveProblem {
    ArchiveProblem(
      "entry-name", "the entry's name `\(shown(name))` \(reason)",
      expected: "a path of at most \(pathLimit) bytes, in UTF-8, without control characters", entry: shown(name))
  }

  /// A name that leads out of the archive.
  static func outside(_ reason: String, _ name: String) -> ArchiveProblem {
    ArchiveProblem(
      "entry-outside", "the entry's name `\(shown(name))` \(reason)", expected: "a path below the archive's root",
      entry: shown(name))
  }

  /// A name as it can be shown: without control characters, which could play with a terminal, and cut if long.
  static func shown(_ name: String) -> String {
    var result = ""
    for scalar in name.unicodeScalars.prefix(200) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      // Marks that turn the direction of text can hide what a name ends with.
      let turns = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      if isControl || turns {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return name.unicodeScalars.count > 200 ? result + "…" : result
  }

  static func shown(_ scalar: Unicode.Scalar) -> String { shown(String(scalar)) }
}
