import Foundation
import Testing

@testable import TOSCA

/// Files made by others, beside the repository. They are read for crash-freedom; how often the verdict agrees with
/// their makers' is printed.
@Suite("files made by others")
struct CorpusTests {
  private static let folder = Fixture.repository.deletingLastPathComponent()
    .appendingPathComponent("shared/corpus/tosca").resolvingSymlinksInPath().path

  private struct Row {
    var path: String
    var version: String
    var expected: String
    var source: String
  }

  private func rows() -> [Row] {
    guard let manifest = try? String(contentsOfFile: Self.folder + "/manifest.csv", encoding: .utf8) else {
      print("skipped: there is no \(Self.folder)/manifest.csv")
      return []
    }
    return manifest.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let fields = line.split(separator: ",", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
      guard fields.count >= 5 else { return nil }
      return Row(path: fields[0], version: fields[1], expected: fields[2], source: fields[4])
    }
  }

  @Test("they are read without a crash, and every verdict has its findings")
  func manifest() {
    var right: [String: (Int, Int)] = [:]
    for row in rows() {
      let root = Self.folder + "/" + (row.path.split(separator: "/").first.map(String.init) ?? "")
      let reader = TemplateReader(profiles: Fixture.profiles, importFolders: [root])
      let result = reader.read(Self.folder + "/" + row.path)
      #expect((result.topology == nil) == result.hasErrors, "\(row.path)")
      for finding in result.findings {
        #expect(finding.place.line >= 1 && finding.place.column >= 1 && finding.place.endLine >= finding.place.line)
      }
      guard row.version.hasPrefix("tosca_simple_yaml_1") else { continue }
      let agrees = result.hasErrors == (row.expected == "invalid")
      let (agreed, all) = right[row.source] ?? (0, 0)
      right[row.source] = (agreed + (agrees ? 1 : 0), all + 1)
    }
    for (source, (agreed, all)) in right.sorted(by: { $0.key < $1.key }) {
      print("\(source): \(agreed) of \(all) verdicts agree")
    }
  }

  @Test("two nodes that need each other are no mistake")
  func requirementCycle() {
    let path = Self.folder + "/hostile/s9-requirement-cycle.yaml"
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: there is no \(path)")
      return
    }
    let result = TemplateReader(profiles: Fixture.profiles).read(path)
    #expect(result.topology?.nodes.map { $0.requirements.first?.target } == ["b", "a"])
  }

  @Test(
    "files that hang or crash others give a finding", .timeLimit(.minutes(1)),
    arguments: [
      ("s1-billion-laughs", "alias-bomb"), ("s2-deep-nesting", "too-deep"), ("s3-type-cycle", "type-cycle"),
      ("s4-import-cycle", "import-cycle"), ("s5-function-cycle", "function-cycle"),
      ("s6-import-traversal", "import-outside"), ("s7-redos", "constraint-violated"),
      ("s8-duplicate-key", "duplicate-key"), ("s10-checksum", "wrong-checksum"), ("s11-yaml-tag", "unknown-tag"),
    ])
  func hostile(name: String, code: String) {
    let path = Self.folder + "/hostile/\(name).yaml"
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: there is no \(path)")
      return
    }
    #expect(TemplateReader(profiles: Fixture.profiles).read(path).findings.contains { $0.code == code })
  }
}
