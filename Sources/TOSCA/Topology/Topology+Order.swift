/// The order in which the nodes of a topology can be made: each after all that its requirements lead to.
public struct DependencyOrder: Hashable, Sendable, Codable {
  /// The nodes' names in waves: what is in one wave depends on nothing but earlier ones, so it can be made at once.
  public var waves: [[String]]
  /// Circles of nodes that depend on each other, each cut where it closes, so that the order is still one of all nodes.
  public var cycles: [[String]]

  /// An order.
  public init(waves: [[String]], cycles: [[String]] = []) {
    self.waves = waves
    self.cycles = cycles
  }

  /// The names, each after those that it depends on.
  public var names: [String] { waves.flatMap(\.self) }
}

extension Topology {
  /// The order in which the nodes can be made. A relationship of any type is a dependency of its source on its target.
  public func dependencyOrder() -> DependencyOrder {
    let (graph, cycles) = dependencies().acyclic()
    return DependencyOrder(
      waves: graph.waves().map { $0.map { nodes[$0].name } }, cycles: cycles.map { $0.map { nodes[$0].name } })
  }

  /// The graph of the nodes by number: from each to those that its requirements lead to.
  func dependencies() -> DirectedGraph {
    let numbers = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    return DirectedGraph(
      nodes.enumerated().map { number, node in
        var targets: [Int] = []
        for requirement in node.requirements {
          // A node may lead to itself; it waits for nothing then.
          if let target = numbers[requirement.target], target != number, !targets.contains(target) {
            targets.append(target)
          }
        }
        return targets
      })
  }
}
