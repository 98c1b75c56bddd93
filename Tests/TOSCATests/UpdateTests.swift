import Testing

@testable import TOSCA

@Suite("the order of nodes, and what leads from one topology to another")
struct UpdateTests {
  /// A topology of nodes with their targets, and a property.
  private func topology(_ nodes: [(name: String, port: Int, targets: [String])]) throws -> Topology {
    var text = """
      node_types:
        N:
          derived_from: tosca.nodes.Root
          properties: { port: { type: integer } }
      topology_template:
        node_templates:

      """
    for node in nodes {
      text += "    \(node.name): { type: N, properties: { port: \(node.port) }, requirements: ["
      text += node.targets.map { "dependency: \($0)" }.joined(separator: ", ") + "] }\n"
    }
    let result = try Fixture(service(text)).read()
    return try #require(result.topology, "\(result.errors)")
  }

  @Test("nodes that depend on nothing come first, and what depends on nothing else comes with them")
  func order() throws {
    let order = try topology([("app", 1, ["db", "cache"]), ("db", 1, ["disk"]), ("cache", 1, []), ("disk", 1, [])])
      .dependencyOrder()
    #expect(order.waves == [["cache", "disk"], ["db"], ["app"]])
    #expect(order.cycles == [])
  }

  @Test("a circle is named, and the order is still one of all nodes")
  func cycle() throws {
    let order = try topology([("a", 1, ["b"]), ("b", 1, ["c"]), ("c", 1, ["a"]), ("d", 1, ["a"])]).dependencyOrder()
    #expect(order.cycles == [["a", "b", "c"]])
    #expect(order.names == ["c", "b", "a", "d"])
  }

  @Test("a topology and itself are unchanged, wherever it is written")
  func unchanged() throws {
    let one = try topology([("a", 1, ["b"]), ("b", 1, [])])
    let other = try topology([("b", 1, []), ("a", 1, ["b"])])
    let update = TopologyUpdate(from: one, to: other)
    #expect(update.isEmpty)
    #expect((update.nodes + update.relationships).allSatisfy { $0.category == .unchanged })
  }

  @Test("what is obsolete is deleted from its dependants on, then what is new is made from what it depends on")
  func stages() throws {
    let old = try topology([("app", 80, ["db"]), ("db", 1, ["disk"]), ("disk", 1, [])])
    let new = try topology([("app", 8080, ["store"]), ("store", 1, ["disk"]), ("disk", 1, []), ("log", 1, [])])
    let update = TopologyUpdate(from: old, to: new)
    #expect(update.nodes(.unchanged) == ["disk"])
    #expect(update.nodes(.modified) == ["app"])
    #expect(update.nodes(.novel) == ["store", "log"])
    #expect(update.nodes(.obsolete) == ["db"])
    #expect(update.nodes.first { $0.node == "app" }?.differences == ["properties.port: 80 → 8080"])
    let stages = update.stages.map { stage in
      stage.map { operation in
        "\(operation.kind) \(operation.node)" + (operation.target.map { " → \($0)" } ?? "")
      }
    }
    #expect(
      stages == [
        ["delete app → db"], ["delete db → disk"], ["delete db"], ["create log"], ["create store"],
        ["create store → disk"], ["modify app"], ["create app → store"],
      ])
  }

  @Test("a node of another type is deleted and made anew, with its relationships")
  func replaced() throws {
    func read(_ type: String) throws -> Topology {
      let text =
        "topology_template: { node_templates: { a: { type: tosca.nodes.\(type) }, "
        + "b: { type: tosca.nodes.SoftwareComponent, requirements: [ dependency: a, host: c ] }, "
        + "c: { type: tosca.nodes.Compute } } }\n"
      return try #require(try Fixture(service(text)).read().topology)
    }
    let update = TopologyUpdate(from: try read("Compute"), to: try read("Root"))
    #expect(update.nodes(.novel) == ["a"])
    #expect(update.nodes(.obsolete) == ["a"])
    #expect(update.relationships.filter { $0.target == "a" }.map(\.category) == [.novel, .obsolete])
  }

  @Test("a secret that changes is not shown")
  func secret() throws {
    func read(_ password: String) throws -> Topology {
      let text = """
        node_types:
          N:
            derived_from: tosca.nodes.Root
            properties: { password: { type: string, metadata: { sensitive: true } } }
        topology_template: { node_templates: { n: { type: N, properties: { password: \(password) } } } }
        """
      return try #require(try Fixture(service(text)).read().topology)
    }
    let update = TopologyUpdate(from: try read("hunter22"), to: try read("hunter33"))
    #expect(update.nodes.first?.differences == ["properties.password: another value"])
  }

  @Test("what is done at once depends on nothing that is done at once or later, for many random graphs")
  func random() throws {
    var seed: UInt64 = 7
    func next(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    for _ in 0..<200 {
      let count = 1 + next(30)
      let graph = DirectedGraph((0..<count).map { _ in (0..<next(4)).map { _ in next(count) } })
      let (acyclic, cycles) = graph.acyclic()
      #expect((graph.cycle() == nil) == cycles.isEmpty)
      let waves = acyclic.waves()
      #expect(waves.flatMap(\.self).sorted() == Array(0..<count))
      var wave = [Int](repeating: 0, count: count)
      for (number, members) in waves.enumerated() { for member in members { wave[member] = number } }
      for (from, targets) in acyclic.successors.enumerated() { #expect(targets.allSatisfy { wave[$0] < wave[from] }) }
      for cycle in cycles {
        for (one, other) in zip(cycle, cycle.dropFirst() + cycle.prefix(1)) {
          #expect(graph.successors[one].contains(other))
        }
      }
    }
  }
}
