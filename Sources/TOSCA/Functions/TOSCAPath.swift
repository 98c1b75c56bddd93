/// Where a TOSCA path leads (2.0, 10.3).
struct TOSCAPath {
  /// A node, a relationship, or a capability of a node.
  enum Context {
    /// A node of a type, where that is known, and its template's number, where it is one of the template.
    case node(type: Int?, template: Int?)
    /// A relationship of a type, of the requirement of a node type or of a binding.
    case relationship(Relationship)
    /// A capability of a node.
    case capability(CapabilityDefinition, template: Int?)
    /// Something that is known when the service runs.
    case unknown
  }

  /// What is known of a relationship.
  struct Relationship {
    /// Its type.
    var type: Int?
    /// Its source.
    var source: (type: Int?, template: Int?)
    /// Its target; the type may be one that the target's type derives from.
    var target: (type: Int?, template: Int?)
    /// The capability that it leads to: a name of the target's, or a type.
    var capability: Name?
    /// The number of the requirement among those of its source.
    var requirement: Int?
  }

  /// Where it leads.
  var context: Context
  /// The arguments that follow it.
  var rest: ArraySlice<YAMLNode>
  /// Whether it leads to all of several, so that a function gives a list.
  var isMultiple = false
  /// Whether the types on the way are those of the nodes themselves, rather than ones that their types derive from.
  var isExact = true
  /// Whether it leads to one that is known, so that its values may be looked up.
  var isCertain = true
  /// Which of the nodes of a template it starts at, where it says it.
  var representation: Int?
}

extension ValueTyper {
  /// Follows a path as far as it goes; nil where it is wrong, which is reported.
  func path(_ items: [YAMLNode], _ call: FunctionCall, _ context: ValueContext) -> TOSCAPath? {
    guard let first = items.first, let name = first.text, !first.isNull else {
      reportArguments(call, "a TOSCA path, such as `SELF`, and a name (TOSCA 2.0, 10.3)")
      return nil
    }
    guard var path = start(name, first, call, context) else { return nil }
    path.rest = items.dropFirst()
    if case .node(_, let template?) = path.context, name != "SELF" {
      takeIndex(&path, single: !isMultiple(template))
      guard startsAtNode(&path, of: template, items.dropFirst().first, call) else { return nil }
    }
    while let step = path.rest.first?.text {
      switch (step, path.context) {
      case ("RELATIONSHIP", .node(let type, let template)):
        guard followRequirement(&path, type, template, call, context) else { return nil }
      case ("RELATIONSHIP", .capability):
        path.rest = path.rest.dropFirst()
        takeIndex(&path, single: false)
        path.context = .unknown
        return skipped(path)
      case ("CAPABILITY", .node(let type, let template)):
        guard followCapability(&path, type, template, call, context) else { return nil }
      case ("CAPABILITY", .relationship(let relationship)):
        path.rest = path.rest.dropFirst()
        path.context = capability(of: relationship)
      case ("SOURCE", .relationship(let relationship)):
        path.rest = path.rest.dropFirst()
        path.context = .node(type: relationship.source.type, template: relationship.source.template)
        if relationship.source.template == nil { path.isExact = false }
      case ("TARGET", .relationship(let relationship)):
        path.rest = path.rest.dropFirst()
        path.context = .node(type: relationship.target.type, template: relationship.target.template)
        if relationship.target.template == nil { path.isExact = false }
      case ("SOURCE", .node), ("TARGET", .node), ("SOURCE", .capability), ("TARGET", .capability):
        findings.report(
          "wrong-path", at: path.rest.first?.place ?? call.place, "`\(step)` follows no relationship",
          expected: "`RELATIONSHIP` and a requirement before it (TOSCA 2.0, 10.3)")
        return nil
      case (_, .unknown): return skipped(path)
      default: return path
      }
    }
    return path
  }

  /// Where a path starts: at what `SELF` stands for, or at the node of a template.
  private func start(
    _ name: String, _ item: YAMLNode, _ call: FunctionCall, _ context: ValueContext
  ) -> TOSCAPath? {
    if let topology, let index = topology.nodeIndex[name] {
      var path = TOSCAPath(context: .node(type: topology.nodes[index].type, template: index), rest: [])
      path.isCertain = !isMultiple(index)
      return path
    }
    guard name == "SELF" else {
      if topology == nil, context.owner == .none { return TOSCAPath(context: .unknown, rest: [], isCertain: false) }
      let isFormer = ["SOURCE", "TARGET", "HOST"].contains(name)
      let names = topology.map { Array($0.nodeIndex.keys) } ?? []
      findings.report(
        "unknown-entity", at: item.place, "`\(call.name)` names no entity: \(item.kindDescription)",
        expected: isFormer && name != "HOST"
          ? "`SELF, \(name)` (TOSCA 2.0, 10.3)"
          : topology == nil ? "`SELF`: a type knows no node templates (TOSCA 2.0, 11.4)" : "a node template, or `SELF`",
        suggestion: isFormer ? nil : nearest(name, among: names + ["SELF"]))
      return nil
    }
    switch context.owner {
    case .none:
      // Templates have nothing there that `SELF` could stand for; types are checked where they are used.
      if topology != nil, !context.isFilter {
        findings.report(
          "wrong-context", at: item.place, "`SELF` stands for nothing here", expected: "the name of a node template")
        return nil
      }
      return TOSCAPath(context: .unknown, rest: [], isCertain: false)
    case .node(let index):
      return TOSCAPath(context: .node(type: topology?.nodes[index].type, template: index), rest: [])
    case .nodeType(let type): return TOSCAPath(context: .node(type: type, template: nil), rest: [])
    case .relationshipType(let type):
      let relationship = TOSCAPath.Relationship(type: type, source: (nil, nil), target: (nil, nil))
      return TOSCAPath(context: .relationship(relationship), rest: [])
    case .relationship(let node, let requirement):
      return TOSCAPath(context: .relationship(self.relationship(node, requirement)), rest: [])
    case .requirement(let type, let requirement):
      return TOSCAPath(context: .relationship(relationship(ofType: type, requirement)), rest: [])
    }
  }

  /// Notes which of the nodes of a template a path starts at; false where there is none of that index, which is
  /// reported.
  private func startsAtNode(
    _ path: inout TOSCAPath, of template: Int, _ item: YAMLNode?, _ call: FunctionCall
  ) -> Bool {
    guard let item, case .scalar(let text, .plain) = item.content, let index = CoreSchema.integer(text),
      let node = topology?.nodes[template], let count = node.count
    else { return true }
    guard index >= 0, index < count else {
      findings.report(
        "wrong-path", at: item.place, "`\(call.name)` asks for node \(index) of `\(node.template.name.text.excerpt)`",
        expected: count == 0 ? "another template: there are no nodes of it" : "an index from 0 to \(count - 1)")
      return false
    }
    path.representation = index
    path.isCertain = true
    return true
  }

  /// Whether several nodes may be made of a template.
  private func isMultiple(_ template: Int) -> Bool {
    guard let count = topology?.nodes[template].template.count else { return false }
    return count.text != "1"
  }

  /// Takes an index, where one follows: an integer, `ALL`, or a function that gives one.
  private func takeIndex(_ path: inout TOSCAPath, single: Bool) {
    guard let item = path.rest.first else { return }
    if item.text == "ALL" {
      path.isMultiple = true
      path.isCertain = false
    } else if Condition.isCall(item) {
      path.isCertain = false
    } else if case .scalar(let text, .plain) = item.content, let index = CoreSchema.integer(text) {
      if index != 0 || !single { path.isCertain = false }
    } else {
      return
    }
    path.rest = path.rest.dropFirst()
  }

  /// Goes on from a relationship that is not known: everything that can be part of a path is skipped.
  private func skipped(_ path: TOSCAPath) -> TOSCAPath {
    var path = path
    path.isCertain = false
    path.isExact = false
    path.context = .unknown
    while let step = path.rest.first?.text {
      switch step {
      case "SOURCE", "TARGET": path.rest = path.rest.dropFirst()
      case "RELATIONSHIP":
        path.rest = path.rest.dropFirst(2)
        takeIndex(&path, single: false)
      case "CAPABILITY": path.rest = path.rest.dropFirst(path.rest.count > 2 ? 2 : 1)
      default: return path
      }
    }
    return path
  }

  private func followRequirement(
    _ path: inout TOSCAPath, _ type: Int?, _ template: Int?, _ call: FunctionCall, _ context: ValueContext
  ) -> Bool {
    guard path.rest.count >= 2, let item = path.rest.dropFirst().first, let name = item.text else {
      reportArguments(call, "`RELATIONSHIP` and the name of a requirement (TOSCA 2.0, 10.3)")
      return false
    }
    path.rest = path.rest.dropFirst(2)
    let index: Int? = path.rest.first.flatMap { node in
      if case .scalar(let text, .plain) = node.content { CoreSchema.integer(text) } else { nil }
    }
    let isFirst = index == nil || index == 0
    takeIndex(&path, single: isFirst)
    guard let type else {
      path.context = .unknown
      return true
    }
    let defined = catalogue.nodes.types[type].requirements
    guard defined[name] != nil else {
      if path.isExact {
        reportStep("unknown-requirement", "requirement", item, call, Array(defined.keys), context)
        guard context.isFilter else { return false }
      }
      path.context = .unknown
      return true
    }
    if let template, let topology {
      let numbers = topology.nodes[template].bindings.indices.filter {
        topology.nodes[template].bindings[$0].name.text == name
      }
      if let index, index > 0 { path.isCertain = false }
      if numbers.indices.contains(index ?? 0) {
        path.context = .relationship(relationship(template, numbers[index ?? 0]))
        return true
      }
    }
    path.isCertain = false
    path.context = .relationship(relationship(ofType: type, name))
    return true
  }

  private func followCapability(
    _ path: inout TOSCAPath, _ type: Int?, _ template: Int?, _ call: FunctionCall, _ context: ValueContext
  ) -> Bool {
    guard path.rest.count >= 2, let item = path.rest.dropFirst().first, let name = item.text else {
      reportArguments(call, "`CAPABILITY` and the name of a capability (TOSCA 2.0, 10.3)")
      return false
    }
    path.rest = path.rest.dropFirst(2)
    guard let type else {
      path.context = .unknown
      return true
    }
    let defined = catalogue.nodes.types[type].capabilities
    guard let capability = defined[name] else {
      if path.isExact {
        reportStep("unknown-capability", "capability", item, call, Array(defined.keys), context)
        guard context.isFilter else { return false }
      }
      path.context = .unknown
      return true
    }
    path.context = .capability(capability, template: template)
    return true
  }

  /// Reports a name on a path, or at its end, that stands for nothing; in filters as a warning, because the nodes that
  /// they are about may be of types that derive from the one that is known.
  func reportStep(
    _ code: String, _ what: String, _ item: YAMLNode, _ call: FunctionCall, _ known: [String], _ context: ValueContext
  ) {
    findings.report(
      code, context.isFilter ? .warning : .error, at: item.place,
      "`\(call.name)` finds no \(what) \(item.text.map { "`\($0.excerpt)`" } ?? "here")",
      expected: Self.oneOf(known) ?? "no \(what): there are none",
      suggestion: item.text.flatMap { nearest($0, among: known) })
  }

  /// What is known of the relationship of a template's requirement.
  private func relationship(_ node: Int, _ requirement: Int) -> TOSCAPath.Relationship {
    guard let topology else {
      return TOSCAPath.Relationship(type: nil, source: (nil, nil), target: (nil, nil))
    }
    let source = topology.nodes[node]
    let binding = source.bindings[requirement]
    let defined = source.type.flatMap { catalogue.nodes.types[$0].requirements[binding.name.text] }
    var result = TOSCAPath.Relationship(
      type: binding.relationshipType, source: (source.type, node), target: (nil, nil),
      capability: binding.capability.map { Name(text: $0, place: binding.name.place) } ?? defined?.capability,
      requirement: requirement)
    if let target = binding.target {
      result.target = (topology.nodes[target].type, isMultiple(target) && topology.judged != target ? nil : target)
    } else if let node = defined?.node {
      result.target.type = catalogue.find(.node, node, in: node.place.file, report: false)
    }
    return result
  }

  /// What is known of the relationships of a requirement that a node type defines.
  private func relationship(ofType type: Int, _ requirement: String) -> TOSCAPath.Relationship {
    var result = TOSCAPath.Relationship(type: nil, source: (type, nil), target: (nil, nil))
    guard let defined = catalogue.nodes.types[type].requirements[requirement] else { return result }
    result.type = defined.relationship.flatMap { catalogue.find(.relationship, $0, in: $0.place.file, report: false) }
    result.target.type = defined.node.flatMap { catalogue.find(.node, $0, in: $0.place.file, report: false) }
    result.capability = defined.capability
    return result
  }

  /// The target capability of a relationship.
  private func capability(of relationship: TOSCAPath.Relationship) -> TOSCAPath.Context {
    guard let name = relationship.capability else { return .unknown }
    if let type = relationship.target.type, let capability = catalogue.nodes.types[type].capabilities[name.text] {
      return .capability(capability, template: relationship.target.template)
    }
    guard catalogue.find(.capability, name, in: name.place.file, report: false) != nil else { return .unknown }
    return .capability(CapabilityDefinition(ofType: name), template: nil)
  }
}
