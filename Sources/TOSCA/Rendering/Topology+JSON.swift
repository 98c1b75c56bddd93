extension Topology {
  /// The name and version of the JSON form. Members may be added to a version; what is there keeps its meaning.
  public static let schema = "testudo.topology/1"

  /// The topology as JSON: the same members in the same order for every version of TOSCA. `Documentation/TOSCA.md`
  /// describes them, `Documentation/topology.schema.json` is their JSON Schema. Values are plain JSON; a scalar with a
  /// unit is `{"amount", "text"}`, a function that is not evaluated yet `{"function", "arguments"}`, and a value that
  /// must not be shown is `{"sensitive": true}`.
  public func json() -> String { document().text() + "\n" }

  /// Hands the same document as `json()` on in pieces, for a large topology.
  public func writeJSON(_ emit: (String) -> Void) {
    document().write(emit)
    emit("\n")
  }

  /// The topology as YAML: the same document as `json()`.
  public func yaml() -> String { document().yaml() }

  /// The topology as a JSON document.
  func document(isNested: Bool = false) -> JSONText {
    var members: [(String, JSONText)] = isNested ? [] : [("schema", .string(Self.schema))]
    members.append(("version", .string(version)))
    members.add("description", description)
    members += [
      ("metadata", JSONText(metadata)),
      ("inputs", .object(inputDeclarations.map { ($0.name, $0.document(value: inputs[$0.name])) })),
      ("nodes", .items(nodes.count) { nodes[$0].document() }),
      ("groups", .array(groups.map { $0.document() })),
      ("policies", .array(policies.map { $0.document() })),
      ("workflows", .array(workflows.map { $0.document() })),
      ("outputs", .object(outputDeclarations.map { ($0.name, $0.document(value: outputs[$0.name])) })),
    ]
    if let substitutionMapping { members.append(("substitutionMapping", substitutionMapping.document())) }
    return .object(members)
  }
}

extension ParameterDeclaration {
  /// The declaration with its value.
  func document(value: Value?) -> JSONText {
    var members: [(String, JSONText)] = []
    members.add("description", description)
    if let schema { members += schema.members }
    members.append(("required", .boolean(isRequired)))
    if let defaultValue { members.append(("default", JSONText(defaultValue))) }
    if let value { members.append(("value", JSONText(value))) }
    if !metadata.isEmpty { members.append(("metadata", JSONText(metadata))) }
    return .object(members)
  }
}

extension ValueSchema {
  fileprivate var members: [(String, JSONText)] {
    var members: [(String, JSONText)] = [("type", .string(type.name))]
    if let entrySchema { members.append(("entrySchema", .object(entrySchema.members))) }
    if let keySchema { members.append(("keySchema", .object(keySchema.members))) }
    if !constraints.isEmpty { members.append(("constraints", .array(constraints.map { JSONText($0) }))) }
    return members
  }
}

extension Group {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name)), ("type", type.document())]
    members.add("description", description)
    members += [
      ("metadata", JSONText(metadata)), ("members", .array(self.members.map { .string($0) })),
      ("properties", JSONText(properties)), ("attributes", JSONText(attributes)), ("interfaces", JSONText(interfaces)),
      ("place", place.document()),
    ]
    return .object(members)
  }
}

extension Policy {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name)), ("type", type.document())]
    members.add("description", description)
    members += [
      ("metadata", JSONText(metadata)), ("properties", JSONText(properties)),
      ("targets", .array(targets.map { .string($0.value) })), ("triggers", .array(triggers.map { $0.document() })),
      ("place", place.document()),
    ]
    return .object(members)
  }
}

extension Trigger {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [
      ("name", .string(name)), ("event", .string(event.value)),
      ("condition", condition.map { JSONText($0) } ?? .null), ("actions", .array(actions.map { JSONText($0) })),
    ]
    if let schedule { members.append(("schedule", JSONText(schedule))) }
    if let targetFilter { members.append(("targetFilter", JSONText(targetFilter))) }
    return .object(members)
  }
}

extension Workflow {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name))]
    members.add("description", description)
    members += [
      ("metadata", JSONText(metadata)),
      ("inputs", .object(inputs.map { ($0.name, $0.document(value: nil)) })),
    ]
    if let precondition { members.append(("precondition", JSONText(precondition))) }
    members += [
      ("firstSteps", .array(firstSteps.map { .string($0) })), ("steps", .array(steps.map { $0.document() })),
    ]
    if let implementation { members.append(("implementation", implementation.document())) }
    members += [("outputs", JSONText(outputs)), ("place", place.document())]
    return .object(members)
  }
}

extension WorkflowStep {
  fileprivate func document() -> JSONText {
    var members: [(String, JSONText)] = [("name", .string(name))]
    members.add("target", target)
    members.add("targetRelationship", targetRelationship)
    members.add("operationHost", operationHost)
    if let filter { members.append(("filter", JSONText(filter))) }
    members += [
      (
        "activities",
        .array(
          activities.map { activity in
            .object([
              ("kind", .string(activity.kind.rawValue)), ("name", .string(activity.name)),
              ("inputs", JSONText(activity.inputs)),
            ])
          })
      ),
      ("onSuccess", .array(onSuccess.map { .string($0) })), ("onFailure", .array(onFailure.map { .string($0) })),
    ]
    return .object(members)
  }
}

extension SubstitutionMapping {
  /// The mapping.
  func document() -> JSONText {
    var members: [(String, JSONText)] = [("nodeType", nodeType.document())]
    if let filter { members.append(("filter", JSONText(filter))) }
    members += [
      ("properties", JSONText(properties)), ("attributes", JSONText(attributes)),
      ("capabilities", .object(capabilities.sorted { $0.key < $1.key }.map { ($0.key, $0.value.document()) })),
      (
        "requirements",
        .array(
          requirements.map { requirement in
            .object([
              ("name", .string(requirement.name)),
              (
                "count",
                requirement.isUnbounded ? .string("UNBOUNDED") : requirement.count.map { .integer($0) } ?? .null
              ), ("targets", .array(requirement.targets.map { $0.document() })),
            ])
          })
      ), ("interfaces", JSONText(interfaces)),
    ]
    return .object(members)
  }
}

extension SubstitutionMapping.Member {
  fileprivate func document() -> JSONText {
    .object([("node", .string(node)), ("name", name.map { .string($0) } ?? .null)])
  }
}
