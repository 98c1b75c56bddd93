extension TopologyBuilder {
  /// Notes the use of a node template's name, where an index is asked for.
  func refer(toNode name: Name) {
    findings.recorder?.reference(.nodeTemplate, name, target: scope.template.nodeTemplates[name.text]?.name.place) {
      nodeNames
    }
  }

  /// Notes the use of the name of a node template or a group.
  func refer(toNodeOrGroup name: Name) {
    guard let recorder = findings.recorder else { return }
    refer(toNode: name)
    let groups = scope.template.groups
    recorder.reference(.group, name, target: groups[name.text]?.name.place) { groups.map { ($0, $1.name.place) } }
  }

  /// Notes the use of a relationship template's name.
  func refer(toRelationship name: Name) {
    let templates = scope.template.relationshipTemplates
    findings.recorder?.reference(.relationshipTemplate, name, target: templates[name.text]?.name.place) {
      templates.map { ($0, $1.name.place) }
    }
  }

  private var nodeNames: [(name: String, place: Place?)] {
    scope.template.nodeTemplates.map { ($0, $1.name.place) }
  }
}

extension ValueTyper {
  /// Notes the use of the name of an entity in a function's arguments, where an index is asked for.
  func refer(toEntity node: YAMLNode) {
    guard let recorder = findings.recorder, let topology, let text = node.text, !Self.keywords.contains(text) else {
      return
    }
    let name = Name(text: text, place: node.place)
    let nodes = topology.template.nodeTemplates
    let relationships = topology.template.relationshipTemplates
    recorder.reference(.nodeTemplate, name, target: nodes[text]?.name.place) {
      Self.keywords.map { ($0, nil) } + nodes.map { ($0, $1.name.place) }
    }
    recorder.reference(.relationshipTemplate, name, target: relationships[text]?.name.place) {
      relationships.map { ($0, $1.name.place) }
    }
  }

  /// Notes a map with one key that is to be completed, because it may become the call of a function.
  func refer(toFunctionOf node: YAMLNode) {
    guard let recorder = findings.recorder, let entries = node.entries, entries.count == 1,
      let key = entries.first?.key,
      let text = key.text, recorder.isMarked(text)
    else { return }
    let names =
      version == .tosca2_0
      ? FunctionCall.Function.ofVersion2.map { "$" + $0.rawValue } : FunctionCall.Function.ofVersion1.map(\.rawValue)
    recorder.reference(.function, Name(text: text, place: key.place), target: nil) { names.map { ($0, nil) } }
  }

  /// Notes the use of a name of a property, or another thing that a function can ask an entity for.
  func refer(
    _ kind: NameKind, _ node: YAMLNode, to target: @autoclosure () -> Place?,
    known: () -> [(name: String, place: Place?)]
  ) {
    guard let recorder = findings.recorder, let text = node.text else { return }
    recorder.reference(kind, Name(text: text, place: node.place), target: target(), known: known)
  }
}
