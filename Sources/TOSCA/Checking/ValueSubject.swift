/// What a value is, for messages: ``property `port` ``. Nearly every value fits, so that the text is only made when it
/// is needed.
struct ValueSubject: Sendable, CustomStringConvertible, ExpressibleByStringInterpolation {
  private let kind: StaticString
  private let text: String
  private let isName: Bool

  /// A kind of thing and its name: ``property `port` ``.
  static func named(_ kind: StaticString, _ name: String) -> ValueSubject {
    ValueSubject(kind: kind, text: name, isName: true)
  }

  /// A subject in words.
  init(_ text: String) { self.init(kind: "", text: text, isName: false) }

  /// A subject in words.
  init(stringLiteral text: String) { self.init(text) }

  private init(kind: StaticString, text: String, isName: Bool) {
    self.kind = kind
    self.text = text
    self.isName = isName
  }

  /// The words.
  var description: String { isName ? "\(kind) `\(text.excerpt)`" : text }
}
