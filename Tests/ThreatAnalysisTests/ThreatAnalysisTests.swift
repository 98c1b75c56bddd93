import Foundation
import SecTOSCA
import TOSCA
import Testing

@testable import ThreatAnalysis

/// The portal as it is shipped, held against the catalogue as it is shipped.
@Suite("Threats to the portal")
struct ThreatAnalysisTests {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func catalogue() throws -> ThreatCatalogue {
    try ThreatCatalogue(file: repository.appending(path: "Threats/catalogue.json").path)
  }

  static func portal() throws -> ProtectedService {
    let root = repository.appending(path: "Examples/portal").path
    let reading = TemplateReader(
      profiles: repository.appending(path: "Profiles").path, inputs: ["credentials": "@\(root)/accounts.yaml"]
    ).read(root)
    let topology = try #require(reading.topology)
    return try #require(Interpreter().interpret(topology).service)
  }

  private func state(_ threat: String, _ resource: String, _ level: String) throws -> ThreatReport.State? {
    let report = try Self.catalogue().report(on: try Self.portal())
    let levels = try #require(report.resources.first { $0.resource == resource }?.levels)
    return try #require(levels.first { $0.level == level }).threats.first { $0.threat == threat }?.state
  }

  @Test(
    "what a level asks for decides how far a threat is answered",
    arguments: [
      ("request-flood", "storefront", "normal", .limited), ("request-flood", "storefront", "elevated", .answered),
      ("brute-force", "storefront", "normal", .limited), ("brute-force", "storefront", "elevated", nil),
      ("token-forgery", "storefront", "normal", nil), ("token-forgery", "storefront", "elevated", .answered),
      ("broken-access-control", "storefront", "normal", .answered),
      ("broken-access-control", "orders", "normal", .limited),
      ("broken-access-control", "orders", "lockdown", .answered),
      ("packet-flood", "orders", "normal", nil), ("unlogged-acts", "storefront", "normal", .open),
      ("internal-interception", "orders", "normal", .limited),
      ("internal-interception", "storefront", "normal", nil),
    ] as [(String, String, String, ThreatReport.State?)])
  func states(_ threat: String, _ resource: String, _ level: String, _ expected: ThreatReport.State?) throws {
    #expect(try state(threat, resource, level) == expected)
  }

  @Test("an answer names the requirement that calls for it, and what is not due is named too")
  func answers() throws {
    let report = try Self.catalogue().report(on: try Self.portal(), level: "normal", resource: "storefront")
    #expect(report.levels == ["normal"])
    #expect(report.resources.map(\.resource) == ["storefront"])
    let rows = try #require(report.resources.first?.levels.first?.threats)
    let guessing = try #require(rows.first { $0.threat == "brute-force" })
    #expect(guessing.answers.map(\.requirement) == ["passwords"])
    #expect(guessing.absent == ["rate-limit", "tls:client-certificates", "audit"])
    #expect(!guessing.remains.isEmpty)
  }

  @Test("without any requirement, what every image has by design still answers")
  func bare() throws {
    var service = try Self.portal()
    for index in service.levels.indices { service.levels[index].requires = [] }
    let report = try Self.catalogue().report(on: service)
    let rows = try #require(report.resources.first { $0.resource == "storefront" }?.levels.first?.threats)
    #expect(rows.first { $0.threat == "anonymous-access" }?.state == .open)
    #expect(rows.first { $0.threat == "request-smuggling" }?.state == .answered)
    #expect(report.hasOpenThreats)
  }

  @Test("more protection never opens a threat: each level of the portal answers at least what the one below answers")
  func monotonic() throws {
    let report = try Self.catalogue().report(on: try Self.portal())
    let rank: [ThreatReport.State: Int] = [.open: 0, .limited: 1, .answered: 2]
    for resource in report.resources {
      for (lower, higher) in zip(resource.levels, resource.levels.dropFirst()) {
        for row in higher.threats {
          guard let before = lower.threats.first(where: { $0.threat == row.threat }) else { continue }
          #expect(rank[row.state, default: -1] >= rank[before.state, default: 3], "\(resource.resource): \(row.threat)")
        }
      }
    }
  }

  @Test("the renderings say the same")
  func renderings() throws {
    let (catalogue, service) = (try Self.catalogue(), try Self.portal())
    let report = catalogue.report(on: service)
    #expect(report.text.contains("Guessing of passwords"))
    let markdown = report.markdown(title: "portal", catalogue: catalogue)
    #expect(markdown.contains("(https://attack.mitre.org/techniques/T1110/004/)"))
    #expect(markdown.contains("| storefront | elevated |"))
    let model = report.openThreatModel(of: service, name: "portal", level: "elevated")
    let bytes = try JSONEncoder().encode(model)
    let object = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    #expect(object["otmVersion"] as? String == "0.2.0")
    #expect(model.dataflows.map(\.id) == ["testudo-clients->storefront", "storefront->orders"])
    // Every reference inside the document leads somewhere.
    let threats = Set(model.threats.map(\.id))
    let mitigations = Set(model.mitigations.map(\.id))
    let zones = Set(model.trustZones.map(\.id))
    for component in model.components {
      #expect(zones.contains(component.parent.trustZone))
      #expect(component.threats.allSatisfy { threats.contains($0.threat) })
      #expect(component.threats.allSatisfy { $0.mitigations.allSatisfy { mitigations.contains($0.mitigation) } })
    }
  }
}

@Suite("Threat catalogues")
struct ThreatCatalogueTests {
  @Test("the catalogue that is shipped covers every kind, class and family, each threat with a source")
  func shipped() throws {
    let catalogue = try ThreatAnalysisTests.catalogue()
    #expect(Set(catalogue.threats.flatMap(\.stride)) == Set(Threat.Kind.allCases))
    #expect(Set(catalogue.threats.map(\.attackClass)) == Set(Threat.AttackClass.allCases))
    #expect(Set(catalogue.mechanisms.map(\.family)) == Set(Mechanism.Family.allCases))
    #expect(catalogue.threats.allSatisfy { !$0.sources.isEmpty && !$0.remains.isEmpty && !$0.needs.isEmpty })
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      ("[", "the document"), (#"{"version":"1"}"#, "no `sources`"),
      (#"{"version":"1","sources":{},"mechanisms":[],"threats":[{"id":"x"}]}"#, "`threats[0]` has no `name`"),
      (document(#""effect":"prevents","mechanism":"nothing","when":[],"how":"" "#), "no mechanism `nothing`"),
      (document(#""effect":"cures","mechanism":"tls","when":[],"how":"" "#), "`threats[0].answers[0].effect`"),
      (document(#""effect":"limits","mechanism":"tls","when":["weather"],"how":"" "#), "unknown fact `weather`"),
    ])
  func wrong(_ text: String, _ message: String) {
    #expect {
      try ThreatCatalogue(Data(text.utf8), file: "c.json")
    } throws: { error in
      "\(error)".hasPrefix("c.json: ") && "\(error)".contains(message)
    }
  }

  private static func document(_ answer: String) -> String {
    """
    {"version":"1","sources":{"capec":{"title":"t"}},
     "mechanisms":[{"id":"tls","name":"n","family":"surface","givenBy":"design","description":"d"}],
     "threats":[{"id":"x","name":"n","scope":"resource","component":"c","attackClass":"compromising",
      "stride":["tampering"],"description":"d","needs":[],"appliesWhen":[],"answers":[{\(answer)}],"remains":"r",
      "sources":["capec:1"],"likelihood":1,"impact":1}]}
    """
  }
}
