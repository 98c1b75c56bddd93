/// A template as lines, with what a mutation needs to know of each.
struct MutationText {
  /// A line with a key: `      type: string`, or `      - host: server`.
  struct Line {
    /// Its number, from 0.
    var number: Int
    /// How far its key is from the left, behind the dash of an item.
    var indent: Int
    /// Whether the key is the first of an item of a list.
    var isItem: Bool
    /// The key.
    var key: String
    /// What stands behind the colon.
    var value: String
    /// The keys of the lines around it, outermost first.
    var path: [String]
    /// The number of the last line that is inside of it.
    var end: Int

    /// Whether its value is on the lines below.
    var isSection: Bool { value.isEmpty && end > number }
  }

  /// All lines.
  let lines: [String]
  /// Those with a key.
  let keys: [Line]

  /// Takes a template apart.
  init(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    var found: [Line] = []
    var open: [(indent: Int, key: String)] = []
    for (number, line) in lines.enumerated() {
      let spaces = line.prefix { $0 == " " }.count
      let rest = line.dropFirst(spaces)
      let isItem = rest.hasPrefix("- ")
      let body = isItem ? rest.dropFirst(2) : rest
      guard let colon = body.firstIndex(of: ":"), !body.hasPrefix("{"), !body.hasPrefix("[") else { continue }
      let indent = spaces + (isItem ? 2 : 0)
      while let last = open.last, last.indent >= indent { open.removeLast() }
      let end = lines.indices.dropFirst(number + 1).first { other in
        let otherSpaces = lines[other].prefix { $0 == " " }.count
        // A list's dash may stand where its key does not; an item ends where the next begins.
        return otherSpaces < indent || (otherSpaces == indent && !isItem) || (isItem && otherSpaces <= spaces)
      }
      found.append(
        Line(
          number: number, indent: indent, isItem: isItem, key: String(body[..<colon]),
          value: body[body.index(after: colon)...].drop { $0 == " " }.description, path: open.map(\.key),
          end: (end ?? lines.count) - 1))
      open.append((indent, String(body[..<colon])))
    }
    keys = found
    self.lines = lines
  }

  /// The text with some lines replaced by others.
  func replacing(_ range: ClosedRange<Int>, by new: [String]) -> String {
    (Array(lines[..<range.lowerBound]) + new + Array(lines[(range.upperBound + 1)...])).joined(separator: "\n") + "\n"
  }

  /// A line with another key.
  func line(_ line: Line, key: String) -> String {
    Self.margin(line) + key + ":" + (line.value.isEmpty ? "" : " " + line.value)
  }

  /// A line with another value.
  func line(_ line: Line, value: String) -> String { Self.margin(line) + line.key + ": " + value }

  private static func margin(_ line: Line) -> String {
    line.isItem ? String(repeating: " ", count: line.indent - 2) + "- " : String(repeating: " ", count: line.indent)
  }
}

/// A template that became invalid.
struct Mutant: Sendable {
  /// What was done, for messages.
  var what: String
  /// The template.
  var text: String
  /// The lines, from 1, in or beside which a finding is to be.
  var lines: ClosedRange<Int>
  /// The name that is to be suggested; nil where there is none to suggest.
  var suggestion: String?
}

/// A way to make a valid template invalid, wherever it applies.
struct Mutation: Sendable {
  /// Its name.
  var name: String
  /// The mutants that it makes of a template.
  var apply: @Sendable (MutationText) -> [Mutant]
}
