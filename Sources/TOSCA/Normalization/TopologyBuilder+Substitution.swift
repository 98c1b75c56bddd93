extension TopologyBuilder {
  /// Puts topologies in place of the nodes that are to be substituted (1.3, 3.8.13; 2.0, 15).
  func substitute(_ topology: inout Topology) {
    guard let substitutions else { return }
    for position in topology.nodes.indices {
      let name = topology.nodes[position].template ?? topology.nodes[position].name
      guard let index = scope.nodeIndex[name], isSubstituted(index) else { continue }
      substitute(&topology.nodes[position], index, substitutions)
    }
  }

  /// Whether a node is to be substituted. Directives are attempted in order, and what can be created is.
  private func isSubstituted(_ index: Int) -> Bool {
    for directive in scope.nodes[index].template.directives {
      if directive.text == "create" { return false }
      if directive.text == "substitute" || directive.text == "substitutable" { return true }
    }
    return false
  }

  private func substitute(_ node: inout Node, _ index: Int, _ search: SubstitutionSearch) {
    guard let type = scope.nodes[index].type else { return }
    let place = scope.nodes[index].template.name.place
    let able = search.candidates.filter { candidate in
      catalogue.nodes.derives(candidate.type, from: type)
        && candidate.mappings.filter.map { holds($0, of: index) != false } ?? true
    }
    // A template for just the type of the node is nearer than one for a type derived from it.
    let exact = able.filter { $0.type == type }
    let nearest = exact.isEmpty ? able : exact
    let free = nearest.filter { !search.open.contains($0.file.id) }
    guard let chosen = free.first else {
      report(node, nearest, at: place)
      return
    }
    if free.count > 1 {
      let names = free.map { findings.table.sources[Int($0.file.id)].name }
      findings.report(
        "ambiguous-substitution", .warning, at: place,
        "\(free.count) templates can stand for `\(node.name.excerpt)`; the first is taken",
        expected: ValueTyper.oneOf(names), related: free.map { ($0.mappings.place, "this one can") })
    }
    search.made += 1
    guard search.made <= search.limit else {
      findings.report(
        "too-many-substitutions", at: place, "more than \(search.limit) nodes are to be substituted",
        expected: "fewer substitutions inside each other")
      return
    }
    search.open.append(chosen.file.id)
    defer { search.open.removeLast() }
    node.substitution = make(chosen, for: node, index, search)
    adoptAttributes(&node)
  }

  private func holds(_ filter: NodeFilter, of index: Int) -> Bool? {
    filter.condition.map { holds($0, .node(index)) } ?? satisfies(filter, index)
  }

  private func report(_ node: Node, _ looping: [SubstitutionSearch.Candidate], at place: Place) {
    if let first = looping.first {
      findings.report(
        "substitution-cycle", at: place,
        "the template that stands for `\(node.name.excerpt)` has the node in itself, at whatever distance",
        expected: "templates that come to an end", related: [(first.mappings.place, "this template")])
    } else {
      findings.report(
        "no-substitution", .warning, at: place,
        "no template is known that stands for `\(node.name.excerpt)`, a `\(node.type.name.excerpt)`",
        expected: "an imported file, or one of the folder of substituting templates, with a `substitution_mappings` of "
          + "the type")
    }
  }

  /// The topology of a template, with inputs from the node's properties.
  private func make(
    _ candidate: SubstitutionSearch.Candidate, for node: Node, _ index: Int, _ search: SubstitutionSearch
  ) -> Substitution? {
    var template = candidate.template
    let inner = TopologyScope(template: template, file: candidate.file.id)
    var later: Set<String> = []
    var given: [String: YAMLNode] = [:]
    for property in candidate.mappings.properties {
      let written = property.target["mapping"] ?? property.target
      guard let input = (written.items?.count == 1 ? written.items?[0] : written)?.text, template.inputs[input] != nil
      else { continue }
      guard let value = value(at: property.key, of: node) else { continue }
      if value.isSensitive {
        // What must not be shown outside must not be shown inside.
        template.inputs[input]?.metadata["sensitive"] = Name(text: "true", place: property.key.place)
      }
      let isRange = template.inputs[input]?.schema?.type.text == "range"
      if let node = Self.written(value, at: property.key.place, typer.version) {
        given[input] = isRange ? Self.range(node) : node
      } else {
        later.insert(input)
      }
    }
    let scope = TopologyScope(template: template, file: inner.file)
    for (name, definition) in template.inputs { scope.inputValues[name] = definition.value ?? definition.defaultValue }
    for (name, value) in given { scope.inputValues[name] = value }
    for name in later { scope.inputValues[name] = nil }
    scope.laterInputs = later
    // Values are looked up in one topology at a time: the one that is being made.
    defer { typer.topology = self.scope }
    let builder = TopologyBuilder(
      typer: typer, catalogue: catalogue, findings: findings, scope: scope, file: candidate.file, folders: folders,
      artifacts: artifacts, substitutions: search)
    let topology = builder.build()
    guard let mapping = topology.substitutionMapping else { return nil }
    return Substitution(
      file: findings.table.sources[Int(candidate.file.id)].name, topology: topology, mapping: mapping,
      links: Self.links(of: node, mapping))
  }

  /// The value of a property of a node: by its name, or by a path to one of a capability or relationship.
  private func value(at key: YAMLNode, of node: Node) -> Value? {
    guard let path = key.items?.compactMap(\.text), path.count >= 3, let last = path.last else {
      return key.text.flatMap { node.properties[$0] }
    }
    if path[0] == "CAPABILITY" { return node.capabilities[path[1]]?.properties[last] }
    let relationships = node.requirements.filter { $0.name == path[1] }
    let index = path.count > 3 ? path[2] : "0"
    if index == "ALL" {
      let values = relationships.compactMap { $0.properties[last] }
      return values.first.map { Value(.list(values), at: $0.place) }
    }
    guard let number = Int(index), relationships.indices.contains(number) else { return nil }
    return relationships[number].properties[last]
  }

  /// A range as it is written, of its text form.
  private static func range(_ node: YAMLNode) -> YAMLNode {
    guard let text = node.text, text.hasPrefix("["), text.hasSuffix("]") else { return node }
    let bounds = text.dropFirst().dropLast().split(separator: ",").map { $0.drop { $0 == " " } }
    return YAMLNode(
      content: .sequence(bounds.map { YAMLNode(content: .scalar(String($0), .plain), place: node.place) }),
      place: node.place)
  }

  /// A value as it could be written; nil where a part of it is not known yet.
  private static func written(_ value: Value, at place: Place, _ version: TOSCAVersion) -> YAMLNode? {
    func node(_ text: String, _ style: YAMLNode.ScalarStyle = .plain) -> YAMLNode {
      YAMLNode(content: .scalar(text, style), place: place)
    }
    switch value.content {
    case .null: return node("null")
    case .boolean(let flag): return node(flag ? "true" : "false")
    case .integer(let number): return node(String(number))
    case .float(let number):
      return node(number.isNaN ? ".nan" : number.isInfinite ? "\(number < 0 ? "-" : "").inf" : String(number))
    case .string(let text): return node(version == .tosca2_0 && text.hasPrefix("$") ? "$" + text : text, .quoted)
    case .scalar(_, let text): return node(text, .quoted)
    case .list(let items):
      let nodes = items.compactMap { written($0, at: place, version) }
      return nodes.count == items.count ? YAMLNode(content: .sequence(nodes), place: place) : nil
    case .map(let entries):
      let nodes = entries.compactMap { entry in
        written(entry.value, at: place, version).map { YAMLEntry(key: node(entry.key, .quoted), value: $0) }
      }
      return nodes.count == entries.count ? YAMLNode(content: .mapping(nodes), place: place) : nil
    case .unresolved: return nil
    }
  }

  /// Where the requirements inside lead that the node's requirements are mapped to. Several mappings of a requirement
  /// take its assignments in order; one alone takes all (2.0, 15.5).
  private static func links(of node: Node, _ mapping: SubstitutionMapping) -> [Substitution.Link] {
    var links: [Substitution.Link] = []
    var left: [String: [Requirement]] = Dictionary(grouping: node.requirements, by: \.name)
    let times = Dictionary(grouping: mapping.requirements, by: \.name).mapValues(\.count)
    for mapped in mapping.requirements {
      guard let open = left[mapped.name], !open.isEmpty else { continue }
      let takesAll = mapped.isUnbounded || (mapped.count == nil && times[mapped.name] == 1)
      let taken = takesAll ? open.count : min(open.count, mapped.count ?? 1)
      for requirement in open.prefix(taken) {
        links += mapped.targets.map {
          Substitution.Link(
            node: $0.node, requirement: $0.name, outerRequirement: mapped.name, target: requirement.target)
        }
      }
      left[mapped.name] = Array(open.dropFirst(taken))
    }
    return links
  }

  /// Gives a node's attributes the values of the outputs that they are mapped to.
  private func adoptAttributes(_ node: inout Node) {
    guard let substitution = node.substitution else { return }
    for (attribute, output) in substitution.mapping.attributes {
      guard let value = substitution.topology.outputs[output] else { continue }
      let path = attribute.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      switch path.first {
      case "CAPABILITY" where path.count == 3: node.capabilities[path[1]]?.attributes[path[2]] = value
      case "RELATIONSHIP" where path.count >= 3:
        guard let last = path.last else { continue }
        let index = path.count > 3 ? Int(path[2]) ?? 0 : 0
        let numbers = node.requirements.indices.filter { node.requirements[$0].name == path[1] }
        if numbers.indices.contains(index) { node.requirements[numbers[index]].attributes[last] = value }
      default: node.attributes[attribute] = value
      }
    }
  }
}
