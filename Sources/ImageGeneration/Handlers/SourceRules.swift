import TOSCA

/// What a handler's sources may not say. The compiler sees to the rest (`-strict-memory-safety`): here is what a source
/// could use to have the compiler look away, or to reach the code of the image around the handler.
struct SourceRules {
  /// Something that is forbidden, and where it stands.
  struct Violation: Equatable {
    var code: String
    var line: Int
    var column: Int
    var endColumn: Int
    var message: String
    var expected: String

    func finding(file: String) -> Finding {
      Finding(
        code: code,
        place: SourceRange(file: file, line: line, column: column, endLine: line, endColumn: endColumn),
        message: message, expected: expected)
    }
  }

  /// The modules that a handler may import.
  static let modules: Set<String> = ["Handler"]
  /// Attributes that reach the linker or promise what the compiler does not check.
  static let attributes: Set<String> = ["c", "cdecl", "export", "extern", "safe", "section", "used", "weakLinked"]
  private static let kindsOfImport: Set<String> = [
    "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
  ]

  /// Everything in a source that is forbidden.
  static func findings(in text: String) -> [Violation] {
    let words = SourceWords(text).words
    var violations: [Violation] = []
    for (index, word) in words.enumerated() {
      if word.isAttribute {
        guard attributes.contains(word.text) || word.text.hasPrefix("_") else { continue }
        violations.append(
          word.violation(
            "unsafe-handler-code", "`@\(word.text)` is not for handlers", expected: "Swift without this attribute"))
      } else if word.text == "unsafe", !word.followsDot {
        violations.append(
          word.violation(
            "unsafe-handler-code", "`unsafe` is not for handlers", expected: "code that the compiler can check"))
      } else if word.text == "import", !word.followsDot {
        var next = index + 1
        if next < words.count, kindsOfImport.contains(words[next].text) { next += 1 }
        guard next < words.count, !modules.contains(words[next].text) else { continue }
        violations.append(
          words[next].violation(
            "forbidden-import", "a handler imports `\(words[next].text)`",
            expected: enumeration(modules.sorted().map { $0 })))
      }
    }
    return violations
  }

  private static func enumeration(_ names: [String]) -> String {
    names.map { "`import \($0)`" }.joined(separator: " or ")
  }
}

extension SourceWords.Word {
  fileprivate func violation(_ code: String, _ message: String, expected: String) -> SourceRules.Violation {
    SourceRules.Violation(
      code: code, line: line, column: column, endColumn: column + text.unicodeScalars.count, message: message,
      expected: expected)
  }
}
