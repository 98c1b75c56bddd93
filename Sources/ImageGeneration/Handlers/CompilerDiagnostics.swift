import TOSCA

/// What the compiler said of sources, in its LLVM style: `FILE:LINE:COLUMN: error: MESSAGE`.
struct CompilerDiagnostics {
  private struct Line {
    var file: Substring
    var line: Int
    var column: Int
    var message: String
    /// Whether it is about memory that the compiler cannot vouch for.
    var isUnsafe: Bool
  }

  private let errors: [Line]

  /// The most errors that are passed on.
  static let maximumErrors = 50

  init(_ output: String) {
    errors = output.split(separator: "\n").compactMap(CompilerDiagnostics.error)
  }

  private static func error(_ text: Substring) -> Line? {
    guard let mark = text.firstRange(of: ": error: ") else { return nil }
    let place = text[..<mark.lowerBound].split(separator: ":", omittingEmptySubsequences: false)
    guard place.count >= 3, let line = Int(place[place.count - 2]), let column = Int(place[place.count - 1]) else {
      return nil
    }
    let end = place[place.count - 3].endIndex
    var message = text[mark.upperBound...]
    let isUnsafe = message.hasSuffix("[#StrictMemorySafety]")
    // Swift names the group of a diagnostic at its end; that it came of a warning is our doing.
    if message.hasSuffix("]"), let group = message.lastIndex(of: "["), group > message.startIndex {
      message = message[..<message.index(before: group)]
    }
    return Line(
      file: text[..<end], line: line, column: column,
      message: String(message).replacing("'", with: "`"), isUnsafe: isUnsafe)
  }

  /// The errors as findings. What is wrong where the user's function is called is put to the first source, since the file
  /// that it is called in is none of the user's.
  func findings(in sources: HandlerSources) -> [Finding] {
    var findings: [Finding] = []
    for error in errors.prefix(CompilerDiagnostics.maximumErrors) {
      if let file = sources.files.first(where: { error.file == "sources/\($0.path)" }) {
        let (start, end) = CompilerDiagnostics.columns(of: error.line, column: error.column, in: file.text)
        let finding = Finding(
          code: error.isUnsafe ? "unsafe-handler-code" : "handler-does-not-compile",
          place: SourceRange(
            file: file.path, line: error.line, column: start, endLine: error.line, endColumn: end),
          message: error.isUnsafe ? "this uses memory in a way that the compiler cannot check" : error.message,
          expected: error.isUnsafe ? "code that the compiler can check" : "Swift that compiles")
        if !findings.contains(finding) { findings.append(finding) }
      } else if error.file.hasSuffix(HandlerCompiler.entryName), let first = sources.files.first,
        !findings.contains(where: { $0.code == "no-handler-function" })
      {
        findings.append(
          Finding(
            code: "no-handler-function",
            place: SourceRange(file: first.path, line: 1, column: 1, endLine: 1, endColumn: 2),
            message: "`\(sources.source)` has no function that requests can be given to",
            expected: "`func respond(to request: Request, in store: any Store) -> Response`"))
      }
    }
    // While the user's own code has mistakes, its function may be unknown for their sake.
    let own = findings.filter { $0.code != "no-handler-function" }
    return own.isEmpty ? findings : own
  }

  /// The columns, in Unicode scalars, of the word that stands at a column in bytes.
  private static func columns(of line: Int, column: Int, in text: String) -> (start: Int, end: Int) {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line >= 1, line <= lines.count else { return (column, column + 1) }
    let bytes = lines[line - 1]
    let before = bytes.prefix(max(0, column - 1))
    let start = String(decoding: before, as: UTF8.self).unicodeScalars.count + 1
    let rest = String(decoding: bytes.dropFirst(max(0, column - 1)), as: UTF8.self)
    let word = rest.unicodeScalars.prefix {
      $0 == "_" || $0 == "$" || $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
    return (start, start + max(1, word.count))
  }
}
