/// Why an expression has no value for a request.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong.
  public indirect enum Kind: Error, Hashable, Sendable, CustomStringConvertible {
    /// An operand is of the wrong type.
    case type(expected: String, found: String)
    /// The entity is not known.
    case noEntity(EntityUID)
    /// The entity or record has no attribute of that name.
    case noAttribute(CedarString, of: String)
    /// The entity has no tag of that name.
    case noTag(CedarString, of: EntityUID)
    /// The result of an operator does not fit 64 bits.
    case overflow(String)
    /// A function or method of an extension type has no result.
    case function(ExtensionFunction, String)
    /// A function or method of an extension type has too few or too many arguments.
    case argumentCount(ExtensionFunction, found: Int)

    /// Lower case, no final period.
    public var description: String {
      switch self {
      case .type(let expected, let found): "the value is of type \(found), expected \(expected)"
      case .noEntity(let uid): "the entity `\(uid)` does not exist"
      case .noAttribute(let name, let owner): "\(owner) has no attribute `\(name)`"
      case .noTag(let name, let owner): "`\(owner)` has no tag `\(name)`"
      case .overflow(let operation): "the result of `\(operation)` does not fit 64 bits"
      case .function(let function, let reason): "`\(function.rawValue)`: \(reason)"
      case .argumentCount(let function, let found):
        "`\(function.rawValue)` has \(found) arguments, expected \(function.arity)"
      }
    }
  }

  /// What went wrong.
  public var kind: Kind
  /// The expression that has no value.
  public var range: SourceSpan

  /// An error at a place.
  public init(_ kind: Kind, at range: SourceSpan) {
    self.kind = kind
    self.range = range
  }

  /// `line:column: message`.
  public var description: String { "\(range): \(kind)" }
}
