/// The members of a JSON object, read one by one: what is not of the type that it should be is refused, and so is a member
/// that nobody knows.
struct Fields {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let values: KeyedDecodingContainer<Name>

  /// The members of a value.
  /// - Parameters:
  ///   - decoder: The value.
  ///   - what: What it is, for refusals.
  ///   - known: The names that there are; `nil` for any.
  init(_ decoder: any Decoder, _ what: String, known: [String]?) throws(OpenC2Refusal) {
    guard let values = try? decoder.container(keyedBy: Name.self) else {
      throw OpenC2Refusal(.badRequest, "\(what) is no object")
    }
    self.values = values
    try check(what, known)
  }

  private init(_ values: KeyedDecodingContainer<Name>, _ what: String, _ known: [String]?) throws(OpenC2Refusal) {
    self.values = values
    try check(what, known)
  }

  private func check(_ what: String, _ known: [String]?) throws(OpenC2Refusal) {
    guard let known, let other = names.first(where: { !known.contains($0) }) else { return }
    throw OpenC2Refusal(
      .badRequest, "\(what) has `\(other)`, expected only \(known.map { "`\($0)`" }.joined(separator: ", "))")
  }

  /// The names that are there, sorted.
  var names: [String] { values.allKeys.map(\.stringValue).sorted() }

  /// An object; `nil` where it is not there.
  func object(_ name: String, known: [String]? = nil) throws(OpenC2Refusal) -> Fields? {
    let key = Name(stringValue: name)
    guard values.contains(key) else { return nil }
    guard let inner = try? values.nestedContainer(keyedBy: Name.self, forKey: key) else {
      throw OpenC2Refusal(.badRequest, "`\(name)` is no object")
    }
    return try Fields(inner, "`\(name)`", known)
  }

  /// A text of 1 to 256 bytes.
  func text(_ name: String) throws(OpenC2Refusal) -> String? {
    try value(name, String.self, "a text of 1 to 256 bytes") { (1...256).contains($0.utf8.count) }
  }

  /// A list of texts.
  func texts(_ name: String) throws(OpenC2Refusal) -> [String]? {
    try value(name, [String].self, "a list of at most 64 texts") { $0.count <= 64 }
  }

  /// One of the words of an enumeration.
  func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(OpenC2Refusal) -> Word? where Word.RawValue == String {
    let words = Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    return try value(name, String.self, "one of \(words)") { Word(rawValue: $0) != nil }.flatMap(Word.init(rawValue:))
  }

  /// A whole number.
  func number(_ name: String, _ range: ClosedRange<Int>) throws(OpenC2Refusal) -> Int? {
    try value(name, Int.self, "a whole number from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
  }

  /// `true` or `false`.
  func flag(_ name: String) throws(OpenC2Refusal) -> Bool? {
    try value(name, Bool.self, "`true` or `false`") { _ in true }
  }

  private func value<Value: Decodable>(
    _ name: String, _ type: Value.Type, _ expected: String, where isRight: (Value) -> Bool
  ) throws(OpenC2Refusal) -> Value? {
    let key = Name(stringValue: name)
    guard values.contains(key) else { return nil }
    guard let value = try? values.decode(Value.self, forKey: key), isRight(value) else {
      throw OpenC2Refusal(.badRequest, "`\(name)` cannot be used, expected \(expected)")
    }
    return value
  }
}
