import TOSCA

extension Interpretation {
  /// Reads the nodes that become unikernels.
  mutating func readResources() {
    for node in topology.nodes where !externalNames.contains(node.name) {
      guard unikernels.contains(node.name) else {
        warn(
          "not-a-unikernel", at: node.place, "`\(node.name)` is a `\(node.type.name)`: nothing is run for it",
          expected: "a node of a type derived from `\(Vocabulary.Node.unikernel)`")
        continue
      }
      let connections = readConnections(of: node)
      let external = readExternalConnections(of: node)
      let applications = readApplications(of: node, connections: connections + external.map(\.name))
      let memory = amount(
        "memory", of: Properties(of: node), in: (1 << 20)...(4 << 30), unit: "bytes (1 MiB to 4 GiB)", required: true)
      let addressing = choice(
        "addressing", of: Properties(of: node), from: [Addressing.assigned.rawValue, Addressing.dhcp.rawValue])
      let endpoint = readEndpoint(of: node)
      let resolver = readResolver(of: node, applications: applications, connections: connections)
      if let memory { checkCapacity(of: node, applications: applications, memory: memory) }
      guard let memory, let endpoint else { continue }
      resources.append(
        Resource(
          name: node.name, type: node.type.name, applications: applications, endpoint: endpoint,
          connections: connections, externals: external, memoryBytes: memory,
          addressing: addressing.flatMap { Addressing(rawValue: $0.value) } ?? .assigned, resolver: resolver,
          place: node.place))
    }
    checkPublishedPorts()
    checkUnusedExternalServices()
  }

  private mutating func readConnections(of node: Node) -> [String] {
    var connections: [String] = []
    for requirement in node.requirements
    where Vocabulary.connectsTo.contains(where: { requirement.relationship.derives(from: $0) })
      && !externalNames.contains(requirement.target)
    {
      guard unikernels.contains(requirement.target) else {
        let type = topology.node(requirement.target).map { "is a `\($0.type.name)`" } ?? "does not exist"
        report(
          "unusable-backend", at: requirement.place,
          "`\(node.name)` connects to `\(requirement.target)`, which \(type)",
          expected: "a unikernel, or a node of type `\(Vocabulary.Node.externalService)`")
        continue
      }
      if !connections.contains(requirement.target) { connections.append(requirement.target) }
    }
    return connections
  }

  private func readExternalConnections(of node: Node) -> [ExternalService] {
    var found: [ExternalService] = []
    for requirement in node.requirements {
      guard let service = externals[requirement.target], !found.contains(service) else { continue }
      found.append(service)
    }
    return found
  }

  mutating func readEndpoint(of node: Node) -> ServiceEndpoint? {
    let endpoints = node.capabilities.filter { $0.value.type.derives(from: Vocabulary.endpoint) }
    guard let (name, capability) = endpoints.min(by: { $0.key < $1.key }) else {
      report(
        "no-endpoint", at: node.place, "`\(node.name)` has no endpoint",
        expected: "a capability of type `\(Vocabulary.endpoint)`")
      return nil
    }
    let properties = Properties(
      capability.properties, holder: "the capability `\(name)` of `\(node.name)`", place: node.place)
    let before = findings.count
    let port = integer("port", of: properties, in: 1...65_535, required: true)
    let network = choice("network_name", of: properties, from: ["PRIVATE", "PUBLIC"])
    let published = integer("published_port", of: properties, in: 1...65_535)
    guard findings.count == before, let port else { return nil }
    let isPublic = network?.value == "PUBLIC"
    if published != nil, !isPublic {
      report(
        "published-private-endpoint", at: properties.values["published_port"]?.place ?? node.place,
        "the endpoint of `\(node.name)` is private, but has a `published_port`", expected: "`network_name: PUBLIC`")
      return nil
    }
    return ServiceEndpoint(port: port, isPublic: isPublic, publishedPort: published)
  }

  private mutating func checkPublishedPorts() {
    var first: [Int: Resource] = [:]
    for resource in resources {
      guard let port = resource.endpoint.publishedPort else { continue }
      if let earlier = first[port] {
        report(
          "duplicate-port", at: resource.place,
          "`\(resource.name)` is published on port \(port), as `\(earlier.name)` is", expected: "another port",
          related: [Finding.Related(place: earlier.place, message: "`\(earlier.name)` has the port")])
      } else {
        first[port] = resource
      }
    }
  }

  private mutating func checkCapacity(of node: Node, applications: [ApplicationPart], memory: Int) {
    for part in applications {
      let capacity: Int
      switch part {
      case .keyValue(_, let bytes), .handler(_, _, let bytes, _): capacity = bytes
      case .staticSite, .reverseProxy, .serverProxy, .streamProxy: continue
      }
      guard capacity >= memory else { continue }
      report(
        "invalid-value", at: node.properties["capacity"]?.place ?? node.place,
        "the `capacity` of `\(node.name)` does not fit into its `memory` of \(memory) bytes",
        expected: "less than the memory")
      return
    }
  }
}
