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
    /// A node of a type, by number, whose definition the value is part of.
    case nodeType(Int)
    /// A relationship of a type, by number, whose definition the value is part of.
    case relationshipType(Int)
    /// The relationship of a requirement that a node type, by number, defines.
    case requirement(type: Int, name: String)
  }

  /// What the value is, for messages: ``property `port` ``.
  var subject: ValueSubject
  /// What `SELF` stands for.
  var owner: Owner = .none
  /// Which of the nodes of its template `SELF` stands for, where a path said it (2.0, 10.3).
  var representation: Int?
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
  /// The inputs of the workflow that the value is part of (2.0, 13.2).
  var workflowInputs: OrderedMap<PropertyDefinition>?
  /// Whether the value is an output's, where no keyword stands for anything.
  var isOutput = false
  /// Whether the value is part of a requirement of a node, where `$relationship_index` has a meaning.
  var isRequirement = false
  /// Whether the value is a filter's, which is about nodes of types that are not known: those derived from the ones that
  /// are named.
  var isFilter = false
  /// Whether the calls of functions in the value were checked, so that they need only be evaluated.
  var isChecked = false
  /// What the value is to be, where that helps to say what a function gives.
  var expected: SchemaDefinition?
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
