/// What stands around the position where something is to be completed.
struct CompletionContext {
  /// A text that no template has, which is put where the name is to be completed.
  static let marker = "q0completion0q"

  /// One way to read the document with a marker in it.
  struct Attempt: Hashable {
    /// The text.
    var text: String
    /// Whether the marker is a key of a map.
    var isKey: Bool
  }

  /// What was typed of the name.
  let typed: String
  /// The word around the position, which a completion replaces.
  let word: Range<String.Index>
  /// Whether a colon follows the word already.
  let hasColon: Bool
  /// The key on the same line whose value is to be completed.
  let keyname: String?
  /// The ways to read the document, those first that change it least. Each group is tried if none before it says
  /// anything.
  private(set) var attempts: [[Attempt]] = []

  /// The context of a position in a text.
  init(_ text: String, at position: String.Index) {
    let scalars = text.unicodeScalars
    var lineStart = position
    while lineStart > text.startIndex {
      let before = scalars.index(before: lineStart)
      if scalars[before] == "\n" || scalars[before] == "\r" { break }
      lineStart = before
    }
    let lineEnd = scalars[position...].firstIndex { $0 == "\n" || $0 == "\r" } ?? text.endIndex
    var start = position
    while start > lineStart, Self.isWord(scalars[scalars.index(before: start)]) { start = scalars.index(before: start) }
    var end = position
    while end < lineEnd, Self.isWord(scalars[end]) {
      let next = scalars.index(after: end)
      if scalars[end] == ":", next == lineEnd || scalars[next] == " " { break }
      end = next
    }
    word = start..<end
    typed = String(text[start..<position])
    hasColon = end < lineEnd && scalars[end] == ":"
    let before = text[lineStart..<start]
    let trimmed = before.reversed().drop { $0 == " " }.reversed()
    let last = trimmed.last
    let isValue = last == ":"
    keyname = isValue ? String(String(trimmed.dropLast()).split { " -{,[".contains($0) }.last ?? "") : nil
    let mayBeKey = !isValue && (last == nil || last == "{" || last == "," || last == "[" || last == "-")
    let mayBeScalar = !hasColon && last != "{"

    let head = text[..<start] + typed + Self.marker
    let missing = Self.missingBrackets(before: text[lineStart..<start], after: text[end..<lineEnd])
    // With an empty map as value, a new key is read as an entity that says nothing, rather than as a mistake.
    let value = hasColon ? "" : ": {}"
    func ways(inner: String, outer: String) -> [Attempt] {
      let rest = inner + text[end..<lineEnd] + outer + text[lineEnd...]
      var result: [Attempt] = []
      if mayBeKey { result.append(Attempt(text: String(head + value + rest), isKey: true)) }
      if mayBeScalar { result.append(Attempt(text: String(head + rest), isKey: false)) }
      return result
    }
    attempts = [ways(inner: "", outer: "")]
    if !missing.inner.isEmpty || !missing.outer.isEmpty {
      attempts.append(ways(inner: missing.inner, outer: missing.outer))
    }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\t", ",", "[", "]", "{", "}", "\"", "'", "#", "\n", "\r": false
    default: true
    }
  }

  /// The brackets that a line lacks: those that must stand at the word, because what they close is inside of something
  /// that is closed behind it, and those at the line's end.
  private static func missingBrackets(before: Substring, after: Substring) -> (inner: String, outer: String) {
    var open = brackets(before).open
    var inner = ""
    for closing in brackets(after).closing {
      guard let match = open.lastIndex(of: closing) else { continue }
      inner += open[(match + 1)...].reversed()
      open.removeSubrange(match...)
    }
    return (inner, String(open.reversed()))
  }

  /// What must close what a text opens, outermost first, and what it closes without having opened it.
  private static func brackets(_ text: Substring) -> (open: [Character], closing: [Character]) {
    var open: [Character] = []
    var closing: [Character] = []
    var quote: Character?
    for character in text {
      if let current = quote {
        if character == current { quote = nil }
        continue
      }
      switch character {
      case "\"", "'": quote = character
      case "{": open.append("}")
      case "[": open.append("]")
      case "}", "]": if open.last == character { open.removeLast() } else { closing.append(character) }
      case "#": return (open, closing)
      default: break
      }
    }
    return (open, closing)
  }
}
