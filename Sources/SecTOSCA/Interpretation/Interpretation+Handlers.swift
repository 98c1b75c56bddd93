import TOSCA

/// The bounds of a handler, as its node has them.
struct HandlerBounds {
  var capacityBytes: Int
  var maximumSteps: Int
}

extension Interpretation {
  /// Reads a node that answers with a handler of the user's own. Without routes, the handler gets every request.
  mutating func readHandlerService(_ node: Node, connections: [String]) -> [ApplicationPart] {
    let properties = Properties(of: node)
    let capacity = amount(
      "capacity", of: properties, in: 4096...(4 << 30), unit: "bytes (4 KiB to 4 GiB)", required: true)
    let steps = integer("maximum_steps", of: properties, in: 1000...10_000_000_000, required: true)
    let handlers = node.artifacts.filter { $0.value.type.derives(from: Vocabulary.handlerArtifact) }
    guard let artifact = handlers.first?.value, handlers.count == 1 else {
      report(
        "missing-artifact", at: node.place,
        handlers.isEmpty
          ? "`\(node.name)` has no handler"
          : "`\(node.name)` has \(handlers.count) handlers: \(enumeration(handlers.keys.sorted()))",
        expected: "one artifact of type `\(Vocabulary.handlerArtifact)`")
      return []
    }
    let isUsable = checkHandler(artifact)
    guard let capacity, let steps, isUsable else { return [] }
    let bounds = HandlerBounds(capacityBytes: capacity, maximumSteps: steps)
    guard node.properties["routes"].map({ $0.content != .null }) == true else {
      return [
        .handler(
          prefix: "/", source: artifact.file, capacityBytes: bounds.capacityBytes, maximumSteps: bounds.maximumSteps)
      ]
    }
    let parts = readRoutes(of: node, connections: connections, handlerBounds: bounds)
    let isReached = parts.contains { if case .handler = $0 { true } else { false } }
    if !isReached, !parts.isEmpty {
      warn(
        "unused-handler", at: artifact.place, "no route of `\(node.name)` goes to its handler",
        expected: "a route with `handler: \(handlers.keys.first ?? "")`")
    }
    return parts
  }

  /// Reads a route to a handler.
  mutating func readHandlerRoute(
    _ route: Properties, prefix: String, node: Node, bounds: HandlerBounds?
  ) -> ApplicationPart? {
    guard let name = text("handler", of: route) else { return nil }
    for other in ["site", "backend", "server"] where route.values[other].map({ $0.content != .null }) == true {
      report(
        "invalid-value", at: name.place, "the route `\(prefix)` of `\(node.name)` has a `handler` and a `\(other)`",
        expected: "one of the two")
      return nil
    }
    guard let bounds else {
      report(
        "invalid-value", at: name.place,
        "`\(node.name)` is a `\(node.type.name)`, but a route of it names a handler",
        expected: "a node of type `\(Vocabulary.Node.handlerService)`")
      return nil
    }
    let handlers = node.artifacts.filter { $0.value.type.derives(from: Vocabulary.handlerArtifact) }
    guard let artifact = handlers[name.value] else {
      let other = node.artifacts[name.value].map { "is a `\($0.type.name)`" }
      report(
        "missing-artifact", at: name.place,
        "a route of `\(node.name)` goes to the artifact `\(name.value)`, which \(other ?? "the node does not have")",
        expected: "an artifact of type `\(Vocabulary.handlerArtifact)`",
        suggestion: nearest(name.value, among: handlers.keys.sorted()))
      return nil
    }
    return .handler(
      prefix: prefix, source: artifact.file, capacityBytes: bounds.capacityBytes, maximumSteps: bounds.maximumSteps)
  }

  /// What a route of a node may name besides its path.
  func destinations(of node: Node) -> String {
    node.type.derives(from: Vocabulary.Node.handlerService)
      ? "`handler`, `site`, `backend` or `server`" : "`site`, `backend` or `server`"
  }

  /// Whether the sources of a handler are there; what is wrong with them is reported.
  private mutating func checkHandler(_ artifact: Artifact) -> Bool {
    do {
      try files.checkSources(artifact.file)
      return true
    } catch {
      report(error, of: Located(artifact.file, at: artifact.place), expected: "a file or folder of Swift sources")
      return false
    }
  }
}
