/// What is to be seen of a topology in a picture: the nodes, each inside what it is hosted on, the relationships between
/// them, and which groups and policies each belongs to.
struct TopologyPicture {
  /// A node in the picture.
  struct Box {
    /// The node's name.
    var name: String
    /// Its type without what stands before the last dot.
    var type: String
    /// What else is said of it: how many there are, what stands for it.
    var note: String?
    /// The node that it is hosted on.
    var parent: Int?
    /// The nodes that are hosted on it, in order.
    var children: [Int] = []
    /// The groups that it is in, by number.
    var groups: [Int] = []
    /// The policies that apply to it, by number.
    var policies: [Int] = []
  }

  /// A relationship in the picture.
  struct Arrow {
    /// The node that it starts from.
    var source: Int
    /// The node that it leads to.
    var target: Int
    /// The requirement.
    var label: String
  }

  /// The nodes, in the topology's order.
  var boxes: [Box]
  /// The relationships, those left out that are seen because one node is inside the other.
  var arrows: [Arrow]
  /// The groups' names with their types.
  var groups: [(name: String, type: String)]
  /// The policies' names with their types.
  var policies: [(name: String, type: String)]

  /// The nodes that are inside no other.
  var roots: [Int] { boxes.indices.filter { boxes[$0].parent == nil } }

  /// The picture of a topology.
  init(_ topology: Topology) {
    let numbers = Dictionary(topology.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    boxes = topology.nodes.map { node in
      var notes: [String] = []
      if let count = node.count { notes.append("× \(Self.number(count))") }
      if let substitution = node.substitution {
        notes.append("stands for \(substitution.topology.nodes.count) nodes")
      } else if !node.directives.isEmpty {
        notes.append(node.directives.joined(separator: ", "))
      }
      return Box(
        name: node.name, type: Self.short(node.type.name), note: notes.isEmpty ? nil : notes.joined(separator: ", "))
    }
    groups = topology.groups.map { ($0.name, Self.short($0.type.name)) }
    policies = topology.policies.map { ($0.name, Self.short($0.type.name)) }
    arrows = []
    for (number, group) in topology.groups.enumerated() {
      for member in group.members { numbers[member].map { boxes[$0].groups.append(number) } }
    }
    let members = Dictionary(topology.groups.map { ($0.name, $0.members) }) { first, _ in first }
    for (number, policy) in topology.policies.enumerated() {
      for target in policy.targets {
        for name in numbers[target.value] == nil ? members[target.value] ?? [] : [target.value] {
          if let box = numbers[name], boxes[box].policies.last != number { boxes[box].policies.append(number) }
        }
      }
    }
    place(topology, numbers)
  }

  /// Puts nodes into their hosts. Hosts in a circle, which is an error elsewhere, stay outside each other.
  private mutating func place(_ topology: Topology, _ numbers: [String: Int]) {
    for (source, node) in topology.nodes.enumerated() {
      for requirement in node.requirements {
        guard let target = numbers[requirement.target] else { continue }
        if boxes[source].parent == nil, target != source, Self.isHosting(requirement.relationship),
          !isInside(target, source)
        {
          boxes[source].parent = target
          boxes[target].children.append(source)
        } else {
          arrows.append(Arrow(source: source, target: target, label: requirement.name))
        }
      }
    }
  }

  private func isInside(_ box: Int, _ outer: Int) -> Bool {
    var current: Int? = box
    while let number = current {
      if number == outer { return true }
      current = boxes[number].parent
    }
    return false
  }

  /// Whether a relationship is one of the Simple Profile's `HostedOn`, or of a profile's own of that name.
  private static func isHosting(_ type: TypeReference) -> Bool {
    ([type.name] + type.ancestors).contains { short($0) == "HostedOn" }
  }

  /// A count as it is shown. (A function of its own, since the optimizer of Swift 6.3.1 fails on it within the closure
  /// that makes boxes.)
  private static func number(_ count: Value) -> String {
    if case .integer(let number) = count.content { return String(number) }
    return "?"
  }

  /// The last part of a type's name.
  static func short(_ name: String) -> String {
    name.split(whereSeparator: { $0 == "." || $0 == ":" }).last.map(String.init) ?? name
  }
}
