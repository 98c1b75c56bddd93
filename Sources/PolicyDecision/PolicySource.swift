public import Cedar

/// A text of policies, and the file it is from, as messages name it.
public struct PolicySource: Hashable, Sendable {
  /// The file.
  public var file: String
  /// What is in it: policies in Cedar's human syntax or, where it begins with `{`, in its JSON syntax.
  public var text: String

  /// A text of policies.
  public init(file: String, text: String) {
    self.file = file
    self.text = text
  }

  /// The policies that stand there, and what is wrong with the text. Of a set in JSON, each link of a template is a policy
  /// with the link's name; a template that nothing links decides nothing and is left out. In the human syntax, where nothing
  /// can be linked, a template is given as it stands.
  public func read() -> (policies: [Policy], findings: [PolicyFinding]) {
    guard DecisionSources.Document(text).isJSON else {
      let (policies, errors) = PolicySet.parse(text, naming: .annotation)
      return (
        policies,
        errors.map { PolicyFinding("syntax", in: file, at: $0.range, $0.message, expected: $0.expected) }
      )
    }
    do throws(CedarJSONError) {
      return (try PolicySet(json: text).policies, [])
    } catch {
      return ([], [PolicyFinding(error, in: file)])
    }
  }
}

extension PolicyFinding {
  /// A mistake of a document in JSON: with its place in the text where that is known, else with its path.
  init(_ error: CedarJSONError, in file: String) {
    let numbers = error.place.split(separator: ":").compactMap { Int($0) }
    if numbers.count == 2 {
      let start = SourcePosition(line: numbers[0], column: numbers[1], offset: 0)
      self.init("syntax", in: file, at: SourceSpan(start, start), error.message, expected: error.expected)
    } else {
      let start = SourcePosition(line: 1, column: 1, offset: 0)
      self.init(
        "malformed-json", in: file, at: SourceSpan(start, start), "\(error.place): \(error.message)",
        expected: error.expected)
    }
  }
}
