import Testing

@testable import TOSCA

@Suite("the composer of YAML")
struct YAMLComposerTests {
  private func compose(_ text: String, limits: Limits = Limits()) -> (YAMLNode?, [Finding]) {
    let table = SourceTable()
    let file = table.add(SourceTable.Source(name: "x.yaml", text: text, path: nil))
    let findings = FindingCollector(table: table, limit: 100)
    let node = try? YAMLComposer.compose(Array(text.utf8), file: file, limits: limits, findings: findings)
    return (node, findings.sorted())
  }

  @Test("every node has the place where it starts and ends, columns counted in scalars")
  func places() throws {
    let (root, findings) = compose("größe: [ä, öl]\nb:\n  c: |\n    text\n")
    #expect(findings.isEmpty)
    let list = try #require(root?["größe"])
    #expect(list.place == Place(file: 0, line: 1, column: 8, endLine: 1, endColumn: 15))
    #expect(list.items?[1].place == Place(file: 0, line: 1, column: 12, endLine: 1, endColumn: 14))
    let inner = try #require(root?["b"])
    #expect(inner.place.line == 3)
    #expect(inner.place.column == 3)
  }

  @Test("scalars stay text, and their style is kept")
  func scalars() throws {
    let (root, _) = compose("{a: 1.10, b: '1.10', c: 017, d: yes, e: , f: !!str 5}")
    #expect(root?["a"]?.content == .scalar("1.10", .plain))
    #expect(root?["b"]?.content == .scalar("1.10", .quoted))
    #expect(root?["c"]?.text == "017")
    #expect(root?["d"].map { CoreSchema.kind(of: $0.text ?? "", .plain) } == .string)
    #expect(root?["e"]?.isNull == true)
    #expect(root?["f"]?.content == .scalar("5", .quoted))
  }

  @Test("an alias has its own place, and what is in it the anchor's")
  func aliases() throws {
    let (root, findings) = compose("a: &x [1]\nb: *x\n")
    #expect(findings.isEmpty)
    #expect(root?["b"]?.place.line == 2)
    #expect(root?["b"]?.items?.first?.place.line == 1)
  }

  @Test("a merge key adds what is not there")
  func merge() throws {
    let (root, findings) = compose("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n")
    #expect(findings.isEmpty)
    #expect(root?["b"]?["p"]?.text == "1")
    #expect(root?["b"]?["q"]?.text == "3")
  }

  @Test(
    "what is wrong is found in its place",
    arguments: [
      ("a: 1\nb: 2\na: 3\n", "duplicate-key 3:1"),
      ("a:\n\tb: 1\n", "not-yaml 2:1"),
      ("a: [1, 2\nb: 3\n", "not-yaml 2:2"),
      ("a: 1\n---\nb: 2\n", "several-documents 2:1"),
      ("a: *x\n", "unknown-anchor 1:4"),
      ("a: &x [*x]\n", "unknown-anchor 1:8"),
      ("a: !!python/none 1\n", "unknown-tag 1:4"),
      ("<<: 5\n", "wrong-syntax 1:5"),
      ("a: \"\u{1}\"\n", "not-yaml 1:1"),
    ])
  func mistakes(text: String, expected: String) {
    let (_, findings) = compose(text)
    #expect(findings.map { "\($0.code) \($0.place.line):\($0.place.column)" } == [expected])
  }

  @Test("nested aliases are counted by what they stand for")
  func bomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let alias = "*a\(level - 1)"
      text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
    }
    #expect(compose(text).1.map(\.code) == ["alias-bomb"])
  }

  @Test("nesting has a bound")
  func depth() {
    #expect(compose(String(repeating: "[", count: 20_000)).1.map(\.code) == ["too-deep"])
    let allowed = String(repeating: "[", count: 10) + String(repeating: "]", count: 10)
    #expect(compose(allowed, limits: Limits(depth: 10)).1.isEmpty)
    #expect(compose(allowed, limits: Limits(depth: 8)).1.map(\.code) == ["too-deep"])
  }

  @Test("an empty text has no document", arguments: ["", "# only a comment\n", "\n\n"])
  func empty(text: String) {
    let (root, findings) = compose(text)
    #expect(root == nil)
    #expect(findings.isEmpty)
  }
}
