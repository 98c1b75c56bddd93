import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("SecTOSCA in TOSCA 2.0")
struct Version2Tests {
  private static let template = Portal.root + "/service-2.0.yaml"

  /// A service without the places where its parts are written.
  private struct Meaning: Equatable {
    var resources: [Resource]
    var levels: [SecurityLevel]
    var requirements: [SecurityRequirement]
    var triggers: [AdaptationTrigger]

    init(_ service: ProtectedService) {
      let nowhere = SourceRange(file: "", line: 1, column: 1, endLine: 1, endColumn: 1)
      func placeless<Part>(_ parts: [Part], _ place: WritableKeyPath<Part, SourceRange>) -> [Part] {
        parts.map { part in
          var part = part
          part[keyPath: place] = nowhere
          return part
        }
      }
      resources = placeless(service.resources, \.place)
      levels = placeless(service.levels, \.place)
      requirements = placeless(service.requirements, \.place)
      triggers = placeless(service.triggers, \.place)
    }
  }

  @Test("the portal in 2.0 means just what it means in 1.3")
  func same() throws {
    let (read, findings) = PortalTemplateTests.interpret(Self.template)
    #expect(findings.map { "\($0.place.file):\($0.place.line): \($0.message)" } == [])
    let service = try #require(read)
    let former = try #require(PortalTemplateTests.interpret(Portal.root).service)
    #expect(Meaning(service) == Meaning(former))
    #expect(service.protectionTable == former.protectionTable)
  }

  /// Reads the portal of 2.0 with something in it replaced.
  private func changed(_ text: String, _ replacement: String) throws -> (
    service: ProtectedService?, findings: [Finding]
  ) {
    try changed([(text, replacement)])
  }

  private func changed(_ changes: [(text: String, replacement: String)]) throws -> (
    service: ProtectedService?, findings: [Finding]
  ) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portal-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: Portal.root), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    var template = try String(contentsOfFile: Self.template, encoding: .utf8)
    for (text, replacement) in changes {
      let range = try #require(template.range(of: text), "the template has no such text")
      template.replaceSubrange(range, with: replacement)
    }
    let file = folder.appendingPathComponent("service-2.0.yaml")
    try template.write(to: file, atomically: true, encoding: .utf8)
    return PortalTemplateTests.interpret(file.path)
  }

  private static let condition = "{ $equal: [ { $context: [ threat_level ] }, high ] }"

  @Test("conditions are comparisons of contextual attributes, of which all must hold")
  func conditions() throws {
    let (service, findings) = try changed(
      Self.condition,
      """
      { $and: [ { $valid_values: [ { $context: [ threat_level ] }, [ high, severe ] ] },
        { $greater_or_equal: [ { $context: [ alarms ] }, 3 ] }, { $less_or_equal: [ { $context: [ alarms ] }, 9 ] } ] }
      """)
    #expect(findings.map(\.message) == [])
    let trigger = try #require(service?.triggers.first)
    #expect(
      trigger.conditions.map(\.summary)
        == ["threat_level is `high` or `severe`", "alarms is at least 3", "alarms is at most 9"])
  }

  @Test("a trigger may count events, beside conditions on attributes")
  func events() throws {
    let (service, findings) = try changed(
      [
        ("event: sectosca.events.ContextChanged", "event: sectosca.events.AuthenticationFailed"),
        (
          Self.condition,
          """
          { $and: [ { $greater_or_equal: [ { $event_count: [ 2 m ] }, 10 ] },
            { $equal: [ { $context: [ phase ] }, run ] } ] }
          """
        ),
      ])
    #expect(findings.map(\.message) == [])
    let trigger = try #require(service?.triggers.first)
    #expect(trigger.events == EventCount(kind: .authenticationFailed, count: 10, periodSeconds: 120))
    #expect(trigger.conditions.map(\.summary) == ["phase is `run`"])
  }

  private static let event = "event: sectosca.events.ContextChanged"

  @Test("a trigger may follow the time, beside conditions on attributes")
  func schedule() throws {
    let (service, findings) = try changed([
      (Self.event, "event: sectosca.events.Schedule"),
      (
        Self.condition,
        """
        { $and: [ { $time_window: [ "22:00", "06:00", [ saturday, friday ] ] },
          { $equal: [ { $context: [ drill ] }, "no" ] } ] }
        """
      ),
    ])
    #expect(findings.map(\.message) == [])
    let trigger = try #require(service?.triggers.first)
    #expect(trigger.window == TimeWindow(startMinute: 1320, endMinute: 360, days: [.friday, .saturday]))
    #expect(trigger.conditionSummaries == ["from 22:00 to 06:00 UTC on friday and saturday", "drill is `no`"])
  }

  @Test("a trigger may follow the phase and vulnerability notices")
  func states() throws {
    let (service, findings) = try changed([
      (Self.event, "event: sectosca.events.PhaseChanged"),
      (Self.condition, "{ $equal: [ { $context: [ phase ] }, maintenance ] }"),
    ])
    #expect(findings.map(\.message) == [])
    #expect(service?.triggers.first?.conditions.map(\.summary) == ["phase is `maintenance`"])
    let noticed = try changed([
      (Self.event, "event: sectosca.events.VulnerabilityNoticed"),
      (Self.condition, "{ $equal: [ { $context: [ drill ] }, \"no\" ] }"),
    ])
    #expect(noticed.findings.map(\.message) == [])
    #expect(noticed.service?.followsNotices == true)
  }

  @Test(
    "a window of time that is none is an error where it is",
    arguments: [
      #"{ $time_window: [ "22:00", "26:00" ] }"#, #"{ $time_window: [ "22:00", "22:00" ] }"#,
      #"{ $equal: [ { $context: [ a ] }, b ] }"#,
      #"{ $and: [ { $time_window: [ "22:00", "23:00" ] }, { $time_window: [ "12:00", "13:00" ] } ] }"#,
    ])
  func noWindow(condition: String) throws {
    let (service, findings) = try changed([
      (Self.event, "event: sectosca.events.Schedule"), (Self.condition, condition),
    ])
    #expect(service == nil)
    #expect(findings.contains { $0.code == "unsupported-condition" }, "\(findings.map(\.message))")
  }

  @Test(
    "a condition that is not understood is an error where it is",
    arguments: [
      ("{ $or: [ { $equal: [ { $context: [ a ] }, b ] }, { $equal: [ { $context: [ c ] }, d ] } ] }", "`$or`"),
      ("{ $equal: [ high, high ] }", "compares no contextual attribute"),
      ("{ $equal: [ { $context: [ a ] }, { b: c } ] }", "operand"),
    ])
  func unsupported(condition: String, part: String) throws {
    let (service, findings) = try changed(Self.condition, condition)
    #expect(service == nil)
    #expect(findings.contains { $0.severity == .error && $0.message.contains(part) }, "\(findings.map(\.message))")
  }

  @Test("values are held to the same bounds as in 1.3")
  func bounds() throws {
    for (text, replacement) in [
      ("published_port: 8088", "published_port: 88088"), ("capacity: 4 MiB", "capacity: 1 KiB"),
    ] {
      let (service, findings) = try changed(text, replacement)
      #expect(service == nil)
      #expect(findings.contains { $0.code == "constraint-violated" }, "\(findings.map(\.message))")
    }
  }

  @Test("the two profiles declare types of the same names, with the same properties")
  func sameTypes() throws {
    func declared(_ files: [String]) throws -> Set<String> {
      var names: Set<String> = []
      for file in files {
        var type = ""
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
          if line.hasPrefix("  sectosca."), line.hasSuffix(":") { type = String(line.dropFirst(2).dropLast()) }
          if line.hasPrefix("      "), !line.hasPrefix("       "), line.hasSuffix(":"), !line.hasPrefix("      -"),
            !type.isEmpty
          {
            names.insert(type + line.dropFirst(5))
          } else if !type.isEmpty {
            names.insert(type)
          }
        }
      }
      return names.filter { !$0.hasPrefix("sectosca.datatypes.") }
    }
    let folder = PortalTemplateTests.profiles + "/sectosca/1.0/"
    let former = try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + $0 }
    let current = PortalTemplateTests.profiles + "/org.testudo.sectosca/1.0/profile.yaml"
    #expect(try declared(former) == declared([current]))
  }
}
