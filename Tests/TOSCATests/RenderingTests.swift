import Testing

@testable import TOSCA

@Suite("rendering")
struct RenderingTests {
  private let finding = Finding(
    code: "unknown-key",
    place: SourceRange(file: "a.yaml", line: 2, column: 3, endLine: 2, endColumn: 12),
    message: "unknown keyname `propertis`", expected: "one of `properties`, `type`", suggestion: "properties",
    related: [
      Finding.Related(
        place: SourceRange(file: "a.yaml", line: 1, column: 1, endLine: 1, endColumn: 2), message: "it begins here")
    ])
  private let sources = ["a.yaml": "a:\n  propertis: ä\n"]

  @Test("text shows the line with a mark under the range")
  func text() {
    let expected = """
      a.yaml:2:3: error: unknown keyname `propertis` [unknown-key]
        2 |   propertis: ä
          |   ^~~~~~~~~ did you mean `properties`?
        expected: one of `properties`, `type`
        a.yaml:1:1: it begins here
        1 | a:
          | ^

      """
    #expect(render([finding], sources: sources, format: .text, color: false) == expected)
  }

  @Test("colour is asked for")
  func color() {
    #expect(render([finding], sources: sources, format: .text, color: true).contains("\u{1B}[1;31merror\u{1B}[0m"))
  }

  @Test("without a source there is no line, and the suggestion stays")
  func noSource() {
    let text = render([finding], sources: [:], format: .text, color: false)
    #expect(text.contains("did you mean `properties`?"))
    #expect(!text.contains(" | "))
  }

  @Test("what a terminal would obey is not written")
  func control() {
    var hostile = finding
    hostile.message = "unknown `\u{1B}[2J`"
    let text = render([hostile], sources: ["a.yaml": "a:\n  \u{1B}]0;x\u{7}b"], format: .text, color: false)
    #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{7}" })
  }

  @Test("ranges beyond the text do not matter")
  func beyond() {
    for place in [
      SourceRange(file: "a.yaml", line: 2, column: 99, endLine: 2, endColumn: 100),
      SourceRange(file: "a.yaml", line: 99, column: 1, endLine: 99, endColumn: 1),
      SourceRange(file: "a.yaml", line: 1, column: 2, endLine: 9, endColumn: 1),
    ] {
      var moved = finding
      moved.place = place
      #expect(render([moved], sources: sources, format: .text, color: false).contains("unknown keyname"))
    }
  }

  @Test("JSON is one array")
  func json() {
    #expect(render([], sources: [:], format: .json, color: false) == "[]\n")
    var plain = finding
    plain.related = []
    plain.message = "a \"quoted\"\n\u{1}text"
    let expected = #"""
      [
        {
          "code": "unknown-key",
          "severity": "error",
          "file": "a.yaml",
          "line": 2,
          "column": 3,
          "endLine": 2,
          "endColumn": 12,
          "message": "a \"quoted\"\n\u0001text",
          "expected": "one of `properties`, `type`",
          "suggestion": "properties"
        }
      ]

      """#
    #expect(render([plain], sources: [:], format: .json, color: false) == expected)
  }

  @Test("the topology is drawn and written, without its secrets")
  func topology() throws {
    let profiles = try Sketch.profiles()
    let fixture = try Fixture(Sketch.files)
    let result = fixture.read(inputs: ["credentials": "{ clerk: hunter22 }"], profiles: profiles.folder)
    let topology = try #require(result.topology)
    let json = topology.json()
    #expect(json.contains("\"amount\": 4194304.0"))
    #expect(json.contains("\"name\": \"sectosca.nodes.KeyValueService\""))
    #expect(!json.contains("hunter22"))
    let dot = topology.dot()
    #expect(dot.contains("\"node storefront\" -> \"node orders\" [label=\"backend\"];"))
    #expect(dot.contains("\"policy passwords\" -> \"node storefront\" [style=dotted];"))
  }
}
