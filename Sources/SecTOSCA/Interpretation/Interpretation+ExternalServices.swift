import TOSCA

extension Interpretation {
  /// Reads the nodes that stand for what runs already.
  mutating func readExternalServices() {
    var count = 0
    for node in topology.nodes where node.type.derives(from: Vocabulary.Node.externalService) {
      guard count < ExternalService.maximumCount else {
        report(
          "too-many-external-services", at: node.place,
          "`\(node.name)` is one external service too many", expected: "at most \(ExternalService.maximumCount)")
        return
      }
      let accessPort = ExternalService.firstAccessPort + count
      count += 1
      externalNames.insert(node.name)
      let address = readExternalAddress(of: node)
      let security = readServerTrust(of: node)
      let isExclusive = flag("exclusive", of: Properties(of: node)) ?? false
      guard let address, let endpoint = readEndpoint(of: node) else { continue }
      guard !endpoint.isPublic else {
        report(
          "published-external-service", at: node.place,
          "the endpoint of `\(node.name)` is public, but nothing is published for an external service",
          expected: "a unikernel in front of it that is public")
        continue
      }
      externals[node.name] = ExternalService(
        name: node.name, address: address, port: endpoint.port, accessPort: accessPort, isExclusive: isExclusive,
        security: security, place: node.place)
    }
  }

  private mutating func readExternalAddress(of node: Node) -> String? {
    guard let address = text("address", of: Properties(of: node), required: true) else { return nil }
    let parts = address.value.split(separator: ".", omittingEmptySubsequences: false)
    let isAddress =
      parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { 0x30...0x39 ~= $0 } && (part == "0" || part.first != "0")
          && Int(part).map { 0...255 ~= $0 } == true
      }
    // 0.0.0.0, multicast and broadcast are nobody's address.
    guard isAddress, let first = Int(parts[0]), 1...223 ~= first else {
      report(
        "invalid-value", at: address.place, "`address` of `\(node.name)` is `\(address.value)`",
        expected: "the IPv4 address of a host, such as `127.0.0.1`")
      return nil
    }
    return address.value
  }

  /// Warns of external services that nothing connects to.
  mutating func checkUnusedExternalServices() {
    let used = Set(resources.flatMap(\.externals).map(\.name))
    for service in externals.values.sorted(by: { $0.accessPort < $1.accessPort }) where !used.contains(service.name) {
      warn(
        "unused-external-service", at: service.place, "nothing connects to the external service `\(service.name)`",
        expected: "a unikernel with `backend: \(service.name)`")
    }
  }
}
