/// Shares out what the nodes of one template have among the relationships that take of it (2.0, 8.5.5 and 14). A
/// relationship whose assignment gives the index of its target leads there. The others lead to the node whose turn it is,
/// or, where that has too little left, to the next one that has enough.
struct AllocationPlan {
  /// What one relationship takes of a node of a template with several.
  struct Claim {
    /// The node that takes it, by the name of its template and its index, and which of its requirements it is.
    var source: (template: String, index: Int?, requirement: Int)
    /// The target's template, and the capability.
    var target: CapabilityKey
    /// Whether the assignment gives the index of the target.
    var isFixed: Bool
    /// How much of which properties, in the base unit, and where that is written.
    var amounts: [(property: String, amount: Double, place: Place)]
  }

  /// A relationship for which there is too little.
  struct Shortage {
    /// What is taken.
    var claim: Claim
    /// The property, and where the allocation of it is written.
    var property: (name: String, place: Place)
    /// The node that it leads to; nil where no node of the template has enough.
    var node: String?
    /// Whether no node of the template would have enough, if it were the only one to take of it.
    var isTooMuch: Bool
  }

  /// The relationships, in the order of the topology's nodes.
  var claims: [Claim] = []
  /// How many nodes may be looked at for all relationships together.
  private var steps: Int
  private var left: [Key: Double] = [:]
  private var failed: [CapabilityKey: [[String: Double]]] = [:]

  private struct Key: Hashable {
    var node: Int
    var capability: String
    var property: String
  }

  /// No relationships yet.
  init(steps: Int) { self.steps = steps }

  /// Shares out, and gives what does not fit. Requirements that do not lead to the node whose turn it is are moved.
  mutating func apply(to nodes: inout [Node]) -> [Shortage] {
    guard !claims.isEmpty else { return [] }
    var positions: [String: Int] = [:]
    var members: [String: [Int]] = [:]
    for (position, node) in nodes.enumerated() {
      positions[node.name] = position
      if let template = node.template { members[template, default: []].append(position) }
    }
    var shortages: [Shortage] = []
    for isFixed in [true, false] {
      for claim in claims where claim.isFixed == isFixed {
        let name = claim.source.index.map { TopologyBuilder.name(claim.source.template, $0) } ?? claim.source.template
        guard let source = positions[name], nodes[source].requirements.indices.contains(claim.source.requirement),
          let turn = positions[nodes[source].requirements[claim.source.requirement].target],
          let template = nodes[turn].template, let group = members[template]
        else { continue }
        if let shortage = shortage(of: claim, at: turn, nodes) {
          guard !isFixed else {
            shortages.append(
              Shortage(
                claim: claim, property: shortage, node: nodes[turn].name,
                isTooMuch: exceeds(claim, nodes[turn])))
            continue
          }
          guard let other = place(claim, after: turn, group, nodes) else {
            if steps > 0 {
              shortages.append(
                Shortage(
                  claim: claim, property: shortage, node: nil,
                  isTooMuch: group.allSatisfy { exceeds(claim, nodes[$0]) }))
            }
            continue
          }
          nodes[source].requirements[claim.source.requirement].target = nodes[other].name
          take(claim, at: other, nodes)
        } else {
          take(claim, at: turn, nodes)
        }
      }
    }
    return shortages
  }

  /// The next node of the same template that has enough left.
  private mutating func place(_ claim: Claim, after turn: Int, _ group: [Int], _ nodes: [Node]) -> Int? {
    let wanted = Dictionary(claim.amounts.map { ($0.property, $0.amount) }) { first, _ in first }
    // What did not fit before does not fit now, and nothing larger does.
    let before = failed[claim.target] ?? []
    steps -= before.count
    let isHopeless = before.contains { smaller in
      smaller.allSatisfy { property, amount in (wanted[property] ?? 0) >= amount }
    }
    guard !isHopeless else { return nil }
    let start = nodes[turn].index ?? 0
    for offset in 1..<max(group.count, 2) {
      steps -= 1
      guard steps > 0 else { return nil }
      let candidate = group[(start + offset) % group.count]
      if shortage(of: claim, at: candidate, nodes) == nil { return candidate }
    }
    failed[claim.target, default: []].append(wanted)
    return nil
  }

  /// The first property of which a node has too little left.
  private func shortage(of claim: Claim, at position: Int, _ nodes: [Node]) -> (name: String, place: Place)? {
    claim.amounts.first { property, amount, _ in
      let key = Key(node: position, capability: claim.target.capability, property: property)
      guard let room = left[key] ?? Self.room(nodes[position], key) else { return false }
      return amount > room
    }.map { ($0.property, $0.place) }
  }

  private mutating func take(_ claim: Claim, at position: Int, _ nodes: [Node]) {
    for (property, amount, _) in claim.amounts {
      let key = Key(node: position, capability: claim.target.capability, property: property)
      guard let room = left[key] ?? Self.room(nodes[position], key) else { continue }
      left[key] = room - amount
    }
  }

  /// Whether a node has less than what is taken, were it taken by nothing else.
  private func exceeds(_ claim: Claim, _ node: Node) -> Bool {
    claim.amounts.contains { property, amount, _ in
      Self.room(node, Key(node: 0, capability: claim.target.capability, property: property)).map { amount > $0 }
        ?? false
    }
  }

  /// What a node has of a property of a capability; nil where that is not known yet, or not bounded.
  private static func room(_ node: Node, _ key: Key) -> Double? {
    let value = node.capabilities[key.capability]?.properties[key.property]
    return value.flatMap { $0.amount ?? $0.number }
  }
}

extension TopologyBuilder {
  /// Notes what a relationship takes of a node, where several are made of its template.
  func noteClaim(
    _ relationship: Requirement, _ allocation: OrderedMap<PropertyAssignment>, of source: Int, target: Int,
    position: Int
  ) {
    guard representations(of: target) != nil, relationship.count == nil, let capability = relationship.capability else {
      return
    }
    var amounts: [(property: String, amount: Double, place: Place)] = []
    for (property, assigned) in allocation {
      // An amount that is not known yet takes nothing that could be compared.
      guard let value = relationship.allocation[property], let amount = value.amount ?? value.number else { continue }
      amounts.append((property, amount, assigned.name.place))
    }
    guard !amounts.isEmpty else { return }
    allocations.claims.append(
      AllocationPlan.Claim(
        source: (
          scope.nodes[source].template.name.text,
          representations(of: source) == nil ? nil : scope.representation?.index, position
        ),
        target: CapabilityKey(node: target, capability: capability), isFixed: relationship.targetIndex != nil,
        amounts: amounts))
  }

  /// Leads relationships to nodes that have what they take, and reports those for which there is too little.
  func shareOut(_ nodes: inout [Node]) {
    for shortage in allocations.apply(to: &nodes) {
      let template = scope.nodes[shortage.claim.target.node].template.name.text
      // The template's nodes together have too little, which is reported already.
      guard !exceeded.contains("\(shortage.claim.target.capability)\u{0}\(shortage.property.name)\u{0}\(template)")
      else {
        continue
      }
      let what = "`\(shortage.property.name.excerpt)`"
      findings.report(
        "allocation-exceeded", shortage.node == nil && !shortage.isTooMuch ? .warning : .error,
        at: shortage.property.place,
        shortage.node.map { "more is allocated of \(what) of `\($0.excerpt)` than it has" }
          ?? "no node of `\(template.excerpt)` has this much of \(what)\(shortage.isTooMuch ? "" : " left")",
        expected: "allocations that sum up to what the capability of each node has (TOSCA 2.0, 8.5.5)")
    }
  }
}
