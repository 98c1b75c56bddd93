/// An expression of the language and where it stands.
public struct Expression: Sendable {
  /// What is computed.
  public enum Kind: Sendable {
    /// A Boolean, number, string or entity written out.
    case literal(Value)
    /// A part of the request.
    case variable(Variable)
    /// `!e`.
    case not(Expression)
    /// `-e`.
    case negate(Expression)
    /// `a && b && …`, from the left, ending at the first that is false.
    case and([Expression])
    /// `a || b || …`, from the left, ending at the first that is true.
    case or([Expression])
    /// `if a then b else c`.
    case conditional(Expression, then: Expression, else: Expression)
    /// An operator, or a method of the language itself, with two operands.
    case binary(BinaryOperator, Expression, Expression)
    /// `e.isEmpty()`.
    case isEmpty(Expression)
    /// `e.name` or `e["name"]`.
    case attribute(Expression, CedarString)
    /// `e has name`, or `e has a.b.c`.
    case has(Expression, [CedarString])
    /// `e like "…"`.
    case like(Expression, Pattern)
    /// `e is T`, or `e is T in f`.
    case `is`(Expression, EntityType, in: Expression?)
    /// `[a, b]`.
    case set([Expression])
    /// `{a: b}`, each name once.
    case record([Field])
    /// A function or method of an extension type.
    case call(ExtensionFunction, [Expression])
  }

  /// A named part of a record expression.
  public struct Field: Sendable {
    /// The name.
    public var name: CedarString
    /// What its value is.
    public var value: Expression
  }

  /// The parts of a request.
  public enum Variable: String, CaseIterable, Sendable {
    /// Who asks.
    case principal
    /// What is to be done.
    case action
    /// To what.
    case resource
    /// What else is known.
    case context
  }

  /// Operators and methods with two operands.
  public enum BinaryOperator: String, CaseIterable, Sendable {
    /// Whether both are the same value.
    case equal = "=="
    /// Whether they are not.
    case notEqual = "!="
    /// Whether the left is less.
    case less = "<"
    /// Whether the left is less or the same.
    case lessOrEqual = "<="
    /// Whether the left is greater.
    case greater = ">"
    /// Whether the left is greater or the same.
    case greaterOrEqual = ">="
    /// Whether the left entity is the right one or below it, or below one of a set.
    case `in` = "in"
    /// The sum.
    case add = "+"
    /// The difference.
    case subtract = "-"
    /// The product.
    case multiply = "*"
    /// Whether a set has an element.
    case contains
    /// Whether a set has all elements of another.
    case containsAll
    /// Whether a set has an element of another.
    case containsAny
    /// An entity's tag.
    case getTag
    /// Whether an entity has a tag.
    case hasTag
  }

  /// What an expression consists of, kept in one place so that handing an expression on costs a pointer.
  private final class Content: Sendable {
    let kind: Kind
    let range: SourceSpan
    let depth: Int

    init(_ kind: Kind, _ range: SourceSpan, _ depth: Int) {
      self.kind = kind
      self.range = range
      self.depth = depth
    }
  }

  private let content: Content

  /// What is computed.
  public var kind: Kind { content.kind }
  /// Where it stands.
  public var range: SourceSpan { content.range }
  /// How many expressions are nested in one another, this one included.
  public var depth: Int { content.depth }

  /// Nothing is nested deeper than this, so that no text exhausts the stack of who evaluates it.
  public static let maximumDepth = 200

  init(_ kind: Kind, _ range: SourceSpan, depth: Int) {
    content = Content(kind, range, depth)
  }

}

extension Expression.Kind {
  /// The expressions that one of this kind consists of.
  public var children: [Expression] {
    switch self {
    case .literal, .variable: []
    case .not(let operand), .negate(let operand), .isEmpty(let operand), .attribute(let operand, _),
      .has(let operand, _), .like(let operand, _):
      [operand]
    case .and(let operands), .or(let operands), .set(let operands), .call(_, let operands): operands
    case .conditional(let test, let first, let second): [test, first, second]
    case .binary(_, let left, let right): [left, right]
    case .is(let operand, _, let ancestor): ancestor.map { [operand, $0] } ?? [operand]
    case .record(let fields): fields.map(\.value)
    }
  }
}

/// The functions and methods of the extension types. The raw value is the name in policies.
public enum ExtensionFunction: String, CaseIterable, Hashable, Sendable {
  /// Makes an `ipaddr` of a string.
  case ip
  /// Makes a `decimal` of a string.
  case decimal
  /// Makes a `datetime` of a string.
  case datetime
  /// Makes a `duration` of a string.
  case duration
  /// Whether an address is of version 4.
  case isIpv4
  /// Whether an address is of version 6.
  case isIpv6
  /// Whether an address is the host's own.
  case isLoopback
  /// Whether an address is of a group.
  case isMulticast
  /// Whether an address is in a network.
  case isInRange
  /// Less, of decimals.
  case lessThan
  /// Less or equal, of decimals.
  case lessThanOrEqual
  /// Greater, of decimals.
  case greaterThan
  /// Greater or equal, of decimals.
  case greaterThanOrEqual
  /// A point in time and a duration later.
  case offset
  /// The duration between two points in time.
  case durationSince
  /// The start of the day of a point in time.
  case toDate
  /// The time since the start of the day.
  case toTime
  /// A duration in milliseconds.
  case toMilliseconds
  /// A duration in whole seconds.
  case toSeconds
  /// A duration in whole minutes.
  case toMinutes
  /// A duration in whole hours.
  case toHours
  /// A duration in whole days.
  case toDays

  /// Whether this is called by its name alone and not with a dot after a value.
  public var isConstructor: Bool {
    switch self {
    case .ip, .decimal, .datetime, .duration: true
    default: false
    }
  }

  /// How many arguments it takes, the value before the dot included.
  public var arity: Int {
    switch self {
    case .isInRange, .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .offset, .durationSince: 2
    default: 1
    }
  }
}
