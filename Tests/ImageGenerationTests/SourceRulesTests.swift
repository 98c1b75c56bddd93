import Testing

@testable import ImageGeneration

@Suite("What a handler's source may not say")
struct SourceRulesTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var source: String
    /// The code, and the text that the finding points at.
    var found: [String]

    init(_ source: String, _ found: String...) {
      self.source = source
      self.found = found
    }

    var testDescription: String { source }
  }

  static let cases = [
    Case("import Handler\nfunc f() {}"),
    Case("import Network", "forbidden-import Network"),
    Case("@_exported import LibraryOS", "unsafe-handler-code _exported", "forbidden-import LibraryOS"),
    Case("import struct LibraryOS.Exchange", "forbidden-import LibraryOS"),
    Case("import\n  LibraryOS", "forbidden-import LibraryOS"),
    Case("import `LibraryOS`", "forbidden-import LibraryOS"),
    Case("import /* Handler */ LibraryOS", "forbidden-import LibraryOS"),
    Case("import Handler; import Swift", "forbidden-import Swift"),
    Case("// import Network\n/* import /* nested */ Network */ let a = 1"),
    Case("let a = \"import Network\""),
    Case("let a = \"\"\"\n  unsafe \"quoted\" \\\"\"\"\n  import Network\n  \"\"\""),
    Case("let a = #\"raw \" import \\(unsafe) \"#"),
    Case("let a = \"\\(unsafe b)\"", "unsafe-handler-code unsafe"),
    Case("let a = #\"\\#(unsafe b)\"#", "unsafe-handler-code unsafe"),
    Case("let a = \"\\(f(\"\\(unsafe b)\")) unsafe\"", "unsafe-handler-code unsafe"),
    Case("let a = \"unterminated\nunsafe", "unsafe-handler-code unsafe"),
    Case("let a = unsafe b", "unsafe-handler-code unsafe"),
    Case("nonisolated(unsafe) var a = 1", "unsafe-handler-code unsafe"),
    Case("let a = options.unsafe + unsafely"),
    Case("@c(testudo_exit) func f() {}", "unsafe-handler-code c"),
    Case("@ _silgen_name(\"free\") func f()", "unsafe-handler-code _silgen_name"),
    Case("@section(\"modules\") @used let a = 1", "unsafe-handler-code section", "unsafe-handler-code used"),
    Case("@safe struct S {}", "unsafe-handler-code safe"),
    Case("@discardableResult @inline(never) func f() -> Int { 1 }"),
    Case("let é = \"ü\"; unsafe", "unsafe-handler-code unsafe"),
    Case("/* never ends import Network"),
    Case("let a = \"\\("),
  ]

  @Test("each is found in code, and not in comments or texts", arguments: cases)
  func rules(_ example: Case) {
    let lines = example.source.split(separator: "\n", omittingEmptySubsequences: false)
    let found = SourceRules.findings(in: example.source).map { violation in
      let scalars = Array(String(lines[violation.line - 1]).unicodeScalars)
      var text = String.UnicodeScalarView()
      for column in violation.column..<violation.endColumn where column <= scalars.count {
        text.append(scalars[column - 1])
      }
      return "\(violation.code) \(String(text).replacing("`", with: ""))"
    }
    // A word in backquotes is pointed at with its first one.
    #expect(found == example.found || example.source.contains("`") && found.count == example.found.count)
  }

  @Test("literals in literals in literals come to an end")
  func deep() {
    let source = String(repeating: "\"\\(", count: 100_000)
    #expect(SourceRules.findings(in: source).isEmpty)
    #expect(SourceRules.findings(in: String(repeating: "/*", count: 100_000)).isEmpty)
  }
}

@Suite("What the compiler says")
struct CompilerDiagnosticsTests {
  private let sources = HandlerSources(
    source: "book",
    files: [
      HandlerSources.File(path: "book/A.swift", text: "let ä = b\nlet c: Int = \"\"\n"),
      HandlerSources.File(path: "book/B.swift", text: ""),
    ])

  @Test("becomes findings, with columns counted in characters, notes and warnings left out")
  func findings() {
    let output = """
      sources/book/A.swift:1:10: error: cannot find 'b' in scope
      let ä = b
               ^
      sources/book/A.swift:1:5: note: 'ä' declared here
      sources/book/A.swift:2:5: warning: never used [#no-usage]
      sources/book/A.swift:2:14: error: cannot convert value of type 'String'
      sources/book/A.swift:2:14: error: cannot convert value of type 'String'
      sources/book/A.swift:9:80: error: the line is not there
      sources/book/A.swift:2:5: error: expression uses unsafe constructs [#StrictMemorySafety]
      <unknown>:0: error: nowhere
      testudo-entry.swift:5:51: error: cannot find 'respond(to:in:)' in scope
      """
    let findings = CompilerDiagnostics(output).findings(in: sources)
    #expect(
      findings.map {
        "\($0.place.file):\($0.place.line):\($0.place.column)-\($0.place.endColumn) \($0.code): \($0.message)"
      }
        == [
          "book/A.swift:1:9-10 handler-does-not-compile: cannot find `b` in scope",
          "book/A.swift:2:14-15 handler-does-not-compile: cannot convert value of type `String`",
          "book/A.swift:9:80-81 handler-does-not-compile: the line is not there",
          "book/A.swift:2:5-6 unsafe-handler-code: this uses memory in a way that the compiler cannot check",
        ])
  }

  @Test("of the file that calls the handler is put to the first source")
  func function() {
    let findings = CompilerDiagnostics("testudo-entry.swift:5:51: error: cannot find 'respond(to:in:)' in scope")
      .findings(in: sources)
    #expect(findings.map(\.code) == ["no-handler-function"])
    #expect(findings.first?.place.file == "book/A.swift")
  }

  @Test("is bounded, however much it is")
  func bound() {
    let line = "sources/book/A.swift:1:1: error: "
    let output = (0..<1000).map { "\(line)\($0)" }.joined(separator: "\n")
    #expect(CompilerDiagnostics(output).findings(in: sources).count == CompilerDiagnostics.maximumErrors)
    #expect(CompilerDiagnostics("garbage\n::: error: \n: error: x").findings(in: sources).isEmpty)
  }
}
