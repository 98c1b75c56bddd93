extension TopologyUpdate {
  /// What leads from one topology to another.
  public init(from old: Topology, to new: Topology) {
    let former = Dictionary(old.nodes.map { ($0.name, $0) }) { first, _ in first }
    let current = Dictionary(new.nodes.map { ($0.name, $0) }) { first, _ in first }
    var nodes: [Change] = []
    for node in new.nodes {
      guard let other = former[node.name], other.type.name == node.type.name else {
        nodes.append(Change(node: node.name, category: .novel))
        continue
      }
      let differences = Difference.between(other, node)
      nodes.append(
        Change(node: node.name, category: differences.isEmpty ? .unchanged : .modified, differences: differences))
    }
    for node in old.nodes where current[node.name]?.type.name != node.type.name {
      nodes.append(Change(node: node.name, category: .obsolete))
    }
    self.nodes = nodes
    relationships = Self.relationships(old, new, replaced: Set(nodes.filter { $0.category == .novel }.map(\.node)))
    stages = []
    cycles = []
    plan(old, new)
  }

  /// What becomes of the relationships. One whose source or target is replaced is made anew.
  private static func relationships(_ old: Topology, _ new: Topology, replaced: Set<String>) -> [Change] {
    var former: [Key: Requirement] = [:]
    for (key, requirement) in keyed(old) { former[key] = requirement }
    var changes: [Change] = []
    for (key, requirement) in keyed(new) {
      var change = Change(node: key.node, requirement: key.requirement, target: key.target, category: .novel)
      if !replaced.contains(key.node), !replaced.contains(key.target), let other = former[key],
        other.relationship.name == requirement.relationship.name
      {
        former[key] = nil
        change.differences = Difference.between(other, requirement)
        change.category = change.differences.isEmpty ? .unchanged : .modified
      }
      changes.append(change)
    }
    for (key, _) in keyed(old) where former[key] != nil {
      changes.append(Change(node: key.node, requirement: key.requirement, target: key.target, category: .obsolete))
    }
    return changes
  }

  /// What tells relationships apart.
  private struct Key: Hashable {
    var node: String
    var requirement: String
    var target: String
    var number: Int
  }

  private static func keyed(_ topology: Topology) -> [(Key, Requirement)] {
    topology.nodes.flatMap { node in
      var counts: [String: Int] = [:]
      return node.requirements.map { requirement in
        let name = requirement.name + "\u{0}" + requirement.target
        counts[name, default: -1] += 1
        return (
          Key(node: node.name, requirement: requirement.name, target: requirement.target, number: counts[name] ?? 0),
          requirement
        )
      }
    }
  }

  /// Orders what is to be done: first what is obsolete, each after what depends on it; then what is new or changed, each
  /// after what it depends on.
  private mutating func plan(_ old: Topology, _ new: Topology) {
    let nodeCategory = Dictionary(grouping: nodes, by: \.node).mapValues { Set($0.map(\.category)) }
    let (formerGraph, formerCycles) = old.dependencies().acyclic()
    let (graph, cycles) = new.dependencies().acyclic()
    self.cycles = cycles.map { $0.map { new.nodes[$0].name } } + formerCycles.map { $0.map { old.nodes[$0].name } }
    var open = Adjacency(relationships.filter { $0.category == .obsolete })
    for wave in formerGraph.reversed().waves() {
      let names = wave.map { old.nodes[$0].name }
      stages.append(names.flatMap { open.take(at: $0) { _ in true } }.map { Self.operation(.delete, $0) })
      stages.append(
        names.filter { nodeCategory[$0]?.contains(.obsolete) == true }.map { Operation(kind: .delete, node: $0) })
    }
    var later = Adjacency(relationships.filter { $0.category == .novel || $0.category == .modified })
    var done: Set<String> = []
    for wave in graph.waves() {
      let names = wave.map { new.nodes[$0].name }
      done.formUnion(names)
      stages.append(
        names.compactMap { name in
          guard let category = nodeCategory[name] else { return nil }
          if category.contains(.novel) { return Operation(kind: .create, node: name) }
          return category.contains(.modified) ? Operation(kind: .modify, node: name) : nil
        })
      stages.append(
        names.flatMap { name in later.take(at: name) { done.contains($0) } }.map {
          Self.operation($0.category == .novel ? .create : .modify, $0)
        })
    }
    stages.removeAll(where: \.isEmpty)
  }

  private static func operation(_ kind: Operation.Kind, _ change: Change) -> Operation {
    Operation(kind: kind, node: change.node, requirement: change.requirement, target: change.target)
  }

  /// Relationships by the nodes that they are adjacent to, each to be taken once.
  private struct Adjacency {
    private let changes: [Change]
    private var numbers: [String: [Int]] = [:]
    private var taken: Set<Int> = []

    init(_ changes: [Change]) {
      self.changes = changes
      for (number, change) in changes.enumerated() {
        numbers[change.node, default: []].append(number)
        if let target = change.target, target != change.node { numbers[target, default: []].append(number) }
      }
    }

    /// Takes those of a node whose other node fulfils something.
    mutating func take(at node: String, where fits: (String) -> Bool) -> [Change] {
      var result: [Change] = []
      for number in numbers[node] ?? [] where !taken.contains(number) {
        let change = changes[number]
        guard fits(change.node == node ? change.target ?? node : change.node) else { continue }
        taken.insert(number)
        result.append(change)
      }
      return result
    }
  }
}
