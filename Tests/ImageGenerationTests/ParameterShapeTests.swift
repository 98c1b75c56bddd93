import ImageGeneration
import Interchange
import Testing

@Suite("Shapes of parameters")
struct ParameterShapeTests {
  @Test("shapes are read as manifests write them")
  func reading() {
    #expect(ParameterShape("integer") == .integer)
    #expect(ParameterShape("list of list of text") == .list(.list(.text)))
    #expect(ParameterShape("map of bytes") == .map(.bytes))
    #expect(
      ParameterShape("map { name: text, roles?: list of text }")
        == .record([
          .init(name: "name", shape: .text), .init(name: "roles", shape: .list(.text), isOptional: true),
        ]))
  }

  @Test(
    "a shape is written as it is read", arguments: ["bytes", "list of map of integer", "map { a: text, b?: boolean }"])
  func writing(text: String) {
    #expect(ParameterShape(text)?.description == text)
  }

  @Test(
    "what is no shape is refused",
    arguments: [
      "", "number", "list", "list of", "map", "map {", "map { }", "map { a text }", "map { a: text", "text text",
      "map { a: text, }", String(repeating: "list of ", count: 50) + "text",
    ])
  func refusing(text: String) {
    #expect(ParameterShape(text) == nil)
  }

  @Test("a value has a shape or does not")
  func admitting() throws {
    let shape = try #require(ParameterShape("list of map { name: text, size?: integer }"))
    func item(_ fields: [ParameterField]) -> ParameterValue { .list([.map(fields)]) }
    #expect(shape.admits(.list([])))
    #expect(shape.admits(item([ParameterField("name", .text("a")), ParameterField("size", .integer(1))])))
    #expect(shape.admits(item([ParameterField("name", .text("a"))])))
    #expect(!shape.admits(item([ParameterField("size", .integer(1))])))
    #expect(!shape.admits(item([ParameterField("name", .integer(1))])))
    #expect(!shape.admits(item([ParameterField("name", .text("a")), ParameterField("other", .text("b"))])))
    #expect(!shape.admits(item([ParameterField("name", .text("a")), ParameterField("name", .text("b"))])))
    #expect(!shape.admits(.map([])))
  }
}
