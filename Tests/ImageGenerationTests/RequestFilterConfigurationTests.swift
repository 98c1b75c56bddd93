import Foundation
import ImageGeneration
import Interchange
import SecTOSCA
import Testing

@Suite("Configuration of request filters")
struct RequestFilterConfigurationTests {
  static let shapes = Portal.requirement(
    "shapes",
    .requestFilter(
      RequestFilter(
        rules: [
          RequestFilter.Rule(
            name: "one", status: 404, methods: ["PUT"], paths: ["/a"], sources: ["10.0.0.0/8"], present: ["x"],
            absent: ["y"], mediaTypes: ["text/*"], over: RequestFilter.Bounds(target: 1, headers: 0, body: 2),
            matches: [
              RequestFilter.Match(part: .header, header: "user-agent", patterns: ["(?i)evil", "^bad$"]),
              RequestFilter.Match(part: .decodedQuery, patterns: ["\\bworse\\b"]),
            ]),
          RequestFilter.Rule(name: "two", status: nil, paths: ["/open"]),
        ], ruleSets: [.commonAttacks], defaultStatus: 405)), line: 50)

  private func parameters(_ due: [SecurityRequirement]) throws -> [ByteString: ParameterValue] {
    let parameters = try Portal.parameters(Portal.orders, due).map(\.parameter).filter { $0.module == "request-filter" }
    return Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.value) })
  }

  @Test("parameters have the shapes that the manifest declares, and are the same each time")
  func shape() throws {
    let selection = try Portal.selection(Portal.orders, [Self.shapes])
    let module = try #require(selection.modules.first { $0.manifest.name == "request-filter" })
    let values = try parameters([Self.shapes])
    #expect(values.keys.sorted { $0.description < $1.description } == ["filters", "tables"])
    for (name, value) in values {
      let declared = try #require(module.manifest.parameter(name.description))
      #expect(declared.shape.admits(value) && declared.stage == .run, "\(name)")
    }
    #expect(try parameters([Self.shapes]) == values)
    #expect(try parameters([]).isEmpty)
    #expect(!(try Portal.selection(Portal.orders, []).modules.contains { $0.manifest.name == "request-filter" }))
    let filter = try #require(values["filters"]?.listValue?.first)
    #expect(filter["name"]?.textValue == "shapes" && filter["default"]?.integerValue == 405)
    let rules = try #require(filter["rules"]?.listValue)
    #expect(
      rules.first?["over"]
        == .map([
          ParameterField("target", .integer(1)), ParameterField("headers", .integer(0)),
          ParameterField("body", .integer(2)),
        ]))
    #expect(rules.dropFirst().first?["status"]?.integerValue == 0)
  }

  @Test("tables find in an image what the patterns say, in whatever pieces a text comes")
  func tables() throws {
    let values = try parameters([Self.shapes])
    let tables = try #require(values["tables"]?.listValue).map { try PatternTable($0.bytesValue ?? []) }
    let rule = try #require(values["filters"]?.listValue?.first?["rules"]?.listValue?.first)
    let matches = try #require(rule["matches"]?.listValue)
    func isFound(_ match: ParameterValue, _ text: String) -> Bool {
      (match["any"]?.listValue ?? []).contains { place in
        let table = tables[Int(place["table"]?.integerValue ?? -1)]
        var walk = PatternTable.Walk(table)
        for byte in text.utf8 { walk.step(byte, table) }
        return walk.end(table) & UInt32(place["bits"]?.integerValue ?? 0) != 0
      }
    }
    #expect(matches.first?["header"]?.textValue == "user-agent" && matches.first?["part"]?.textValue == "header")
    for (text, found) in [("an EVIL one", true), ("bad", true), ("not bad", false), ("ev il", false)] {
      #expect(isFound(matches[0], text) == found, "\(text)")
    }
    #expect(matches[1]["part"]?.textValue == "decoded-query")
    for (text, found) in [("a worse b", true), ("worse", true), ("worsen", false)] {
      #expect(isFound(matches[1], text) == found, "\(text)")
    }
  }
}
