import TOSCA
import Testing

@Suite("suggestions")
struct SuggestionTests {
  @Test(
    "the distance counts insertions, deletions, substitutions and exchanges",
    arguments: [
      ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("abc", "abd", 1), ("abc", "acb", 1), ("kitten", "sitting", 3),
      ("properties", "propertis", 1), ("größe", "grösse", 2),
    ])
  func distance(one: String, other: String, expected: Int) {
    #expect(editDistance(one, other) == expected)
    #expect(editDistance(other, one) == expected)
  }

  @Test(
    "the nearest known name is suggested, and nothing that is far",
    arguments: [
      ("propertis", "properties"), ("Properties", "properties"), ("requirments", "requirements"), ("xyz", nil),
      ("sectosca.node.Compute", "tosca.nodes.Compute"), ("", nil),
    ])
  func near(name: String, expected: String?) {
    #expect(nearest(name, among: ["properties", "requirements", "type", "tosca.nodes.Compute"]) == expected)
  }
}
