extension TopologyUpdate {
  /// What becomes of the nodes, and what is done, for people: a line for each change, and the operations by stage.
  public var text: String {
    var output = ""
    for category in [Category.novel, .modified, .obsolete, .unchanged] {
      let names = nodes(category)
      output += "\(category.rawValue): \(names.count)"
      if !names.isEmpty, category != .unchanged { output += " (\(names.joined(separator: ", ")))" }
      output += "\n"
    }
    for change in nodes + relationships where change.category == .modified {
      output += "\n\(Self.name(change.node, change.requirement, change.target)):\n"
      for difference in change.differences { output += "  \(difference)\n" }
    }
    for cycle in cycles { output += "\nin a circle: \((cycle + cycle.prefix(1)).joined(separator: " → "))\n" }
    if stages.isEmpty { return output + "\nnothing to do\n" }
    output += "\n"
    for (number, stage) in stages.enumerated() {
      for (position, operation) in stage.enumerated() {
        output += position == 0 ? "\(number + 1). " : String(repeating: " ", count: String(number + 1).count + 2)
        output += operation.kind.rawValue + " "
        output += Self.name(operation.node, operation.requirement, operation.target) + "\n"
      }
    }
    return output
  }

  private static func name(_ node: String, _ requirement: String?, _ target: String?) -> String {
    guard let requirement, let target else { return node }
    return "\(node) –\(requirement)→ \(target)"
  }
}

extension Topology {
  /// The nodes in the order in which they can be made, for people: a line for each with its type and what it depends on.
  public var summary: String {
    let byName = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
    let order = dependencyOrder()
    var output = ""
    for name in order.names {
      guard let node = byName[name] else { continue }
      output += "\(name): \(node.type.name)"
      let targets = node.requirements.map { "\($0.name) \($0.target)" }
      if !targets.isEmpty { output += " (\(targets.joined(separator: ", ")))" }
      output += "\n"
      for requirement in node.danglingRequirements where !requirement.isOptional {
        output += "  \(requirement.name) has no target"
        output += requirement.candidates.isEmpty ? "\n" : ": \(requirement.candidates.joined(separator: " or "))\n"
      }
    }
    for cycle in order.cycles { output += "in a circle: \((cycle + cycle.prefix(1)).joined(separator: " → "))\n" }
    return output.isEmpty ? "no nodes\n" : output
  }
}
