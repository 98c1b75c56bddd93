/// An activity of a workflow's step or of a trigger, as 2.0 defines them (13.2.3).
struct ActivityDefinition: Sendable {
  /// What is done.
  enum Kind: String, CaseIterable, Sendable {
    /// Another workflow, which the orchestrator provides for the target.
    case delegate
    /// The target's state is set.
    case setState = "set_state"
    /// An operation of the target is called.
    case callOperation = "call_operation"
    /// Another workflow of the service.
    case inline
  }

  /// What is done.
  var kind: Kind
  /// The workflow, the state, or the operation as `interface.operation`.
  var name: Name
  /// The values of inputs, as written.
  var inputs: OrderedMap<YAMLNode>

  /// The interface and the operation that are called.
  var operation: (interface: String, operation: String)? {
    guard let dot = name.text.lastIndex(of: "."), dot != name.text.startIndex else { return nil }
    let operation = String(name.text[name.text.index(after: dot)...])
    return operation.isEmpty ? nil : (String(name.text[..<dot]), operation)
  }

  /// Reads an activity: a map with its kind as the only key.
  init?(_ node: YAMLNode, _ context: SyntaxContext) {
    let names = Kind.allCases.map(\.rawValue)
    let expected = "one of " + names.map { "`\($0)`" }.joined(separator: ", ")
    guard let entries = node.entries, entries.count == 1, let entry = entries.first else {
      context.findings.report(
        "wrong-syntax", at: node.place, "an activity cannot be \(node.kindDescription)",
        expected: "a map with \(expected)")
      return nil
    }
    guard let kind = Kind(rawValue: entry.name) else {
      context.findings.report(
        "unknown-key", at: entry.key.place, "unknown activity `\(entry.name.excerpt)`", expected: expected,
        suggestion: nearest(entry.name, among: names))
      return nil
    }
    self.kind = kind
    inputs = OrderedMap()
    guard let name = Self.name(entry.value, kind, &inputs, context) else { return nil }
    self.name = name
    if kind == .callOperation, operation == nil {
      context.findings.report(
        "wrong-syntax", at: name.place, "`\(name.text.excerpt)` names no operation",
        expected: "an interface and its operation, such as `standard.start` (TOSCA 2.0, 13.2.3.3)")
    }
  }

  /// The name in the short or in the extended form, and the inputs of the latter.
  private static func name(
    _ value: YAMLNode, _ kind: Kind, _ inputs: inout OrderedMap<YAMLNode>, _ context: SyntaxContext
  ) -> Name? {
    let what = "an activity `\(kind.rawValue)`"
    if kind == .setState || value.entries == nil {
      let entity = Entity(YAMLNode(content: .mapping([]), place: value.place), what, context, orText: true)
      return entity.string(value, what)
    }
    var entity = Entity(value, what, context, orText: true)
    let keyname = kind == .callOperation ? "operation" : "workflow"
    let name = entity.string(keyname)
    if name == nil, entity.key(keyname) == nil { entity.reportMissing(keyname) }
    inputs = entity.map("inputs") { $1 }
    entity.finish()
    return name
  }
}
