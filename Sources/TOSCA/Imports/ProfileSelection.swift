import Synchronization

/// The types of the profile that every file knows that a small template needs: those whose names stand anywhere in it,
/// and those that they name in turn. Everything else in the profile can be left unread, because nothing leads to it.
///
/// A reading with a part of the profile must find what one with all of it finds. Where it finds anything at all, the
/// reader therefore reads the rest of the profile and begins again: suggestions and expectations come from all names.
struct ProfileSelection {
  /// The bytes of templates up to which leaving out pays.
  static let smallTemplate = 1 << 16

  private let index: ProfileIndex
  private let wanted: [Int]

  /// Selects from the files of a profile and what they import; nil where one has a layout that is not understood.
  /// - Parameters:
  ///   - paths: The profile's files.
  ///   - names: What is written in the template.
  ///   - limits: The bounds of reading.
  init?(of paths: [String], for names: Set<String>, limits: Limits) {
    guard let index = ProfileIndex.index(of: paths, limit: limits.fileBytes) else { return nil }
    self.index = index
    wanted = index.declarations(for: names)
  }

  /// How many files the profile has.
  var fileCount: Int { index.files.count }

  /// Whether a file belongs to the profile.
  func contains(_ path: String) -> Bool { index.files.contains { $0.path == path } }

  /// A file's text, and of it the part with the types that are needed and the number, from 0, that each of its lines has
  /// in the file; nil where the file is not one of the profile.
  func text(at path: String) -> (whole: String, part: [UInt8], lines: [UInt32])? {
    guard let file = index.files.firstIndex(where: { $0.path == path }) else { return nil }
    let lines = Set(
      wanted.lazy.filter { index.declarations[$0].file == file }.map { index.declarations[$0].declaration.line })
    let part = index.files[file].text.keeping { lines.contains($0.line) }
    return (index.files[file].text.text, part.bytes, part.lines)
  }

  /// What was read of a profile, for readings that need the same of it.
  struct Parts: Sendable {
    /// The profile's own files, by number.
    var roots: [UInt32]
    /// All files, in the order in which they were read to the end.
    var files: [LoadedFile]
    /// The texts, in the order of their numbers.
    var sources: [SourceTable.Source]
    /// The numbers by real path.
    var numbers: [String: UInt32]
  }

  private struct Key: Hashable {
    var index: ObjectIdentifier
    var wanted: [Int]
    var firstFile: UInt32
    var tolerances: Tolerance
  }

  private struct Entry: Sendable {
    /// Kept, so that its identity stays its own.
    var index: ProfileIndex
    var parts: Parts
  }

  private static let known = Mutex<[Key: Entry]>([:])
  private static let limit = 32

  /// What an earlier reading of this process read of this selection, if its first file had the same number.
  func parts(firstFile: UInt32, _ tolerances: Tolerance) -> Parts? {
    let key = Key(index: ObjectIdentifier(index), wanted: wanted, firstFile: firstFile, tolerances: tolerances)
    return Self.known.withLock { $0[key]?.parts }
  }

  /// Keeps what was read of this selection.
  func keep(_ parts: Parts, firstFile: UInt32, _ tolerances: Tolerance) {
    let key = Key(index: ObjectIdentifier(index), wanted: wanted, firstFile: firstFile, tolerances: tolerances)
    let entry = Entry(index: index, parts: parts)
    Self.known.withLock { known in
      if known.count >= Self.limit { known = [:] }
      known[key] = entry
    }
  }
}
