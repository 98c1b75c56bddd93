import TOSCA

extension Interpretation {
  /// Reads what a unikernel runs.
  mutating func readApplications(of node: Node, connections: [String]) -> [ApplicationPart] {
    let properties = Properties(of: node)
    if node.type.derives(from: Vocabulary.Node.webService) || node.type.derives(from: Vocabulary.Node.reverseProxy) {
      return readRoutes(of: node, connections: connections)
    }
    if node.type.derives(from: Vocabulary.Node.staticSite) {
      guard let prefix = readPrefix(of: properties), let folder = readOnlySite(of: node) else { return [] }
      return [.staticSite(prefix: prefix, folder: folder)]
    }
    if node.type.derives(from: Vocabulary.Node.keyValueService) {
      let capacity = amount(
        "capacity", of: properties, in: 4096...(4 << 30), unit: "bytes (4 KiB to 4 GiB)", required: true)
      guard let prefix = readPrefix(of: properties), let capacity else { return [] }
      return [.keyValue(prefix: prefix, capacityBytes: capacity)]
    }
    if node.type.derives(from: Vocabulary.Node.handlerService) {
      return readHandlerService(node, connections: connections)
    }
    if node.type.derives(from: Vocabulary.Node.streamProxy) {
      return readStreamProxy(node, connections: connections)
    }
    report(
      "no-application", at: node.place, "`\(node.name)` is a `\(node.type.name)`, which runs no application",
      expected: "a node of type \(enumeration(Vocabulary.Node.runnable, last: "or"))")
    return []
  }

  private mutating func readPrefix(of properties: Properties) -> String? {
    guard let prefix = text("prefix", of: properties, required: true) else { return nil }
    return pathPrefix(prefix, "`prefix` of \(properties.holder)")
  }

  mutating func readRoutes(
    of node: Node, connections: [String], handlerBounds: HandlerBounds? = nil
  ) -> [ApplicationPart] {
    guard let routes = list("routes", of: Properties(of: node), required: true) else { return [] }
    if routes.isEmpty {
      report(
        "no-application", at: node.properties["routes"]?.place ?? node.place, "`\(node.name)` has no routes",
        expected: "at least one route")
    }
    var parts: [ApplicationPart] = []
    var taken: [String: SourceRange] = [:]
    var usedBackends: Set<String> = []
    for route in routes {
      guard let properties = Properties(route, holder: "a route of `\(node.name)`") else {
        report(
          "invalid-value", at: route.place, "a route of `\(node.name)` is not a map",
          expected: "`path`, and \(destinations(of: node))")
        continue
      }
      guard let path = text("path", of: properties, required: true),
        let prefix = pathPrefix(path, "`path` of \(properties.holder)")
      else { continue }
      if let earlier = taken[prefix] {
        report(
          "duplicate-route", at: path.place, "`\(node.name)` has two routes for `\(prefix)`", expected: "another path",
          related: [Finding.Related(place: earlier, message: "the first route for the path")])
      } else {
        taken[prefix] = path.place
      }
      if route.map?.contains(where: { $0.key == "handler" }) == true {
        if let part = readHandlerRoute(properties, prefix: prefix, node: node, bounds: handlerBounds) {
          parts.append(part)
        }
      } else if let part = readDestination(of: properties, prefix: prefix, node: node, connections: connections) {
        parts.append(part)
        if case .reverseProxy(_, let backend, _) = part { usedBackends.insert(backend) }
        if case .serverProxy(_, let server) = part { usedBackends.insert(server.host) }
      }
    }
    for requirement in node.requirements
    where connections.contains(requirement.target) && usedBackends.insert(requirement.target).inserted {
      warn(
        "unused-connection", at: requirement.place,
        "`\(node.name)` may connect to `\(requirement.target)`, but no route goes there",
        expected: "a route with `backend: \(requirement.target)`")
    }
    return parts
  }

  private mutating func readDestination(
    of route: Properties, prefix: String, node: Node, connections: [String]
  ) -> ApplicationPart? {
    let site = text("site", of: route)
    let backend = text("backend", of: route)
    if backend == nil, let place = route.values["web_sockets"]?.place {
      report(
        "invalid-value", at: place, "the route `\(prefix)` of `\(node.name)` lets WebSockets through to no backend",
        expected: "`backend`")
    }
    if let server = text("server", of: route) {
      for other in ["site", "backend"] where route.values[other].map({ $0.content != .null }) == true {
        report(
          "invalid-value", at: server.place, "the route `\(prefix)` of `\(node.name)` has a `server` and a `\(other)`",
          expected: "one of the two")
        return nil
      }
      return readServer(server, prefix: prefix, of: node, connections: connections)
    }
    switch (site, backend) {
    case (let site?, nil):
      guard !node.type.derives(from: Vocabulary.Node.reverseProxy) else {
        report(
          "invalid-value", at: site.place, "`\(node.name)` is a reverse proxy, but a route of it names a site",
          expected: "`backend`, or a node of type `\(Vocabulary.Node.webService)`")
        return nil
      }
      return readSite(site, of: node).map { .staticSite(prefix: prefix, folder: $0) }
    case (nil, let backend?):
      let seconds = amount(
        "web_sockets", of: route, in: 1...86_400, unit: "seconds (1 s to 1 d)", required: false)
      return checkBackend(backend, of: node, connections: connections)
        ? .reverseProxy(prefix: prefix, backend: backend.value, webSocketSeconds: seconds) : nil
    case (nil, nil):
      if ["site", "backend", "server"].allSatisfy({ route.values[$0] == nil }) {
        report(
          "invalid-value", at: route.place, "the route `\(prefix)` of `\(node.name)` goes nowhere",
          expected: destinations(of: node))
      }
      return nil
    case (_?, let backend?):
      report(
        "invalid-value", at: backend.place, "the route `\(prefix)` of `\(node.name)` has a `site` and a `backend`",
        expected: "one of the two")
      return nil
    }
  }

  private mutating func checkBackend(_ backend: Located<String>, of node: Node, connections: [String]) -> Bool {
    if backend.value == node.name {
      report(
        "unusable-backend", at: backend.place, "a route of `\(node.name)` goes to itself", expected: "another node")
      return false
    }
    if connections.contains(backend.value) { return true }
    // A connection to something that cannot be run has been reported where it is written.
    if node.requirements.contains(where: { $0.target == backend.value }) { return false }
    report(
      "unknown-backend", at: backend.place,
      "a route of `\(node.name)` goes to `\(backend.value)`, which no `backend` requirement of it names",
      expected: connections.isEmpty
        ? "the requirement `backend: \(backend.value)` on `\(node.name)`" : enumeration(connections, last: "or"),
      suggestion: nearest(backend.value, among: connections))
    return false
  }

  private mutating func readSite(_ name: Located<String>, of node: Node) -> String? {
    let sites = node.artifacts.filter { $0.value.type.derives(from: Vocabulary.siteArtifact) }
    guard let artifact = sites[name.value] else {
      let other = node.artifacts[name.value].map { "is a `\($0.type.name)`" }
      report(
        "missing-artifact", at: name.place,
        "a route of `\(node.name)` serves the artifact `\(name.value)`, which \(other ?? "the node does not have")",
        expected: "an artifact of type `\(Vocabulary.siteArtifact)`",
        suggestion: nearest(name.value, among: sites.keys.sorted()))
      return nil
    }
    return checkSite(artifact)
  }

  private mutating func readOnlySite(of node: Node) -> String? {
    let sites = node.artifacts.filter { $0.value.type.derives(from: Vocabulary.siteArtifact) }
    guard let artifact = sites.first?.value, sites.count == 1 else {
      report(
        "missing-artifact", at: node.place,
        sites.isEmpty
          ? "`\(node.name)` has no site to serve"
          : "`\(node.name)` has \(sites.count) sites: \(enumeration(sites.keys.sorted()))",
        expected: "one artifact of type `\(Vocabulary.siteArtifact)`")
      return nil
    }
    return checkSite(artifact)
  }

  private mutating func checkSite(_ artifact: Artifact) -> String? {
    do {
      try files.checkFolder(artifact.file)
      return artifact.file
    } catch {
      report(error, of: Located(artifact.file, at: artifact.place), expected: "a folder of files")
      return nil
    }
  }
}
