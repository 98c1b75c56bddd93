extension Node {
  /// The node with all that belongs to it.
  func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name))]
    members.add("template", template)
    if let index { members.append(("index", .integer(index))) }
    members.append(("type", type.document()))
    members.add("description", description)
    members += [
      ("metadata", JSONText(metadata)), ("directives", .array(directives.map { .string($0) })),
    ]
    if let count { members.append(("count", JSONText(count))) }
    if let nodeFilter { members.append(("nodeFilter", JSONText(nodeFilter))) }
    members += [
      ("properties", JSONText(properties)),
      ("attributes", JSONText(attributes)),
      ("capabilities", .object(capabilities.sorted { $0.key < $1.key }.map { ($0.key, $0.value.document()) })),
      ("requirements", .array(requirements.map { $0.document() })),
      ("danglingRequirements", .array(danglingRequirements.map { $0.document() })),
      ("interfaces", JSONText(interfaces)),
      ("artifacts", .object(artifacts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.document()) })),
    ]
    if let substitution { members.append(("substitution", substitution.document())) }
    members.append(("place", place.document()))
    return .object(members)
  }
}

extension Capability {
  fileprivate func document() -> JSONText {
    .object([
      ("type", type.document()), ("properties", JSONText(properties)), ("attributes", JSONText(attributes)),
    ])
  }
}

extension Artifact {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("type", type.document()), ("file", .string(file))]
    members.add("repository", repository)
    members.append(("properties", JSONText(properties)))
    return .object(members)
  }
}

extension Requirement {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name)), ("target", .string(target))]
    if let targetIndex { members.append(("targetIndex", JSONText(targetIndex))) }
    members += [
      ("capability", capability.map { .string($0) } ?? .null), ("relationship", relationship.document()),
    ]
    members.add("template", template)
    members += [
      ("properties", JSONText(properties)), ("attributes", JSONText(attributes)), ("interfaces", JSONText(interfaces)),
    ]
    if !allocation.isEmpty { members.append(("allocation", JSONText(allocation))) }
    if let count { members.append(("count", JSONText(count))) }
    members += [
      ("optional", .boolean(isOptional)), ("fulfilment", .string(fulfilment.rawValue)), ("place", place.document()),
    ]
    return .object(members)
  }
}

extension DanglingRequirement {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("nodeType", nodeType.map { .string($0.name) } ?? .null),
      ("capability", capability.map { .string($0) } ?? .null),
      ("relationship", relationship.map { .string($0.name) } ?? .null),
    ]
    if let nodeFilter { members.append(("nodeFilter", JSONText(nodeFilter))) }
    members.append(("candidates", .array(candidates.map { .string($0) })))
    if let count { members.append(("count", JSONText(count))) }
    members += [("optional", .boolean(isOptional)), ("place", place.document())]
    return .object(members)
  }
}

extension Substitution {
  fileprivate func document() -> JSONText {
    .object([
      ("file", .string(file)),
      (
        "links",
        .array(
          links.map { link in
            .object([
              ("node", .string(link.node)), ("requirement", link.requirement.map { .string($0) } ?? .null),
              ("outerRequirement", .string(link.outerRequirement)), ("target", .string(link.target)),
            ])
          })
      ), ("topology", topology.document(isNested: true)),
    ])
  }
}

extension OperationImplementation {
  /// The implementation.
  func document() -> JSONText {
    var members: [(String, JSONText)] = [
      ("primary", primary.map { .string($0) } ?? .null), ("dependencies", .array(dependencies.map { .string($0) })),
    ]
    if let timeout { members.append(("timeout", JSONText(timeout))) }
    members.add("operationHost", operationHost)
    return .object(members)
  }
}

extension InterfaceOperation {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = []
    members.add("description", description)
    members += [
      ("implementation", implementation.map { $0.document() } ?? .null), ("inputs", JSONText(inputs)),
      ("outputs", JSONText(outputs)),
    ]
    return .object(members)
  }
}

extension TypeReference {
  /// The type.
  func document() -> JSONText {
    .object([("name", .string(name)), ("ancestors", .array(ancestors.map { .string($0) }))])
  }
}

extension SourceRange {
  /// The place as `file:line:column`.
  func document() -> JSONText { .string("\(file):\(line):\(column)") }
}

extension JSONText {
  /// Values by name, sorted.
  init(_ values: [String: Value]) {
    self = .object(values.sorted { $0.key < $1.key }.map { ($0.key, JSONText($0.value)) })
  }

  /// Texts by name, sorted.
  init(_ texts: [String: String]) {
    self = .object(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
  }

  /// Interfaces by name, sorted.
  init(_ interfaces: [String: Interface]) {
    func operations(_ operations: [String: InterfaceOperation]) -> JSONText {
      .object(operations.sorted { $0.key < $1.key }.map { ($0.key, $0.value.document()) })
    }
    self = .object(
      interfaces.sorted { $0.key < $1.key }.map { name, interface in
        (
          name,
          .object([
            ("type", interface.type.map { $0.document() } ?? .null),
            ("operations", operations(interface.operations)),
            ("notifications", operations(interface.notifications)),
          ])
        )
      })
  }

  /// A value.
  init(_ value: Value) {
    if value.isSensitive {
      self = .object([("sensitive", .boolean(true))])
      return
    }
    switch value.content {
    case .null: self = .null
    case .boolean(let flag): self = .boolean(flag)
    case .integer(let number): self = .integer(number)
    case .float(let number): self = .float(number)
    case .string(let text): self = .string(text)
    case .scalar(let amount, let text): self = .object([("amount", .float(amount)), ("text", .string(text))])
    case .list(let items): self = .array(items.map { JSONText($0) })
    case .map(let entries): self = .object(entries.map { ($0.key, JSONText($0.value)) })
    case .unresolved(let function, let arguments):
      self = .object([("function", .string(function)), ("arguments", JSONText(arguments))])
    }
  }
}

extension [(String, JSONText)] {
  /// Adds a member where there is a text for it.
  mutating func add(_ name: String, _ text: String?) {
    if let text { append((name, .string(text))) }
  }
}
