/// The nodes that are made of one template (2.0, 14): as many as its `count` says, where that is known before the
/// service is deployed. Each is a node of the topology, named after the template and its index: `site[0]`, `site[1]`.
extension TopologyBuilder {
  /// The normalized nodes of a template.
  func nodes(_ index: Int) -> [Node] {
    guard let count = representations(of: index) else { return node(index).map { [$0] } ?? [] }
    defer { scope.representation = nil }
    guard count > 0 else {
      // The template is checked, though nothing is made of it.
      _ = node(index)
      return []
    }
    var nodes: [Node] = []
    nodes.reserveCapacity(count)
    for number in 0..<count {
      scope.representation = TopologyScope.Representation(node: index, index: number)
      guard var node = node(index) else { break }
      node.template = node.name
      node.index = number
      node.name = Self.name(node.name, number)
      node.count = nil
      nodes.append(node)
      // There will be no topology, and the others would say the same.
      if findings.hasErrors { break }
    }
    return nodes
  }

  /// How many nodes are made of a template whose nodes are told apart; nil where it is one node of its own name: it has
  /// no count, or one that is not known yet, or too large to be spelled out.
  func representations(of index: Int) -> Int? {
    guard typer.version == .tosca2_0, !scope.isTooLarge, let written = scope.nodes[index].template.count,
      written.text != "1"
    else { return nil }
    return scope.nodes[index].count
  }

  /// Sees to it that the nodes of all templates together stay within bounds.
  func checkNumberOfNodes() {
    var sum = 0
    for index in scope.nodes.indices {
      guard let count = representations(of: index) else { continue }
      sum += count
      guard sum > typer.limits.representations else { continue }
      findings.report(
        "too-many-nodes", .warning,
        at: scope.nodes[index].template.count?.place ?? scope.nodes[index].template.name.place,
        "the counts make more than \(typer.limits.representations) nodes, which are not spelled out",
        expected: "smaller counts, for a topology with each node on its own")
      scope.isTooLarge = true
      return
    }
  }

  /// The name of one of the nodes of a template.
  static func name(_ template: String, _ index: Int) -> String { "\(template)[\(index)]" }

  /// The names of the nodes of a template; a name that is none of a template's stays.
  func nodeNames(_ template: String) -> [String] {
    guard let index = scope.nodeIndex[template], let count = representations(of: index) else { return [template] }
    return (0..<count).map { Self.name(template, $0) }
  }

  /// How often a binding is a relationship of its own: as often as its count says where the nodes of its target are told
  /// apart, and else once.
  func relationships(of binding: Binding) -> Int {
    guard let target = binding.target, representations(of: target) != nil, let count = binding.count,
      count <= typer.limits.representations
    else { return 1 }
    return count
  }

  /// The node that a relationship leads to where several are made of the target's template: the one with the index that
  /// the assignment gives; else they take turns, so that no node is taken twice before all are taken once.
  enum ChosenNode {
    /// A node, by its name.
    case node(String)
    /// One that is not known yet, of these.
    case open([String])
  }

  func chooseNode(
    of target: Int, _ number: Int, of source: Int, _ written: Value?, at place: Place
  ) -> ChosenNode {
    let template = scope.nodes[target].template.name.text
    guard let count = representations(of: target) else { return .node(template) }
    let binding = scope.nodes[source].bindings[number]
    if let written {
      guard let index = written.integer else { return .open(nodeNames(template)) }
      guard index >= 0, index < count else {
        findings.report(
          "unknown-target", at: place,
          "the requirement `\(binding.name.text.excerpt)` leads to node \(index) of `\(template.excerpt)`",
          expected: count == 0 ? "another target: there are no nodes of it" : "an index from 0 to \(count - 1)")
        return .open([])
      }
      return .node(Self.name(template, index))
    }
    guard count > 0 else {
      if !binding.isOptional {
        findings.report(
          "unfulfilled-requirement", .warning, at: place,
          "no node is made of `\(template.excerpt)`, which the requirement `\(binding.name.text.excerpt)` leads to",
          expected: "a `count` of 1 or more")
      }
      return .open([])
    }
    // The alike requirements of all nodes of the source, one after the other.
    var before = 0
    var all = 0
    for (position, other) in scope.nodes[source].bindings.enumerated()
    where other.name.text == binding.name.text && other.target == target {
      guard let times = other.count, times <= typer.limits.representations else { return .open(nodeNames(template)) }
      if position < number { before += times }
      all += times
    }
    let turn = (scope.representation?.index ?? 0) * all + before + (scope.representation?.relationship ?? 0)
    return .node(Self.name(template, turn % count))
  }
}
