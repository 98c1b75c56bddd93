import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

/// The example and the profile as they are shipped, read from their files.
@Suite("The portal, from its template")
struct PortalTemplateTests {
  static let profiles = Portal.repository.appendingPathComponent("Profiles").path

  /// Reads and interprets a template; what the reader finds comes first.
  static func interpret(
    _ path: String, inputs: [String: String] = ["credentials": "@\(Portal.root)/accounts.yaml"]
  ) -> (service: ProtectedService?, findings: [Finding]) {
    let result = TemplateReader(profiles: profiles, inputs: inputs).read(path)
    guard let topology = result.topology else { return (nil, result.findings) }
    let (service, findings) = Interpreter().interpret(topology)
    return (service, result.findings + findings)
  }

  @Test("means what the topology of these tests means")
  func same() throws {
    let (read, findings) = Self.interpret(Portal.root)
    #expect(findings.isEmpty, "\(findings.map { "\($0.place.file):\($0.place.line): \($0.message)" })")
    let service = try #require(read)
    let written = try #require(Interpreter().interpret(Portal.topology()).service)
    #expect(service.protectionTable == written.protectionTable)
    #expect(service.resources.map(\.applications) == written.resources.map(\.applications))
    #expect(service.resources.map(\.endpoint) == written.resources.map(\.endpoint))
    #expect(service.resources.map(\.memoryBytes) == written.resources.map(\.memoryBytes))
    #expect(service.triggers.map(\.conditions) == written.triggers.map(\.conditions))
    let passwords = try #require(service.requirements.first { $0.name == "passwords" })
    guard case .authentication(let authentication) = passwords.protection,
      case .basic(let accounts) = authentication.scheme
    else {
      Issue.record("\(passwords.protection.summary)")
      return
    }
    #expect(accounts.map(\.name) == ["rita", "carl"])
    #expect(accounts.map(\.roles) == [["reader"], ["clerk"]])
    #expect(accounts.allSatisfy { $0.iterations == 20_000 && $0.salt.count == 16 })
  }

  @Test("follows its one trigger")
  func trigger() throws {
    let service = try #require(Self.interpret(Portal.root).service)
    #expect(service.dueLevel(context: [:], setByHand: nil).name == "normal")
    #expect(service.dueLevel(context: ["threat_level": "high"], setByHand: nil).name == "elevated")
  }

  @Test("needs the users' credentials")
  func credentials() {
    let (service, findings) = Self.interpret(Portal.root, inputs: [:])
    #expect(service == nil)
    #expect(findings.contains { $0.severity == .error && $0.message.contains("`credentials`") })
  }

  /// A line of the template, what takes its place, and the finding: its code, and the text that it points at.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var line: String
    var replacement: String
    var code: String
    var marked: String
    var testDescription: String { replacement }
  }

  @Test(
    "a mistake is found at its line and column",
    arguments: [
      Mistake(
        line: "requires: [ declared_flows, tokens, order_rules, calm, nobody ]",
        replacement: "requires: [ declared_flows, passwords, order_rules, calm, nobody ]",
        code: "level-lowers-protection", marked: "passwords"),
      Mistake(
        line: "requires: [ declared_flows, tokens, order_rules, calm, nobody ]",
        replacement: "requires: [ declared_flows, tokens, order_rule, calm, nobody ]", code: "unknown-requirement",
        marked: "order_rule,"),
      Mistake(line: "rank: 2", replacement: "rank: 1", code: "duplicate-rank", marked: "1"),
      Mistake(line: "level: elevated", replacement: "level: elevate", code: "unknown-level", marked: "elevate"),
      Mistake(
        line: "event: sectosca.events.ContextChanged", replacement: "event: sectosca.events.Context",
        code: "unsupported-event", marked: "sectosca.events.Context"),
      Mistake(line: "keys: keys.json", replacement: "keys: key.json", code: "missing-file", marked: "key.json"),
      Mistake(
        line: "policies: [ orders.cedar ]", replacement: "policies: [ order.cedar ]", code: "missing-file",
        marked: "order.cedar"),
      Mistake(
        line: "- { path: /orders, backend: orders }", replacement: "- { path: /orders, backend: order }",
        code: "unknown-backend", marked: "order }"),
      Mistake(
        line: "- { path: /, site: site }", replacement: "- { path: /, site: stie }", code: "missing-artifact",
        marked: "stie"),
    ])
  func place(_ mistake: Mistake) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portal-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: Portal.root), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("service.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let range = try #require(text.range(of: mistake.line), "the template has no such line")
    let changed = text.replacingCharacters(in: range, with: mistake.replacement)
    try changed.write(to: file, atomically: true, encoding: .utf8)

    let (service, findings) = Self.interpret(folder.path)
    #expect(service == nil)
    let finding = try #require(
      findings.first { $0.severity == .error }, "nothing was found where `\(mistake.marked)` is wrong")
    #expect(finding.code == mistake.code, "\(finding.message)")
    #expect(finding.place.file.hasSuffix("service.yaml"))
    let lines = changed.split(separator: "\n", omittingEmptySubsequences: false)
    let line = try #require(lines.indices.contains(finding.place.line - 1) ? lines[finding.place.line - 1] : nil)
    #expect(line.dropFirst(finding.place.column - 1).hasPrefix(mistake.marked), "\(finding.place)")
  }

  @Test("every type that the interpreter knows is in the profile")
  func vocabulary() throws {
    let folder = Self.profiles + "/sectosca/1.0/"
    func names(_ file: String) throws -> Set<String> {
      let text = try String(contentsOfFile: folder + file, encoding: .utf8)
      let keys = text.split(separator: "\n").filter { $0.hasPrefix("  sectosca.") && $0.hasSuffix(":") }
      return Set(keys.map { $0.dropFirst(2).dropLast().description })
    }
    let nodes =
      Vocabulary.Node.runnable + [
        Vocabulary.Node.unikernel, Vocabulary.Node.httpService, Vocabulary.Node.externalService,
      ]
    #expect(try names("node_types.yaml") == Set(nodes))
    let policies =
      Vocabulary.Policy.requirements + [
        Vocabulary.Policy.requirement, Vocabulary.Policy.level, Vocabulary.Policy.adaptation,
      ]
    #expect(try names("policy_types.yaml") == Set(policies))
    #expect(try names("capability_types.yaml") == [Vocabulary.endpoint])
    #expect(try names("artifact_types.yaml") == [Vocabulary.siteArtifact, Vocabulary.handlerArtifact])
  }
}
