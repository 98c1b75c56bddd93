public import Interchange

/// The values a parameter takes, written in manifests as `integer`, `boolean`, `text`, `bytes`, `list of SHAPE`,
/// `map of SHAPE` (any names), or `map { NAME: SHAPE, NAME?: SHAPE }` (these names; those with `?` may be missing).
public indirect enum ParameterShape: Hashable, Sendable {
  /// A whole number.
  case integer
  /// True or false.
  case boolean
  /// A text.
  case text
  /// Opaque bytes.
  case bytes
  /// Values of one shape.
  case list(ParameterShape)
  /// Values of one shape under any names.
  case map(ParameterShape)
  /// Values under given names.
  case record([Field])

  /// A named value of a record.
  public struct Field: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The value's shape.
    public var shape: ParameterShape
    /// Whether it may be missing.
    public var isOptional: Bool

    /// A named value of a record.
    public init(name: String, shape: ParameterShape, isOptional: Bool = false) {
      self.name = name
      self.shape = shape
      self.isOptional = isOptional
    }
  }

  /// Whether a value has this shape.
  public func admits(_ value: ParameterValue) -> Bool {
    switch (self, value) {
    case (.integer, .integer), (.boolean, .boolean), (.text, .text), (.bytes, .bytes): return true
    case (.list(let shape), .list(let items)): return items.allSatisfy(shape.admits)
    case (.map(let shape), .map(let fields)): return fields.allSatisfy { shape.admits($0.value) }
    case (.record(let declared), .map(let fields)):
      guard Set(fields.map(\.name)).count == fields.count else { return false }
      let known = fields.allSatisfy { field in declared.contains { ByteString($0.name) == field.name } }
      return known
        && declared.allSatisfy { field in
          guard let value = value[ByteString(field.name)] else { return field.isOptional }
          return field.shape.admits(value)
        }
    default: return false
    }
  }
}

extension ParameterShape: CustomStringConvertible {
  /// The shape as manifests write it.
  public var description: String {
    switch self {
    case .integer: "integer"
    case .boolean: "boolean"
    case .text: "text"
    case .bytes: "bytes"
    case .list(let item): "list of \(item)"
    case .map(let item): "map of \(item)"
    case .record(let fields):
      "map { " + fields.map { "\($0.name)\($0.isOptional ? "?" : ""): \($0.shape)" }.joined(separator: ", ") + " }"
    }
  }
}

extension ParameterShape {
  /// How deep lists and maps may nest.
  private static let maximumDepth = 8

  /// Reads a shape as manifests write it; `nil` if it is none.
  public init?(_ text: String) {
    var words = ParameterShape.words(in: text)[...]
    guard let shape = ParameterShape(reading: &words, depth: 0), words.isEmpty else { return nil }
    self = shape
  }

  private init?(reading words: inout ArraySlice<String>, depth: Int) {
    guard depth <= ParameterShape.maximumDepth, let word = words.popFirst() else { return nil }
    switch word {
    case "integer": self = .integer
    case "boolean": self = .boolean
    case "text": self = .text
    case "bytes": self = .bytes
    case "list":
      guard words.popFirst() == "of", let item = ParameterShape(reading: &words, depth: depth + 1) else { return nil }
      self = .list(item)
    case "map":
      switch words.popFirst() {
      case "of":
        guard let item = ParameterShape(reading: &words, depth: depth + 1) else { return nil }
        self = .map(item)
      case "{":
        guard let fields = ParameterShape.fields(reading: &words, depth: depth + 1) else { return nil }
        self = .record(fields)
      default: return nil
      }
    default: return nil
    }
  }

  private static func fields(reading words: inout ArraySlice<String>, depth: Int) -> [Field]? {
    var fields: [Field] = []
    while true {
      guard let name = words.popFirst(), !["{", "}", ",", ":", "?"].contains(name) else { return nil }
      var isOptional = false
      if words.first == "?" {
        isOptional = true
        words.removeFirst()
      }
      guard words.popFirst() == ":", let shape = ParameterShape(reading: &words, depth: depth) else { return nil }
      fields.append(Field(name: name, shape: shape, isOptional: isOptional))
      switch words.popFirst() {
      case ",": continue
      case "}": return fields
      default: return nil
      }
    }
  }

  private static func words(in text: String) -> [String] {
    var words: [String] = []
    var word = ""
    for character in text {
      let isMark = "{},:?".contains(character)
      if isMark || character == " " {
        if !word.isEmpty { words.append(word) }
        word = ""
        if isMark { words.append(String(character)) }
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
