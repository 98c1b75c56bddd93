/// Why a catalogue cannot be used: everything that is wrong with its manifests, by file.
public struct CatalogueFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Something wrong in one manifest.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The manifest, or the catalogue's folder.
    public var file: String
    /// Where in it, such as `parameters[2].stage`; empty for the whole.
    public var field: String
    /// What was found, with the text in backticks.
    public var message: String
    /// What would be right there.
    public var expected: String

    /// Something wrong in one manifest.
    public init(file: String, field: String, message: String, expected: String) {
      self.file = file
      self.field = field
      self.message = message
      self.expected = expected
    }

    /// One line, as shown to users.
    public var description: String {
      "\(file): \(field.isEmpty ? "" : "`\(field)`: ")\(message), expected \(expected)"
    }
  }

  /// What is wrong. Never empty.
  public var problems: [Problem]

  /// What is wrong with a catalogue.
  public init(problems: [Problem]) {
    self.problems = problems
  }

  /// One line for each problem.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
