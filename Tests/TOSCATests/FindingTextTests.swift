import Testing

@testable import TOSCA

@Suite("findings as text")
struct FindingTextTests {
  private func text(_ source: String, _ range: (Int, Int, Int, Int), suggestion: String? = nil) -> String {
    let place = SourceRange(file: "a", line: range.0, column: range.1, endLine: range.2, endColumn: range.3)
    let finding = Finding(code: "c", place: place, message: "m", suggestion: suggestion)
    let lines = render([finding], sources: ["a": source], format: .text, color: false).split(separator: "\n")
    return lines.dropFirst().joined(separator: "\n")
  }

  @Test("a range of several lines is marked on each, without the indentation")
  func lines() {
    let shown = text("a:\n  b: { c,\n    d,\n  e }\n", (2, 6, 4, 6), suggestion: "f")
    #expect(
      shown == """
          2 |   b: { c,
            |      ^~~~
          3 |     d,
            |     ~~
          4 |   e }
            |   ~~~ did you mean `f`?
        """)
  }

  @Test("of a long range the first lines and the last are shown")
  func long() {
    let source = (1...120).map { "line\($0)" }.joined(separator: "\n")
    let shown = text(source, (98, 3, 103, 5)).split(separator: "\n").map(String.init)
    #expect(
      shown == [
        "   98 | line98", "      |   ^~~~", "   99 | line99", "      | ~~~~~~", "      …", "  103 | line103",
        "      | ~~~~",
      ])
  }

  @Test("a range that ends before the text of its last line does not show it")
  func trailing() {
    #expect(text("a:\n  b: c\n\n  d: e\n", (2, 3, 4, 3)) == "  2 |   b: c\n    |   ^~~~")
  }

  @Test("a tab takes two columns in text and mark")
  func tabs() {
    #expect(text("\ta\tb", (1, 4, 1, 5)) == "  1 |   a  b\n    |      ^")
  }

  @Test(
    "marks stand under what they mark where characters are wide, or none",
    arguments: [
      ("名前: x", 5, 6, "       ^"), ("a: 名前", 4, 6, "    ^~~~"), ("é\u{301}x", 3, 4, "  ^"), ("🚀x", 2, 3, "   ^"),
    ])
  func wide(line: String, from: Int, to: Int, mark: String) {
    let shown = text(line, (1, from, 1, to)).split(separator: "\n").map(String.init)
    #expect(shown == ["  1 | " + line, "    |" + mark])
  }

  @Test("a very long line is cut around the mark")
  func cut() throws {
    let source = String(repeating: "x", count: 5_000) + "HERE" + String(repeating: "y", count: 5_000)
    let shown = text(source, (1, 5_001, 1, 5_005)).split(separator: "\n")
    #expect(shown[0].count < 120)
    let start = try #require(shown[0].range(of: "HERE")).lowerBound
    let mark = try #require(shown[1].firstIndex(of: "^"))
    #expect(
      shown[0].distance(from: shown[0].startIndex, to: start) == shown[1].distance(from: shown[1].startIndex, to: mark))
    #expect(shown[1].hasSuffix(" ^~~~"))
    #expect(shown[0].contains("| …x") && shown[0].hasSuffix("y…"))
  }

  @Test("a mark longer than what is shown ends where that ends")
  func longMark() {
    let shown = text(String(repeating: "x", count: 500), (1, 1, 1, 501)).split(separator: "\n")
    #expect(shown[1] == "    | ^" + String(repeating: "~", count: 99))
  }

  @Test("the summary counts errors, warnings and files")
  func counts() {
    let error = Finding(
      code: "c", place: SourceRange(file: "a", line: 1, column: 1, endLine: 1, endColumn: 1), message: "m")
    var warning = error
    warning.severity = .warning
    warning.place.file = "b"
    #expect(summary(of: []) == "no findings")
    #expect(summary(of: [error]) == "1 error in 1 file")
    #expect(summary(of: [error, error, warning]) == "2 errors and 1 warning in 2 files")
  }

  @Test(
    "lines end where YAML ends them",
    arguments: ["a\nb", "a\r\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "\u{FEFF}a\nb"])
  func breaks(source: String) {
    let lines = SourceLines(source)
    #expect(lines.count == 2)
    #expect(lines[1] == "a" && lines[2] == "b" && lines[3] == nil && lines[0] == nil)
  }

  @Test(
    "a suggestion is a fix where it stands for the misspelt word",
    arguments: [
      ("propertis: 1", 1, 10, "properties", 1, 10), ("\"prt\": 1", 1, 6, "port", 2, 5),
      ("- ./a/typs.yaml", 3, 16, "types.yaml", 7, 16),
    ])
  func fixes(line: String, from: Int, to: Int, suggestion: String, start: Int, end: Int) {
    let place = SourceRange(file: "a", line: 1, column: from, endLine: 1, endColumn: to)
    let finding = Finding(code: "c", place: place, message: "m", suggestion: suggestion)
    let fix = finding.fix(in: SourceLines(line))
    #expect(fix?.replacement == suggestion)
    #expect(fix?.place.column == start && fix?.place.endColumn == end)
  }

  @Test(
    "no text is put in the place of something else, or where YAML would read it otherwise",
    arguments: [("{ a: b }", "port"), ("nul", "null"), ("a b", "a: b"), ("yse", "yes")])
  func noFix(written: String, suggestion: String) {
    let place = SourceRange(file: "a", line: 1, column: 1, endLine: 1, endColumn: written.count + 1)
    let finding = Finding(code: "c", place: place, message: "m", suggestion: suggestion)
    #expect(finding.fix(in: SourceLines(written)) == nil)
  }
}
