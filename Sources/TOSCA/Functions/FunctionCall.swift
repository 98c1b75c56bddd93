/// A call of an intrinsic function (1.3, section 4), as written: a map with the function's name as its only key.
struct FunctionCall {
  /// The functions.
  enum Function: String, CaseIterable {
    case getInput = "get_input"
    case getProperty = "get_property"
    case getAttribute = "get_attribute"
    case getOperationOutput = "get_operation_output"
    case getNodesOfType = "get_nodes_of_type"
    case getArtifact = "get_artifact"
    case concat
    case join
    case token
  }

  /// Which function.
  var function: Function
  /// Its arguments.
  var arguments: YAMLNode
  /// Where its name is written.
  var namePlace: Place
  /// Where the call is written.
  var place: Place

  /// The function's name.
  var name: String { function.rawValue }
  /// The arguments as a list; a single one need not be in one.
  var list: [YAMLNode] { arguments.items ?? [arguments] }
}

/// What a call gives.
enum Evaluated {
  /// A value, with the context it is to be typed in.
  case known(YAMLNode, ValueContext)
  /// A value that is known when the service runs.
  case unknown
  /// Nothing: the call is wrong, which was reported.
  case invalid
}

/// A text that functions make.
enum EvaluatedText {
  /// The text, and whether it must not be shown.
  case known(String, isSensitive: Bool)
  /// It is known when the service runs.
  case unknown
  /// It cannot be made, which was reported.
  case invalid
}
