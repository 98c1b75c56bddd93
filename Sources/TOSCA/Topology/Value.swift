/// A value of the topology, typed by its schema, with the place where it was written.
public struct Value: Hashable, Sendable, Codable {
  /// What it is.
  public var content: Content
  /// Whether it comes from an input, or is of a property, that is marked `sensitive`: it must never be shown.
  public var isSensitive = false
  /// Where it was written; a default's place is in the type's file.
  public var place: SourceRange

  /// A value and its place.
  public init(_ content: Content, at place: SourceRange) {
    self.content = content
    self.place = place
  }

  /// What a value can be.
  public enum Content: Hashable, Sendable, Codable {
    /// `null`, or nothing written.
    case null
    /// A `boolean`.
    case boolean(Bool)
    /// An `integer`.
    case integer(Int)
    /// A `float`.
    case float(Double)
    /// A `string`, and what has a text form: `version`, `timestamp`, `range`, a scalar whose unit is not a size, time
    /// or frequency.
    case string(String)
    /// A `scalar-unit`: the number and unit as written, and the amount in the base unit (B, s, Hz, bps).
    indirect case scalar(amount: Double, text: String)
    /// A `list`.
    case list([Value])
    /// A `map`, or a value of a complex data type, in the order written, defaults last.
    case map([Entry])
    /// A function that cannot be evaluated before the service runs, such as `get_attribute`.
    indirect case unresolved(function: String, arguments: Value)
  }

  /// One entry of a map, with the place of its key.
  public struct Entry: Hashable, Sendable, Codable {
    /// The key.
    public var key: String
    /// Where the key is.
    public var place: SourceRange
    /// The value.
    public var value: Value

    /// A key and its value.
    public init(key: String, at place: SourceRange, value: Value) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  /// The text, if this is a string.
  public var string: String? { if case .string(let text) = content { text } else { nil } }
  /// The number, if this is an integer.
  public var integer: Int? { if case .integer(let number) = content { number } else { nil } }
  /// The Boolean, if this is one.
  public var boolean: Bool? { if case .boolean(let flag) = content { flag } else { nil } }
  /// The number, if this is a float or an integer.
  public var number: Double? {
    switch content {
    case .float(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }
  /// The amount in the base unit, if this is a scalar.
  public var amount: Double? { if case .scalar(let amount, _) = content { amount } else { nil } }
  /// The items, if this is a list.
  public var list: [Value]? { if case .list(let items) = content { items } else { nil } }
  /// The entries, if this is a map.
  public var map: [Entry]? { if case .map(let entries) = content { entries } else { nil } }

  /// The value under a key, if this is a map that has it.
  public subscript(key: String) -> Value? { map?.first { $0.key == key }?.value }
}
