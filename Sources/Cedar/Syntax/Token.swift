/// A word of the language.
struct Token: Sendable {
  enum Kind: Hashable, Sendable {
    /// A name or keyword; which one it is depends on where it stands.
    case identifier(String)
    /// Digits.
    case number(String)
    /// What stands between the quotes, escapes and all.
    case string(String)
    /// A place to fill in, with its question mark.
    case slot(String)
    /// An operator or bracket.
    case symbol(String)
    /// The end of the text.
    case end
  }

  var kind: Kind
  var span: SourceSpan

  /// The token as a message gives it.
  var description: String {
    switch kind {
    case .identifier(let text), .number(let text), .slot(let text), .symbol(let text): "`\(text)`"
    case .string(let text): "`\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\"`"
    case .end: "the end of the text"
    }
  }
}
