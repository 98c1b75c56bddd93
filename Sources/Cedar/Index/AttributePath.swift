/// A part of a request, or an attribute reached from one: `principal`, `resource.owner.team`, `context.mode`.
struct AttributePath: Hashable, Sendable {
  /// Where it begins.
  var root: Expression.Variable
  /// The attributes from there on, none for the root itself.
  var names: [CedarString]

  /// The path that an expression is; `nil` if it is none.
  init?(_ expression: Expression) {
    var names: [CedarString] = []
    var current = expression
    while case .attribute(let owner, let name) = current.kind {
      names.append(name)
      current = owner
    }
    guard case .variable(let root) = current.kind else { return nil }
    self.root = root
    self.names = names.reversed()
  }

  /// A path by its parts.
  init(_ root: Expression.Variable, _ names: [CedarString] = []) {
    self.root = root
    self.names = names
  }
}

/// What a value is, as far as it decides whether an operation on it has a value.
enum ValueKind: UInt8, Sendable {
  case bool, long, string, entity, set, record, address, decimal, datetime, duration

  /// The kind of a value.
  init(_ value: Value) {
    self =
      switch value {
      case .bool: .bool
      case .long: .long
      case .string: .string
      case .entity: .entity
      case .set: .set
      case .record: .record
      case .extension(.address): .address
      case .extension(.decimal): .decimal
      case .extension(.datetime): .datetime
      case .extension(.duration): .duration
      }
  }
}

/// What is asked of a request before any policy is evaluated. The answer is a set of symbols; policies wait under the
/// symbols for which they can apply. A question that has no answer, because an attribute is missing or of another kind,
/// is one whose policies must be evaluated one by one: there, they may fail.
enum Question: Hashable, Sendable {
  /// The symbol of the value.
  case value(AttributePath)
  /// The symbols of an entity and of all above it.
  case ancestors(AttributePath)
  /// The symbol of an entity's type.
  case type(AttributePath)
  /// The symbols of a set's elements.
  case elements(AttributePath)
  /// `Symbols.yes` where a record or an entity has an attribute, else `Symbols.no`.
  case presence(AttributePath, CedarString)
  /// `Symbols.yes` where there is a value, of that kind if one is given. It tells no policies apart: it makes sure that
  /// what follows it in them can be evaluated.
  case guarded(AttributePath, ValueKind?)
  /// `Symbols.yes` where there is a record or an entity.
  case owner(AttributePath)
}

/// One thing that a policy asks for: that the answer to a question has one of some symbols.
struct Test: Sendable {
  var question: Question
  var symbols: [Int32]
}
