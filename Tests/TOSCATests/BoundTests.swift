import Foundation
import Testing

@testable import TOSCA

/// What happens at the bounds. The inputs are small, and what they stand for would not fit into any machine: that these
/// tests end at all is what they are about.
@Suite("bounds", .timeLimit(.minutes(2)))
struct BoundTests {
  private static let topology = "topology_template: { node_templates: { n: { type: tosca.nodes.Root } } }\n"

  @Test("what a file's aliases stand for is bounded, at the number that is allowed")
  func aliases() throws {
    // Each `b` stands for 11 values: its list and ten in it.
    let text = service(
      "dsl_definitions: { a: &a [ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ], b: [ *a, *a ] }\n" + Self.topology)
    #expect(try Fixture(text).read(limits: Limits(aliasedNodes: 22)).findings.map(\.code) == [])
    #expect(try Fixture(text).read(limits: Limits(aliasedNodes: 21)).findings.map(\.code) == ["alias-bomb"])
    let merging = service(
      "dsl_definitions:\n  m0: &m0 { a: 1, b: 2, c: 3 }\n"
        + (1..<30).map { "  m\($0): &m\($0) { <<: [ *m\($0 - 1), *m\($0 - 1) ], k\($0): *m\($0 - 1) }\n" }.joined()
        + Self.topology)
    #expect(try Fixture(merging).read().findings.map(\.code) == ["alias-bomb"])
  }

  @Test("nesting is bounded, at the number that is allowed, in block and in flow style")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      service(
        "dsl_definitions: { x: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + " }\n"
          + Self.topology)
    }
    // The file's map and that of the definitions are two levels.
    #expect(try Fixture(nested(8)).read(limits: Limits(depth: 10)).findings.map(\.code).contains("too-deep") == false)
    #expect(try Fixture(nested(12)).read(limits: Limits(depth: 10)).findings.map(\.code) == ["too-deep"])
    let block = service("dsl_definitions:\n" + (1..<2_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined())
    #expect(try Fixture(block).read().findings.map(\.code) == ["too-deep"])
  }

  @Test("findings are bounded, and the last one says how many were left out")
  func findings() throws {
    let text = service(Self.topology + (0..<50).map { "x\($0): 1\n" }.joined())
    let all = try Fixture(text).read(limits: Limits(findings: 50))
    #expect(all.findings.map(\.code) == Array(repeating: "unknown-key", count: 50))
    let fewer = try Fixture(text).read(limits: Limits(findings: 49))
    #expect(fewer.findings.count == 50)
    #expect(fewer.findings.last?.code == "too-many-findings")
    #expect(fewer.hasErrors)
  }

  @Test("types may derive from a hundred others, and no more")
  func derivations() throws {
    func chain(_ count: Int) -> String {
      service(
        "node_types:\n  T0: {}\n" + (1...count).map { "  T\($0): { derived_from: T\($0 - 1) }\n" }.joined()
          + Self.topology)
    }
    #expect(try Fixture(chain(100)).read().findings.map(\.code) == [])
    let deeper = try Fixture(chain(101)).read()
    #expect(deeper.findings.map(\.code) == ["too-deep"])
    #expect(deeper.findings.first?.place.line == 104)
    #expect(try Fixture(chain(20_000)).read().findings.contains { $0.code == "too-deep" })
  }

  @Test("files that import each other under prefixes have names without end, which are bounded")
  func names() throws {
    var files: [String: String] = [:]
    let count = 12
    for file in 0..<count {
      let imports = (0..<count).filter { $0 != file }.map { "{ file: f\($0).yaml, namespace_prefix: p\($0) }" }
      let types = (0..<20).map { "T\($0): {}" }.joined(separator: ", ")
      files["f\(file).yaml"] = service("imports: [ \(imports.joined(separator: ", ")) ]\nnode_types: { \(types) }\n")
    }
    #expect(try Fixture(files).read("f0.yaml").findings.contains { $0.code == "too-many-names" })
  }

  @Test("a long line, a long key and many keys take no more time than their length")
  func lengths() throws {
    let key = String(repeating: "k", count: 100_000)
    #expect(try Fixture(service("? \(key)\n: 1\n" + Self.topology)).read().findings.map(\.code) == ["unknown-key"])
    let keys = (0..<20_000).map { "k\($0): 1" }.joined(separator: ", ")
    #expect(try Fixture(service("metadata: { \(keys) }\n" + Self.topology)).read().topology != nil)
    let lines = service(String(repeating: "# comment\n", count: 200_000) + Self.topology)
    #expect(try Fixture(lines).read().topology != nil)
  }

  @Test("a pattern that backtracks elsewhere is matched in one pass")
  func patterns() throws {
    let long = String(repeating: "a", count: 100_000) + "!"
    let text = service(
      """
      topology_template:
        inputs: { i: { type: string, default: \(long), constraints: [ { pattern: '(a+)+(a|aa)*$' } ] } }
        node_templates: {}

      """)
    #expect(try Fixture(text).read().findings.map(\.code).contains("constraint-violated"))
  }
}
