/// What calls of functions gave, so that a value that many others are made of is worked out once: without it, the work
/// doubles with every value that reads another twice.
struct EvaluationMemo {
  /// A call, and what its result depends on besides the values of the template.
  private struct Key: Hashable {
    var place: Place
    var scope: ObjectIdentifier
    var owner: ValueContext.Owner
    var representation: Int?
    var current: TopologyScope.Representation?
    var isRequirement: Bool
    /// The type of the value that is expected, and the file in whose namespace that is: literals among the arguments may be
    /// read as values of it.
    var expected: String?
    var expectedFile: UInt32?
  }

  private struct Entry {
    var result: Evaluated
    /// The properties that were looked up on the way from the call to its result.
    var trail: [String]
    /// Held, so that its identity is nobody else's.
    var scope: TopologyScope
  }

  private var entries: [Key: Entry] = [:]

  /// The key of a call; nil where its result may be another the next time: before requirements are bound, and where it is
  /// about a value that is validated, a filter, a workflow, or what is left of a capability.
  private static func key(_ call: FunctionCall, _ context: ValueContext, _ scope: TopologyScope?) -> Key? {
    guard let scope, scope.isBound, context.value == nil, context.valueType == nil, context.otherInputs == nil,
      context.workflowInputs == nil, !context.isFilter, call.function != .availableAllocation
    else { return nil }
    return Key(
      place: call.place, scope: ObjectIdentifier(scope), owner: context.owner, representation: context.representation,
      current: scope.representation, isRequirement: context.isRequirement,
      expected: context.expected?.type.text, expectedFile: context.expected?.file)
  }

  /// What a call gave before, in the context of who asks now.
  func result(of call: FunctionCall, _ context: ValueContext, _ scope: TopologyScope?) -> Evaluated? {
    guard let key = EvaluationMemo.key(call, context, scope), let entry = entries[key] else { return nil }
    guard case .known(let node, let found) = entry.result else { return entry.result }
    // A property that leads back to itself is to be found out.
    guard entry.trail.allSatisfy({ !context.trail.contains($0) }) else { return nil }
    var own = context
    own.owner = found.owner
    own.representation = found.representation
    own.isRequirement = found.isRequirement
    own.isSensitive = context.isSensitive || found.isSensitive
    own.trail += entry.trail
    return .known(node, own)
  }

  /// Keeps what a call gave.
  mutating func keep(
    _ result: Evaluated, of call: FunctionCall, _ context: ValueContext, _ scope: TopologyScope?
  ) {
    guard let scope, let key = EvaluationMemo.key(call, context, scope) else { return }
    var trail: [String] = []
    if case .known(_, let found) = result { trail = Array(found.trail.dropFirst(context.trail.count)) }
    entries[key] = Entry(result: result, trail: trail, scope: scope)
  }
}
