/// A range in a file. Lines and columns count from 1; columns count Unicode scalars, as editors show them.
///
/// Every value of a topology has one, so that it is small: ranges of one file share its name, and lines and columns have
/// 32 bits, which is more than a file can have (`Limits.fileBytes`).
public struct SourceRange: Sendable {
  /// A file's name, shared by the ranges in it.
  final class FileName: Sendable {
    /// The name.
    let text: String

    /// A name.
    init(_ text: String) { self.text = text }
  }

  private var name: FileName
  private var first: (line: UInt32, column: UInt32)
  private var last: (line: UInt32, column: UInt32)

  /// A range of a file.
  public init(file: String, line: Int, column: Int, endLine: Int, endColumn: Int) {
    name = FileName(file)
    first = (UInt32(clamping: line), UInt32(clamping: column))
    last = (UInt32(clamping: endLine), UInt32(clamping: endColumn))
  }

  /// The range of a place in a file.
  init(_ name: FileName, _ place: Place) {
    self.name = name
    first = (place.line, place.column)
    last = (place.endLine, place.endColumn)
  }

  /// The file, as the user named it or relative to the template's folder.
  public var file: String {
    get { name.text }
    set { name = FileName(newValue) }
  }
  /// The first line.
  public var line: Int {
    get { Int(first.line) }
    set { first.line = UInt32(clamping: newValue) }
  }
  /// The first column on it.
  public var column: Int {
    get { Int(first.column) }
    set { first.column = UInt32(clamping: newValue) }
  }
  /// The last line.
  public var endLine: Int {
    get { Int(last.line) }
    set { last.line = UInt32(clamping: newValue) }
  }
  /// The column after the last one.
  public var endColumn: Int {
    get { Int(last.column) }
    set { last.column = UInt32(clamping: newValue) }
  }
}

extension SourceRange: Hashable {
  /// Whether two ranges are the same.
  public static func == (one: SourceRange, other: SourceRange) -> Bool {
    one.first == other.first && one.last == other.last && (one.name === other.name || one.file == other.file)
  }

  /// Hashes the file's name, lines and columns.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(first.line)
    hasher.combine(first.column)
    hasher.combine(last.line)
    hasher.combine(last.column)
  }
}

extension SourceRange: Codable {
  private enum CodingKeys: CodingKey {
    case file, line, column, endLine, endColumn
  }

  /// Reads `file`, `line`, `column`, `endLine` and `endColumn`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      file: try container.decode(String.self, forKey: .file), line: try container.decode(Int.self, forKey: .line),
      column: try container.decode(Int.self, forKey: .column),
      endLine: try container.decode(Int.self, forKey: .endLine),
      endColumn: try container.decode(Int.self, forKey: .endColumn))
  }

  /// Writes `file`, `line`, `column`, `endLine` and `endColumn`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file, forKey: .file)
    try container.encode(line, forKey: .line)
    try container.encode(column, forKey: .column)
    try container.encode(endLine, forKey: .endLine)
    try container.encode(endColumn, forKey: .endColumn)
  }
}
