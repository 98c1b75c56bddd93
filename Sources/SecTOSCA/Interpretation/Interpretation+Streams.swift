import TOSCA

/// What is in front of what does not speak HTTP.
extension Interpretation {
  /// Reads a node that passes connections on to its one backend.
  mutating func readStreamProxy(_ node: Node, connections: [String]) -> [ApplicationPart] {
    let before = findings.count
    let properties = Properties(of: node)
    let negotiation = choice(
      "negotiation", of: properties, from: StreamForwarding.Negotiation.allCases.map(\.rawValue)
    ).flatMap { StreamForwarding.Negotiation(rawValue: $0.value) }
    let cancelsInClear = flag("cancel_in_clear", of: properties) ?? false
    let maximum = integer("maximum_connections", of: properties, in: 1...65_536)
    let connect = amount("connect_timeout", of: properties, in: 1...600, unit: "seconds (1 s to 600 s)")
    let idle = amount("idle_timeout", of: properties, in: 1...604_800, unit: "seconds (1 s to 7 d)")
    if cancelsInClear, negotiation != .postgresql {
      report(
        "misplaced-property", at: properties.values["cancel_in_clear"]?.place ?? node.place,
        "`\(node.name)` lets requests to cancel in, of which it knows none", expected: "`negotiation: postgresql`")
    }
    let backends = connections.filter { $0 != node.name }
    guard backends.count == 1 else {
      // A connection to something that cannot be run has been reported where it is written.
      if !connections.isEmpty || node.requirements.isEmpty {
        report(
          "unusable-backend", at: node.place,
          backends.isEmpty
            ? "`\(node.name)` passes connections on to nobody" : "`\(node.name)` has \(backends.count) backends",
          expected: "one `backend` requirement, which names another node")
      }
      return []
    }
    guard findings.count == before else { return [] }
    return [
      .streamProxy(
        StreamForwarding(
          backend: backends[0], negotiation: negotiation ?? .none, cancelsInClear: cancelsInClear,
          maximumConnections: maximum ?? 1024, connectSeconds: connect ?? 5, idleSeconds: idle ?? 3600))
    ]
  }

  /// A limit on paths of what has none.
  mutating func checkPaths(of limit: RateLimit, policy: Policy, targets: [String]) {
    guard limit.paths != ["/"] else { return }
    for target in targets {
      guard let node = topology.node(target), node.type.derives(from: Vocabulary.Node.streamProxy) else { continue }
      report(
        "misplaced-property", at: policy.properties["paths"]?.place ?? policy.place,
        "`\(policy.name)` limits paths of `\(target)`, which passes connections on and knows no paths",
        expected: "no `paths`, or another target", related: [Finding.Related(place: node.place, message: "`\(target)`")]
      )
    }
  }
}
