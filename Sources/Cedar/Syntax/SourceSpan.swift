/// A place in a text. Lines and columns count from 1; columns count Unicode scalars.
public struct SourcePosition: Hashable, Comparable, Sendable {
  // Every expression carries two of these, so they are kept small; no text of policies has 2 GB.
  private var storedLine: Int32
  private var storedColumn: Int32
  private var storedOffset: Int32

  /// The line.
  public var line: Int {
    get { Int(storedLine) }
    set { storedLine = Int32(clamping: newValue) }
  }

  /// The column on it.
  public var column: Int {
    get { Int(storedColumn) }
    set { storedColumn = Int32(clamping: newValue) }
  }

  /// Bytes of UTF-8 from the start of the text.
  public var offset: Int {
    get { Int(storedOffset) }
    set { storedOffset = Int32(clamping: newValue) }
  }

  /// A place in a text.
  public init(line: Int, column: Int, offset: Int) {
    storedLine = Int32(clamping: line)
    storedColumn = Int32(clamping: column)
    storedOffset = Int32(clamping: offset)
  }

  /// Orders by place.
  public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    left.offset < right.offset
  }
}

/// A part of a text, from a place up to another.
public struct SourceSpan: Hashable, Sendable, CustomStringConvertible {
  /// Where it begins.
  public var start: SourcePosition
  /// The place after its end.
  public var end: SourcePosition

  /// A part of a text.
  public init(_ start: SourcePosition, _ end: SourcePosition) {
    self.start = start
    self.end = end
  }

  /// `line:column` of the beginning.
  public var description: String { "\(start.line):\(start.column)" }

  /// From the beginning of this to the end of another.
  func through(_ other: SourceSpan) -> SourceSpan {
    SourceSpan(start, other.end)
  }
}

/// Why a text is not of the language.
public struct CedarSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found: lower case, no final period, the user's text in backticks.
  public var message: String
  /// What would be right there, where that can be said.
  public var expected: String?
  /// Where it is.
  public var range: SourceSpan

  /// A mistake at a place.
  public init(_ message: String, expected: String? = nil, at range: SourceSpan) {
    self.message = message
    self.expected = expected
    self.range = range
  }

  /// `line:column: message, expected …`.
  public var description: String {
    "\(range): \(message)" + (expected.map { ", expected \($0)" } ?? "")
  }
}
