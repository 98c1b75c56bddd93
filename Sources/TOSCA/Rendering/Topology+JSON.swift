extension Topology {
  /// The topology as JSON: the same members in the same order for every version of TOSCA. Values are plain JSON; a
  /// scalar with a unit is `{"amount", "text"}`, a function that is not evaluated yet `{"function", "arguments"}`,
  /// and a value that must not be shown is `{"sensitive": true}`.
  public func json() -> String { document().text() + "\n" }

  /// The topology as a JSON document.
  func document() -> JSONText {
    var members: [(String, JSONText)] = [("version", .string(version))]
    if let description { members.append(("description", .string(description))) }
    members += [
      ("metadata", .object(metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      ("inputs", JSONText(inputs)),
      ("nodes", .array(nodes.map { $0.document() })),
      ("groups", .array(groups.map { $0.document() })),
      ("policies", .array(policies.map { $0.document() })),
      ("outputs", JSONText(outputs)),
    ]
    return .object(members)
  }
}

extension Node {
  fileprivate func document() -> JSONText {
    .object([
      ("name", .string(name)),
      ("type", type.document()),
      ("properties", JSONText(properties)),
      (
        "capabilities",
        .object(
          capabilities.sorted { $0.key < $1.key }.map { name, capability in
            (
              name,
              .object([("type", capability.type.document()), ("properties", JSONText(capability.properties))])
            )
          })
      ),
      ("requirements", .array(requirements.map { $0.document() })),
      (
        "artifacts",
        .object(
          artifacts.sorted { $0.key < $1.key }.map { name, artifact in
            (
              name,
              .object([
                ("type", artifact.type.document()), ("file", .string(artifact.file)),
                ("properties", JSONText(artifact.properties)),
              ])
            )
          })
      ),
    ])
  }
}

extension Requirement {
  fileprivate func document() -> JSONText {
    .object([
      ("name", .string(name)), ("target", .string(target)),
      ("capability", capability.map { .string($0) } ?? .null),
      ("relationship", relationship.document()), ("properties", JSONText(properties)),
    ])
  }
}

extension Group {
  fileprivate func document() -> JSONText {
    .object([
      ("name", .string(name)), ("type", type.document()), ("members", .array(members.map { .string($0) })),
      ("properties", JSONText(properties)),
    ])
  }
}

extension Policy {
  fileprivate func document() -> JSONText {
    .object([
      ("name", .string(name)), ("type", type.document()), ("properties", JSONText(properties)),
      ("targets", .array(targets.map { .string($0.value) })),
      (
        "triggers",
        .array(
          triggers.map { trigger in
            .object([
              ("name", .string(trigger.name)), ("event", .string(trigger.event.value)),
              ("condition", trigger.condition.map { JSONText($0) } ?? .null),
              ("actions", .array(trigger.actions.map { JSONText($0) })),
            ])
          })
      ),
    ])
  }
}

extension TypeReference {
  fileprivate func document() -> JSONText {
    .object([("name", .string(name)), ("ancestors", .array(ancestors.map { .string($0) }))])
  }
}

extension JSONText {
  /// Values by name, sorted.
  fileprivate init(_ values: [String: Value]) {
    self = .object(values.sorted { $0.key < $1.key }.map { ($0.key, JSONText($0.value)) })
  }

  /// A value.
  fileprivate init(_ value: Value) {
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
