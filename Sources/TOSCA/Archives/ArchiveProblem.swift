/// What is wrong with an archive, or with one of its entries.
struct ArchiveProblem: Error, Hashable {
  /// The finding's code.
  var code: String
  /// The entry it is about; nil where it is the archive as a whole.
  var entry: String?
  /// What was found.
  var message: String
  /// What would be right.
  var expected: String
  /// The entry that it clashes with.
  var other: String?

  /// A problem of an archive, or of an entry.
  init(_ code: String, _ message: String, expected: String, entry: String? = nil, other: String? = nil) {
    self.code = code
    self.entry = entry
    self.message = message
    self.expected = expected
    self.other = other
  }

  /// The archive ends early, or contradicts itself.
  static func damaged(_ message: String, entry: String? = nil) -> ArchiveProblem {
    ArchiveProblem("damaged-archive", message, expected: "the archive as it was made", entry: entry)
  }

  /// The archive uses what is not read here.
  static func unsupported(_ message: String, entry: String? = nil) -> ArchiveProblem {
    ArchiveProblem(
      "unsupported-archive", message,
      expected: "a zip archive (stored or deflated), or a tar archive, plain or gzipped",
      entry: entry)
  }

  /// The archive unpacks to far more than it is.
  static func bomb(_ message: String, entry: String? = nil) -> ArchiveProblem {
    ArchiveProblem("archive-bomb", message, expected: "an archive whose files are as large as they seem", entry: entry)
  }

  /// The archive unpacks to more than is allowed.
  static func tooLarge(_ limit: Int) -> ArchiveProblem {
    ArchiveProblem(
      "archive-too-large", "the archive unpacks to more than \(limit) bytes", expected: "at most \(limit) bytes")
  }

  /// The archive has more entries than allowed.
  static func tooManyEntries(_ limit: Int) -> ArchiveProblem {
    ArchiveProblem(
      "archive-too-many-entries", "the archive has more than \(limit) entries", expected: "at most \(limit) entries")
  }
}
