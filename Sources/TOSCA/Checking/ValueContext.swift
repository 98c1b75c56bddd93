/// What a value that is being typed belongs to.
struct ValueContext {
  /// What `SELF` and the other keywords of functions stand for.
  enum Owner: Hashable, Sendable {
    /// Nothing: a type's default, an input, an output.
    case none
    /// A node template, by number.
    case node(Int)
    /// The relationship of a node template's requirement, both by number.
    case relationship(node: Int, requirement: Int)
  }

  /// What the value is, for messages: ``property `port` ``.
  var subject: ValueSubject
  /// What `SELF` stands for.
  var owner: Owner = .none
  /// The properties whose values are being looked up, to find cycles.
  var trail: [String] = []
  /// The function call that led here, where the value is not written in place.
  var call: Place?
  /// Whether the value must not be shown.
  var isSensitive = false
  /// The value that a validation clause is about, and its type.
  var value: YAMLNode?
  var valueType: SchemaDefinition?
  /// The names of inputs that are not the template's: a workflow's.
  var otherInputs: Set<String>?
  /// How many steps led here.
  var depth = 0

  /// The context of a value inside this one.
  func inside(_ subject: ValueSubject) -> ValueContext {
    var result = self
    result.subject = subject
    result.depth += 1
    return result
  }
}
