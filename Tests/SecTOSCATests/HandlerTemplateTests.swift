import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

/// The example of a handler as it is shipped, and what is wrong with it after changes.
@Suite("Handlers, from their template")
struct HandlerTemplateTests {
  static let example = Portal.repository.appendingPathComponent("Examples/handler")

  /// Reads the example with changes to its template, and to its files.
  static func interpret(
    _ file: String = "service.yaml", changing changes: [(String, String)] = [],
    files: (URL) throws -> Void = { _ in }
  ) throws -> (service: ProtectedService?, findings: [Finding]) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("handler-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(at: example, to: folder)
    let template = folder.appendingPathComponent(file)
    var text = try String(contentsOf: template, encoding: .utf8)
    for (former, new) in changes {
      try #require(text.contains(former))
      text = text.replacing(former, with: new)
    }
    try Data(text.utf8).write(to: template)
    try files(folder)
    return PortalTemplateTests.interpret(
      template.path, inputs: ["credentials": "@\(example.appendingPathComponent("accounts.yaml").path)"])
  }

  /// Properties of the node with routes.
  static func adding(routes: String) -> (String, String) {
    ("        capacity: 256 KiB\n", "        capacity: 256 KiB\n        routes: [ \(routes) ]\n")
  }

  @Test(
    "a handler without routes answers everything, in both versions of the template",
    arguments: [
      "service.yaml", "service-2.0.yaml",
    ])
  func whole(file: String) throws {
    let (read, findings) = try Self.interpret(file)
    #expect(findings.isEmpty, "\(findings.map(\.message))")
    let book = try #require(read?.resource("book"))
    #expect(
      book.applications
        == [.handler(prefix: "/", source: "guestbook", capacityBytes: 262_144, maximumSteps: 5_000_000)])
    #expect(read?.levels.map(\.name) == ["normal", "elevated"])
    #expect(book.applications.map(\.summary) == ["/ is answered by `guestbook`"])
  }

  @Test("with routes, a handler stands beside files")
  func besides() throws {
    let (read, findings) = try Self.interpret(changing: [
      Self.adding(
        routes: "{ path: /, site: pages }, { path: /book, handler: guestbook }, { path: /b, handler: guestbook }"),
      (
        "      artifacts:\n",
        "      artifacts:\n        pages: { type: sectosca.artifacts.StaticSite, file: guestbook }\n"
      ),
    ])
    #expect(findings.isEmpty, "\(findings.map(\.message))")
    #expect(
      read?.resource("book")?.applications == [
        .staticSite(prefix: "/", folder: "guestbook"),
        .handler(prefix: "/book", source: "guestbook", capacityBytes: 262_144, maximumSteps: 5_000_000),
        .handler(prefix: "/b", source: "guestbook", capacityBytes: 262_144, maximumSteps: 5_000_000),
      ])
  }

  @Test("bounds that a template leaves out have defaults")
  func defaults() throws {
    let (read, _) = try Self.interpret(changing: [
      ("      properties:\n        capacity: 256 KiB\n        maximum_steps: 5000000\n", "")
    ])
    #expect(
      read?.resource("book")?.applications
        == [.handler(prefix: "/", source: "guestbook", capacityBytes: 1 << 20, maximumSteps: 100_000_000)])
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var changes: [(String, String)]
    var code: String
    var line: String
    var severity = Finding.Severity.error
    var suggestion: String?
  }

  static let mistakes = [
    Mistake(
      testDescription: "no artifact", changes: [("sectosca.artifacts.SwiftHandler", "sectosca.artifacts.StaticSite")],
      code: "missing-artifact", line: "    book:"),
    Mistake(
      testDescription: "two handlers",
      changes: [
        (
          "      artifacts:\n",
          "      artifacts:\n        other: { type: sectosca.artifacts.SwiftHandler, file: guestbook }\n"
        )
      ], code: "missing-artifact", line: "    book:"),
    Mistake(
      testDescription: "a folder that is not there", changes: [("file: guestbook", "file: gestbook")],
      code: "missing-file", line: "file: gestbook", suggestion: "guestbook"),
    Mistake(
      testDescription: "a file that is no Swift", changes: [("file: guestbook", "file: book.cedar")],
      code: "no-handler-source", line: "file: book.cedar"),
    Mistake(
      testDescription: "a route to a handler that is not there",
      changes: [Self.adding(routes: "{ path: /, handler: gestbook }")], code: "missing-artifact", line: "routes:",
      suggestion: "guestbook"),
    Mistake(
      testDescription: "a route that goes two ways",
      changes: [Self.adding(routes: "{ path: /, handler: guestbook, backend: book }")], code: "invalid-value",
      line: "routes:"),
    Mistake(
      testDescription: "a route that goes nowhere",
      changes: [Self.adding(routes: "{ path: /, handler: guestbook }, { path: /x }")],
      code: "invalid-value", line: "routes:"),
    Mistake(
      testDescription: "a handler that no route reaches",
      changes: [
        Self.adding(routes: "{ path: /, site: pages }"),
        (
          "      artifacts:\n",
          "      artifacts:\n        pages: { type: sectosca.artifacts.StaticSite, file: guestbook }\n"
        ),
      ], code: "unused-handler", line: "file: guestbook", severity: .warning),
    Mistake(
      testDescription: "a store that does not fit", changes: [("capacity: 256 KiB", "capacity: 16 MiB")],
      code: "invalid-value", line: "capacity: 16 MiB"),
    Mistake(
      testDescription: "steps out of bounds", changes: [("maximum_steps: 5000000", "maximum_steps: 999")],
      code: "constraint-violated", line: "maximum_steps"),
    Mistake(
      testDescription: "a handler at a web service",
      changes: [
        Self.adding(routes: "{ path: /, handler: guestbook }"),
        ("sectosca.nodes.HandlerService", "sectosca.nodes.WebService"),
        ("        capacity: 256 KiB\n", ""), ("        maximum_steps: 5000000\n", ""),
      ], code: "invalid-value", line: "routes:"),
  ]

  @Test("a mistake is one finding, where it is:", arguments: mistakes)
  func finding(_ mistake: Mistake) throws {
    let (_, findings) = try Self.interpret(changing: mistake.changes)
    let finding = try #require(
      findings.first { $0.code == mistake.code }, "\(findings.map { "\($0.code): \($0.message)" })")
    #expect(findings.count == 1, "\(findings.map { "\($0.code): \($0.message)" })")
    #expect(finding.severity == mistake.severity)
    #expect(finding.suggestion == mistake.suggestion)
    #expect(finding.expected != nil)
    var text = try String(contentsOf: Self.example.appendingPathComponent("service.yaml"), encoding: .utf8)
    for (former, new) in mistake.changes { text = text.replacing(former, with: new) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[finding.place.line - 1].contains(mistake.line), "line \(finding.place.line)")
  }

  @Test("a folder without Swift in it is no handler")
  func noSource() throws {
    let (service, findings) = try Self.interpret(files: { folder in
      let sources = folder.appendingPathComponent("guestbook")
      try FileManager.default.moveItem(
        at: sources.appendingPathComponent("GuestBook.swift"), to: sources.appendingPathComponent("GuestBook.txt"))
    })
    #expect(service == nil)
    #expect(findings.map(\.code) == ["no-handler-source"])
  }
}
