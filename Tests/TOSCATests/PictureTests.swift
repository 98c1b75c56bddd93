import Foundation
import FoundationXML
import Testing

@testable import TOSCA

@Suite("pictures")
struct PictureTests {
  @Test("a host is drawn around what it hosts, in every language")
  func hosts() throws {
    let topology = try TopologyTests.read()
    let picture = TopologyPicture(topology)
    #expect(picture.boxes[0].children == [1, 2])
    #expect(picture.arrows.map(\.label) == ["dependency"])
    let dot = topology.dot()
    #expect(dot.contains("subgraph \"cluster machine\" {"))
    #expect(dot.contains("\"node front\" -> \"node back\" [label=\"dependency\"];"))
    let mermaid = topology.mermaid()
    #expect(mermaid.contains("  subgraph n0[\"machine<br/>Compute\"]\n    n1[\"front<br/>App, select\"]\n"))
    #expect(mermaid.contains("  n1 -->|\"dependency\"| n2\n"))
    #expect(mermaid.contains("  p0 -.-> n2\n"))
  }

  @Test("the SVG is XML, with each node inside its host, and no two beside each other that overlap")
  func svg() throws {
    let topology = try TopologyTests.read()
    let text = topology.svg()
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    for name in ["machine", "front", "back", "group all (Root)", "policy scale (Scaling)"] {
      #expect(text.contains(">\(name)<"))
    }
    let picture = TopologyPicture(topology)
    let layout = LayeredLayout(picture) { _ in (100, 50) }
    let frames = layout.frames
    for child in picture.boxes[0].children {
      #expect(frames[child].x >= frames[0].x && frames[child].y >= frames[0].y + 50)
      #expect(frames[child].x + frames[child].width <= frames[0].x + frames[0].width)
      #expect(frames[child].y + frames[child].height <= frames[0].y + frames[0].height)
    }
    // The source of an arrow stands to the left of its target.
    #expect(frames[1].x + frames[1].width < frames[2].x)
  }

  @Test("names that mean something to a language are escaped")
  func escaping() throws {
    let text = service(
      "topology_template: { node_templates: { 'a\"<b>&;#': { type: tosca.nodes.Root } } }\n")
    let topology = try #require(try Fixture(text).read().topology)
    #expect(topology.dot().contains("\"node a\\\"<b>&;#\""))
    #expect(topology.mermaid().contains("a#34;#60;b#62;#38;#59;#35;"))
    let svg = topology.svg()
    #expect(svg.contains("a&quot;&lt;b&gt;&amp;;#"))
    #expect(XMLParser(data: Data(svg.utf8)).parse())
  }

  @Test("a large topology is drawn without overlaps, wide rather than endlessly high")
  func large() throws {
    var nodes: [Node] = []
    let place = SourceRange(file: "x", line: 1, column: 1, endLine: 1, endColumn: 1)
    let root = TypeReference(name: "tosca.nodes.Root", ancestors: [])
    for number in 0..<1_000 {
      let target = number == 0 ? [] : ["n\(number / 3)"]
      nodes.append(
        Node(
          name: "n\(number)", type: root, properties: [:], capabilities: [:],
          requirements: target.map {
            Requirement(
              name: "r", target: $0, capability: nil,
              relationship: TypeReference(name: number % 5 == 0 ? "x.HostedOn" : "x.Uses", ancestors: []), place: place)
          }, artifacts: [:], place: place))
    }
    let topology = Topology(version: "tosca_2_0", nodes: nodes, root: ".")
    let picture = TopologyPicture(topology)
    let layout = LayeredLayout(picture) { _ in (100, 50) }
    let outer = picture.roots.map { layout.frames[$0] }
    for (index, one) in outer.enumerated() {
      for other in outer[..<index] {
        let apart =
          one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y
          || other.y + other.height <= one.y
        #expect(apart)
      }
    }
    #expect(topology.svg().utf8.count > 100_000)
    #expect(topology.mermaid().split(separator: "\n").count > 1_000)
  }
}
