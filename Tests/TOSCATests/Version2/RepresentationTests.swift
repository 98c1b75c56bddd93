import Testing

@testable import TOSCA

@Suite("TOSCA 2.0: the nodes of templates with a count (14)")
struct RepresentationTests {
  private static let types = """
    tosca_definitions_version: tosca_2_0
    capability_types: { C: {} }
    relationship_types: { R: { properties: { n: { type: integer, required: false } } } }
    node_types:
      Right: { properties: { p: { type: integer, default: 7 } }, capabilities: { c: C } }
      Left:
        properties: { place: { type: string, required: false }, peer: { type: integer, required: false } }
        requirements: [ { uses: { capability: C, relationship: R } } ]

    """

  private func read(_ template: String, inputs: [String: String] = [:], limits: Limits = Limits()) throws -> ReadResult
  {
    let fixture = try Fixture(Self.types + "service_template:\n" + template)
    return fixture.read(inputs: inputs, limits: limits)
  }

  private func links(_ result: ReadResult) -> [String] {
    result.topology?.nodes.flatMap { node in node.requirements.map { "\(node.name) → \($0.target)" } } ?? []
  }

  @Test("each is a node of its own, with values of its index")
  func nodes() throws {
    let result = try read(
      """
        inputs:
          places: { type: list, entry_schema: string, default: [ x, y, z ] }
          number: { type: integer, default: 3 }
        node_templates:
          right: { type: Right }
          left:
            type: Left
            count: { $get_input: number }
            properties: { place: { $get_input: [ places, $node_index ] } }
            requirements: [ uses: right ]
        outputs:
          second: { value: { $get_property: [ left, 1, place ] } }
        groups: { g: { type: G, members: [ left, right ] } }
      group_types: { G: { members: [ Left, Right ] } }
      """)
    #expect(result.findings.map(\.message) == [])
    let topology = try #require(result.topology)
    #expect(topology.nodes.map(\.name) == ["right", "left[0]", "left[1]", "left[2]"])
    #expect(topology.nodes.map(\.template) == [nil, "left", "left", "left"])
    #expect(topology.nodes.map(\.index) == [nil, 0, 1, 2])
    #expect(topology.nodes.dropFirst().map { $0.properties["place"]?.string } == ["x", "y", "z"])
    #expect(links(result) == ["left[0] → right", "left[1] → right", "left[2] → right"])
    #expect(topology.outputs["second"]?.string == "y")
    #expect(topology.groups.first?.members == ["left[0]", "left[1]", "left[2]", "right"])
    #expect(topology.json().contains("\"template\": \"left\",\n      \"index\": 2,"))
  }

  @Test(
    "requirements lead to the node with the index that is given, or take turns",
    arguments: [
      ("[ right, $node_index ]", 2, ["left[0] → right[0]", "left[1] → right[1]"]),
      ("[ right, 1 ]", 2, ["left[0] → right[1]", "left[1] → right[1]"]),
      ("right", 3, ["left[0] → right[0]", "left[1] → right[1]"]),
      ("right", 1, ["left[0] → right[0]", "left[1] → right[0]"]),
      (
        "{ node: right, count: 2 }", 3,
        ["left[0] → right[0]", "left[0] → right[1]", "left[1] → right[2]", "left[1] → right[0]"]
      ),
      (
        "{ node: Right, count: 2 }", 2,
        ["left[0] → right[0]", "left[0] → right[1]", "left[1] → right[0]", "left[1] → right[1]"]
      ),
      (
        "{ node: [ right, $relationship_index ], count: 2 }", 2,
        ["left[0] → right[0]", "left[0] → right[1]", "left[1] → right[0]", "left[1] → right[1]"]
      ),
    ])
  func requirements(target: String, number: Int, expected: [String]) throws {
    let result = try read(
      """
        inputs: { number: { type: integer } }
        node_templates:
          right: { type: Right, count: { $get_input: number } }
          left: { type: Left, count: 2, requirements: [ uses: \(target) ] }
      """, inputs: ["number": String(number)])
    #expect(result.findings.map(\.message) == [])
    #expect(links(result) == expected)
  }

  @Test("each relationship has the values of its index")
  func relationshipIndex() throws {
    let result = try read(
      """
        node_templates:
          right: { type: Right, count: 2 }
          left:
            type: Left
            requirements:
              - uses: { node: right, count: 2, relationship: { type: R, properties: { n: $relationship_index } } }
      """)
    #expect(result.findings.map(\.message) == [])
    let requirements = result.topology?.node("left")?.requirements ?? []
    #expect(requirements.map { $0.properties["n"]?.integer } == [0, 1])
    #expect(requirements.map(\.target) == ["right[0]", "right[1]"])
  }

  @Test("a count that is not known yet leaves one node that says so, and 0 leaves none")
  func others() throws {
    let unknown = try read(
      """
        inputs: { number: { type: integer } }
        node_templates: { right: { type: Right, count: { $get_input: number } } }
      """)
    #expect(unknown.topology?.nodes.map(\.name) == ["right"])
    #expect(unknown.topology?.nodes.first?.count != nil)
    let none = try read(
      """
        node_templates:
          right: { type: Right, count: 0 }
          left: { type: Left, requirements: [ uses: right ] }
      """)
    #expect(none.topology?.nodes.map(\.name) == ["left"])
    #expect(none.topology?.nodes.first?.danglingRequirements.map(\.name) == ["uses"])
    #expect(none.findings.map(\.code) == ["unfulfilled-requirement"])
  }

  @Test("an index beyond the count is an error, and so is one on a path")
  func beyond() throws {
    let result = try read(
      """
        node_templates:
          right: { type: Right, count: 2 }
          left:
            type: Left
            properties: { peer: { $get_property: [ right, 2, p ] } }
            requirements: [ uses: [ right, 2 ] ]
      """)
    #expect(result.findings.map(\.code).sorted() == ["unknown-target", "wrong-path"])
  }

  @Test("more nodes than a reading spells out stay one, with a warning")
  func bounded() throws {
    var limits = Limits()
    limits.representations = 10
    let result = try read("  node_templates: { right: { type: Right, count: 11 } }\n", limits: limits)
    #expect(result.findings.map(\.code) == ["too-many-nodes"])
    #expect(result.topology?.nodes.first?.count?.integer == 11)
  }

  @Test("an update makes and removes the nodes that a count adds and takes away")
  func update() throws {
    let two = try #require(try read("  node_templates: { right: { type: Right, count: 2 } }\n").topology)
    let three = try #require(try read("  node_templates: { right: { type: Right, count: 3 } }\n").topology)
    let changes = TopologyUpdate(from: two, to: three).nodes
    #expect(
      changes.map { "\($0.node) \($0.category)" } == ["right[0] unchanged", "right[1] unchanged", "right[2] novel"])
  }

  private static let rooms = """
    tosca_definitions_version: tosca_2_0
    capability_types: { C: { properties: { slots: { type: integer }, load: { type: float, required: false } } } }
    relationship_types: { R: {} }
    node_types:
      Host: { capabilities: { c: C } }
      Guest: { requirements: [ { host: { capability: C, relationship: R } } ] }
    service_template:
      inputs: { sizes: { type: list, entry_schema: integer, default: [ 3, 1, 2 ] } }
      node_templates:
        host: { type: Host, count: 3, capabilities: { c: { properties: { slots: { $get_input: [ sizes, $node_index ] } } } } }

    """

  @Test(
    "what is taken of a node is held against what that node has",
    arguments: [
      // By index: what fits, and what does not.
      ("{ type: Guest, requirements: [ host: { node: [ host, 0 ], allocation: { slots: 3 } } ] }", ["host[0]"], nil),
      ("{ type: Guest, requirements: [ host: { node: [ host, 1 ], allocation: { slots: 2 } } ] }", nil, "host[1]"),
      (
        "{ type: Guest, count: 2, requirements: [ host: { node: [ host, 2 ], allocation: { slots: 1 } } ] }",
        ["host[2]", "host[2]"], nil
      ),
      (
        "{ type: Guest, count: 3, requirements: [ host: { node: [ host, 2 ], allocation: { slots: 1 } } ] }", nil,
        "host[2]"
      ),
      // By turns, past those that have too little left.
      (
        "{ type: Guest, count: 2, requirements: [ host: { node: host, allocation: { slots: 2 } } ] }",
        ["host[0]", "host[2]"], nil
      ),
      (
        "{ type: Guest, count: 6, requirements: [ host: { node: host, allocation: { slots: 1 } } ] }",
        ["host[0]", "host[1]", "host[2]", "host[0]", "host[2]", "host[0]"], nil
      ),
      ("{ type: Guest, requirements: [ host: { node: host, allocation: { slots: 4 } } ] }", nil, "no node"),
      (
        "{ type: Guest, requirements: [ host: { node: host, count: 3, allocation: { slots: 1, load: 0.5 } } ] }",
        ["host[0]", "host[1]", "host[2]"], nil
      ),
    ] as [(String, [String]?, String?)])
  func rooms(guest: String, targets: [String]?, mistake: String?) throws {
    let result = try Fixture(Self.rooms + "    guest: " + guest + "\n").read()
    if let targets {
      #expect(result.findings == [])
      let requirements = result.topology?.nodes.filter { $0.name.hasPrefix("guest") }.flatMap(\.requirements) ?? []
      #expect(requirements.map(\.target) == targets)
    } else {
      let finding = try #require(result.findings("allocation-exceeded").first)
      #expect(finding.severity == .error)
      #expect(finding.message.contains(mistake ?? ""))
    }
  }

  @Test("where others may have taken what is needed, a warning says so")
  func left() throws {
    let guests = """
          first: { type: Guest, count: 2, requirements: [ host: { node: host, allocation: { slots: 2 } } ] }
          second: { type: Guest, requirements: [ host: { node: host, allocation: { slots: 2 } } ] }

      """
    let result = try Fixture(Self.rooms + guests).read()
    #expect(result.errors == [])
    #expect(result.findings("allocation-exceeded").map(\.severity) == [.warning])
  }

  @Test("what all nodes have together is exceeded once")
  func together() throws {
    let text = Self.rooms.replacing("{ $get_input: [ sizes, $node_index ] }", with: "1")
    let result = try Fixture(
      text + "    g: { type: Guest, count: 4, requirements: [ host: { node: host, allocation: { slots: 1 } } ] }\n"
    ).read()
    #expect(result.errors.count == 1)
    #expect(result.findings("allocation-exceeded").count == 1)
  }
}
