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
    // The functions that 2.0 adds (10.2).
    case value, and, or, not, xor, equal, matches, contains, length, union, intersection, sum, difference, product
    case quotient, remainder, round, floor, ceil
    case nodeIndex = "node_index"
    case relationshipIndex = "relationship_index"
    case availableAllocation = "available_allocation"
    case greaterThan = "greater_than"
    case greaterOrEqual = "greater_or_equal"
    case lessThan = "less_than"
    case lessOrEqual = "less_or_equal"
    case validValues = "valid_values"
    case hasSuffix = "has_suffix"
    case hasPrefix = "has_prefix"
    case hasEntry = "has_entry"
    case hasKey = "has_key"
    case hasAllEntries = "has_all_entries"
    case hasAllKeys = "has_all_keys"
    case hasAnyEntry = "has_any_entry"
    case hasAnyKey = "has_any_key"
    /// A function that a file defines, or that the orchestrator knows.
    case custom

    /// The functions of 1.2 and 1.3 (1.3, section 4).
    static let ofVersion1: [Function] = [
      .getInput, .getProperty, .getAttribute, .getOperationOutput, .getNodesOfType, .getArtifact, .concat, .join,
      .token,
    ]
    /// The functions of a version before 2.0: `join` came with 1.2.
    static func ofSimpleProfile(_ version: TOSCAVersion) -> [Function] {
      version < .simple1_2 ? ofVersion1.filter { $0 != .join } : ofVersion1
    }
    /// The functions of 2.0.
    static let ofVersion2 = allCases.filter { ![.getOperationOutput, .getNodesOfType, .custom].contains($0) }

    private static let named1 = Dictionary(uniqueKeysWithValues: ofVersion1.map { ($0.rawValue, $0) })
    private static let named2 = Dictionary(uniqueKeysWithValues: ofVersion2.map { ($0.rawValue, $0) })

    /// The function of 1.x of a name.
    static func ofVersion1(named name: String) -> Function? { named1[name] }
    /// The function of 2.0 of a name.
    static func ofVersion2(named name: String) -> Function? { named2[name] }
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
  var name: String

  /// A call of 1.x.
  init(function: Function, arguments: YAMLNode, namePlace: Place, place: Place) {
    self.function = function
    self.arguments = arguments
    self.namePlace = namePlace
    self.place = place
    name = function.rawValue
  }

  /// A call of 2.0, where a name starts with `$`; `$name$1` tells calls apart that are keys of one map.
  init(named written: String, arguments: YAMLNode, namePlace: Place, place: Place) {
    let bare = written.dropFirst().prefix { $0 != "$" }
    function = Function.ofVersion2(named: String(bare)) ?? .custom
    self.arguments = arguments
    self.namePlace = namePlace
    self.place = place
    name = "$" + bare
  }

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
