extension Finding {
  /// A text that would stand right in the place of another.
  public struct Fix: Hashable, Sendable {
    /// What is replaced.
    public var place: SourceRange
    /// What stands there then.
    public var replacement: String
  }

  /// What the suggestion comes to in the text; nil where there is none, or where the text at the place is not simply a
  /// misspelt form of it.
  /// - Parameter lines: The text of the finding's file.
  public func fix(in lines: SourceLines) -> Fix? {
    guard let suggestion, place.line == place.endLine, let written = lines.text(of: place) else { return nil }
    var place = place
    var word = written.unicodeScalars
    var isQuoted = false
    if let quote = word.first, quote == "\"" || quote == "'", word.count >= 2, word.last == quote {
      word = word.dropFirst().dropLast()
      place.column += 1
      place.endColumn -= 1
      isQuoted = true
    }
    // A path is suggested by its last part.
    if !suggestion.contains("/"), let slash = word.lastIndex(of: "/") {
      let kept = word.distance(from: word.startIndex, to: word.index(after: slash))
      word = word.dropFirst(kept)
      place.column += kept
    }
    guard nearest(String(word), among: [suggestion]) != nil else { return nil }
    guard isQuoted ? Self.staysInQuotes(suggestion) : Self.isPlain(suggestion) else { return nil }
    return Fix(place: place, replacement: suggestion)
  }

  /// Whether YAML reads a text as itself without quotes.
  public static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_") || first == UInt8(ascii: "$"),
      text.utf8.last != UInt8(ascii: ":"), text.utf8.last != UInt8(ascii: " ")
    else { return false }
    let allowed = Array("_-.:/$".utf8)
    guard text.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || allowed.contains($0) }) else {
      return false
    }
    return CoreSchema.kind(of: text, .plain) == .string && CoreSchema.oldBoolean(text) == nil
  }

  private static func staysInQuotes(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0 != "\"" && $0 != "'" && $0 != "\\" && $0.value >= 0x20 && $0.value != 0x7F }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
