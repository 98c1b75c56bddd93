import ArgumentParser
import ControlPlane
import Foundation
import Orchestration

struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a first service to start from, in a folder of its name.",
    discussion: "Example: testudo init hello && testudo up hello")

  @Argument(help: "The service's name and its folder.")
  var name: String

  func run() throws {
    let folder = String(name.split(separator: "/").last ?? "")
    guard DecisionPoints.isName(folder) else {
      throw Problem(
        type: "urn:testudo:input", title: "No name", status: 422,
        detail:
          "the service's name would be `\(folder)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first",
        kind: .input)
    }
    let files = FileManager.default
    guard !files.fileExists(atPath: name) else {
      throw Problem(
        type: "urn:testudo:input", title: "It exists", status: 409,
        detail: "`\(name)` exists already; choose another name or remove it", kind: .input)
    }
    try files.createDirectory(atPath: name + "/site", withIntermediateDirectories: true)
    for (file, text) in FirstService.files(name: folder) {
      try Data(text.utf8).write(to: URL(filePath: name + "/" + file))
    }
    print("wrote \(name)/service.yaml, policies.cedar and site/; next: testudo up \(name)")
  }
}

/// What `init` writes: a site with one page for everybody, and a second level that limits requests.
enum FirstService {
  static func files(name: String) -> [(String, String)] {
    [
      (
        "service.yaml",
        """
        tosca_definitions_version: tosca_simple_yaml_1_3
        description: A protected site.
        imports:
          - sectosca/1.0

        topology_template:
          node_templates:
            web:
              type: sectosca.nodes.WebService
              properties:
                routes:
                  - { path: /, site: pages }
              artifacts:
                pages: { type: sectosca.artifacts.StaticSite, file: site }
              capabilities:
                endpoint: { properties: { port: 80, network_name: PUBLIC } }

          policies:
            - flows: { type: sectosca.policies.Filtering, targets: [ web ] }
            - rules: { type: sectosca.policies.Authorization, targets: [ web ], properties: { policies: [ policies.cedar ] } }
            - calm:  { type: sectosca.policies.RateLimit, targets: [ web ], properties: { per_source: 50 per 1 s, burst: 100 } }

            - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ flows, rules ] } }
            - guarded: { type: sectosca.policies.Level, properties: { rank: 1, requires: [ flows, rules, calm ] } }

        """
      ),
      (
        "policies.cedar",
        """
        // Everybody may read everything. Nothing else is permitted.
        permit (principal, action in [Action::"GET", Action::"HEAD"], resource);

        """
      ),
      (
        "site/index.html",
        """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><title>\(name)</title>
        <h1>\(name)</h1><p>Served by a unikernel that contains what its protection calls for, and nothing else.</p></html>

        """
      ),
    ]
  }
}
