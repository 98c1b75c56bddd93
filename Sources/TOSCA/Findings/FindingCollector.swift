/// The texts of a reading by number, so that places stay small.
final class SourceTable {
  /// One text.
  struct Source {
    /// The file's name in findings.
    var name: String
    /// Its text; nil where it must never be shown.
    var text: String?
    /// The path it was read from; nil for a value of the command line.
    var path: String?
  }

  /// The texts, by number.
  private(set) var sources: [Source] = []

  /// The names of the texts, by number, as ranges share them.
  private var names: [SourceRange.FileName] = []

  /// Adds a text and returns its number.
  func add(_ source: Source) -> UInt32 {
    sources.append(source)
    names.append(SourceRange.FileName(source.name))
    return UInt32(sources.count - 1)
  }

  /// Sets what was read for a number.
  func setText(_ text: String?, of file: UInt32) { sources[Int(file)].text = text }

  /// The public form of a place.
  func range(_ place: Place) -> SourceRange {
    SourceRange(names[Int(place.file)], place)
  }

  /// The nodes of one file that are written with neither an anchor nor an alias: their places do not begin with a `&` or
  /// a `*`.
  func withoutAnchors(_ nodes: [YAMLNode]) -> [YAMLNode] {
    guard let first = nodes.first, let text = sources[Int(first.place.file)].text else { return [] }
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return nodes.filter { node in
      guard lines.indices.contains(Int(node.place.line) - 1) else { return false }
      let scalars = String(Substring(lines[Int(node.place.line) - 1])).unicodeScalars
      let begin = scalars.dropFirst(Int(node.place.column) - 1).first
      return begin != "&" && begin != "*"
    }
  }

  /// The first character of a file, for findings about the file as a whole.
  func start(of file: UInt32) -> Place { Place(file: file, line: 1, column: 1, endLine: 1, endColumn: 1) }
}

/// Collects what is wrong, so that everything is reported at once.
final class FindingCollector {
  /// The texts that findings point into.
  let table: SourceTable
  /// What notes names and their places for an index; nil where none is asked for.
  let recorder: IndexRecorder?
  private let limit: Int
  /// What is let pass, as a warning.
  var tolerances: Tolerance
  private var lenient: Tolerance?
  private var seen: Set<Finding> = []
  private var leftOut = 0

  /// An empty collection, in which errors that the given tolerances let pass are warnings.
  init(table: SourceTable, limit: Int, tolerances: Tolerance = [], recorder: IndexRecorder? = nil) {
    self.tolerances = tolerances
    self.table = table
    self.recorder = recorder
    self.limit = limit
  }

  /// Whether an error was found.
  private(set) var hasErrors = false

  /// Whether nothing was found.
  var isEmpty: Bool { seen.isEmpty && leftOut == 0 }

  /// What was found up to some time.
  struct State {
    fileprivate var seen: Set<Finding>
    fileprivate var leftOut: Int
    fileprivate var hasErrors: Bool
  }

  /// What was found up to now. When it is set, what was found since is forgotten, because it will be looked at once
  /// more.
  var state: State {
    get { State(seen: seen, leftOut: leftOut, hasErrors: hasErrors) }
    set {
      seen = newValue.seen
      leftOut = newValue.leftOut
      hasErrors = newValue.hasErrors
    }
  }

  /// Adds a finding. The same one, found twice on different ways, counts once.
  func report(
    _ code: String, _ severity: Finding.Severity = .error, at place: Place, _ message: String, expected: String? = nil,
    suggestion: String? = nil, related: [(Place, String)] = []
  ) {
    var severity = severity
    var message = message
    if severity == .error, !tolerances.isEmpty, let tolerance = tolerance(for: code) {
      severity = .warning
      message += "; tolerated by `\(tolerance.name)`"
    }
    if severity == .error { hasErrors = true }
    let finding = Finding(
      code: code, severity: severity, place: table.range(place), message: message, expected: expected,
      suggestion: suggestion, related: related.map { Finding.Related(place: table.range($0.0), message: $0.1) })
    if seen.count < limit { seen.insert(finding) } else if !seen.contains(finding) { leftOut += 1 }
  }

  /// Warns of a form that the standard rules out, and that the OASIS community's own examples use all the same; a
  /// tolerance silences the warning.
  func warn(
    _ code: String, unless tolerance: Tolerance, at place: Place, _ message: String, expected: String
  ) {
    guard !tolerances.contains(tolerance) else { return }
    report(code, .warning, at: place, message, expected: expected)
  }

  private func tolerance(for code: String) -> Tolerance? {
    if let lenient { return lenient }
    return Tolerance.lowering(code).flatMap { tolerances.contains($0) ? $0 : nil }
  }

  /// Runs a part of the reading in which every error is a warning, if the tolerance is given.
  func tolerating<Result>(_ tolerance: Tolerance, _ body: () -> Result) -> Result {
    guard lenient == nil, tolerances.contains(tolerance) else { return body() }
    lenient = tolerance
    defer { lenient = nil }
    return body()
  }

  /// Everything found, by place.
  func sorted() -> [Finding] {
    var order: [String: Int] = [:]
    for source in table.sources where order[source.name] == nil { order[source.name] = order.count }
    func key(_ finding: Finding) -> (Int, Int, Int, String, String) {
      (
        order[finding.place.file] ?? .max, finding.place.line, finding.place.column, finding.code, finding.message
      )
    }
    var findings = seen.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    if leftOut > 0, let last = findings.last {
      findings.append(
        Finding(
          code: "too-many-findings", severity: .warning, place: last.place,
          message: "\(leftOut) more findings are left out"))
    }
    return findings
  }
}
