import Foundation
import Testing

@testable import TOSCA

@Suite("SARIF")
struct SARIFTests {
  private func log(_ findings: [Finding], sources: [String: String] = [:], log: SARIFLog = SARIFLog()) throws
    -> [String: Any]
  {
    let text = log.text(findings, sources: sources)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func run(_ log: [String: Any]) throws -> [String: Any] {
    try #require((log["runs"] as? [[String: Any]])?.first)
  }

  private let finding = Finding(
    code: "unknown-key", place: SourceRange(file: "a b.yaml", line: 2, column: 3, endLine: 2, endColumn: 12),
    message: "unknown keyname `propertis`", expected: "one of `properties`", suggestion: "properties",
    related: [
      Finding.Related(
        place: SourceRange(file: "/lib/x.yaml", line: 1, column: 1, endLine: 1, endColumn: 2), message: "it begins here"
      )
    ])

  @Test("a log names its version and has a rule with a description for every kind")
  func rules() throws {
    let log = try log([])
    #expect(log["version"] as? String == "2.1.0")
    let run = try run(log)
    #expect(run["columnKind"] as? String == "unicodeCodePoints")
    #expect((run["results"] as? [Any])?.isEmpty == true)
    let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    let rules = try #require(driver["rules"] as? [[String: Any]])
    #expect(rules.count == FindingKind.all.count)
    let rule = try #require(rules.first { $0["id"] as? String == "unknown-key" })
    let help = try #require((rule["help"] as? [String: String])?["text"])
    #expect(help.contains("TOSCA 2.0, 5.1"))
  }

  @Test("a result has its rule, level, region, related places, and the suggestion as a fix")
  func result() throws {
    let run = try run(try log([finding], sources: ["a b.yaml": "a:\n  propertis: x\n"]))
    let result = try #require((run["results"] as? [[String: Any]])?.first)
    #expect(result["ruleId"] as? String == "unknown-key")
    let index = try #require(result["ruleIndex"] as? Int)
    #expect(FindingKind.all[index].code == "unknown-key")
    #expect(result["level"] as? String == "error")
    let location = try #require((result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])
    #expect((location["artifactLocation"] as? [String: String])?["uri"] == "a%20b.yaml")
    #expect(
      location["region"] as? [String: Int] == ["startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 12])
    let related = try #require((result["relatedLocations"] as? [[String: Any]])?.first)
    #expect((related["message"] as? [String: String])?["text"] == "it begins here")
    let fix = try #require((result["fixes"] as? [[String: Any]])?.first?["artifactChanges"] as? [[String: Any]])
    let replacement = try #require((fix.first?["replacements"] as? [[String: Any]])?.first)
    #expect((replacement["insertedContent"] as? [String: String])?["text"] == "properties")
    #expect((replacement["deletedRegion"] as? [String: Int])?["endColumn"] == 12)
  }

  @Test(
    "files have URIs relative to where they belong",
    arguments: [
      ("/work/a.yaml", "/work/a.yaml", "a.yaml", "SRCROOT"),
      ("sub/./a.yaml", "sub/./a.yaml", "sub/a.yaml", "SRCROOT"),
      ("../b.yaml", "../b.yaml", "file:///b.yaml", nil),
      ("/other/a#1.yaml", "/other/a#1.yaml", "file:///other/a%231.yaml", nil),
      ("tosca/simple/1.3/node.yaml", "/p/tosca/simple/1.3/node.yaml", "tosca/simple/1.3/node.yaml", "PROFILES"),
      ("a.csar/b.yaml", "/tmp/unpacked/b.yaml", "a.csar/b.yaml", "SRCROOT"), ("--set x", nil, nil, nil),
    ] as [(String, String?, String?, String?)])
  func uris(name: String, path: String?, uri: String?, base: String?) throws {
    var moved = finding
    moved.place.file = name
    moved.related = []
    var sarif = SARIFLog(root: "/work", paths: ["/x": "/x"], profiles: "/p")
    sarif.paths[name] = path
    let run = try run(try log([moved], log: sarif))
    let location = try #require(((run["results"] as? [[String: Any]])?.first?["locations"] as? [[String: Any]])?.first)
    let artifact = (location["physicalLocation"] as? [String: Any])?["artifactLocation"] as? [String: String]
    #expect(artifact?["uri"] == uri)
    #expect(artifact?["uriBaseId"] == base)
    if uri == nil { #expect((location["logicalLocations"] as? [[String: String]])?.first?["name"] == name) }
  }

  @Test("a finding of a kind that is not described has a rule all the same")
  func unknown() throws {
    var other = finding
    other.code = "something-else"
    let run = try run(try log([other, other]))
    let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    let rules = try #require(driver["rules"] as? [[String: Any]])
    #expect(rules.count == FindingKind.all.count + 1)
    #expect(rules.last?["id"] as? String == "something-else")
  }
}
