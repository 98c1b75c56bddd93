public import SecTOSCA

/// A threat model in the Open Threat Model format, version 0.2.0: what is written of it.
public struct OpenThreatModel: Hashable, Sendable, Encodable {
  struct Project: Hashable, Sendable, Encodable {
    var name: String
    var id: String
    var description: String
  }
  struct TrustZone: Hashable, Sendable, Encodable {
    struct Risk: Hashable, Sendable, Encodable { var trustRating: Int }
    var id: String
    var name: String
    var type: String
    var risk: Risk
  }
  struct Parent: Hashable, Sendable, Encodable { var trustZone: String }
  struct MitigationInstance: Hashable, Sendable, Encodable {
    var mitigation: String
    var state: String
  }
  struct ThreatInstance: Hashable, Sendable, Encodable {
    var threat: String
    var state: String
    var mitigations: [MitigationInstance]
  }
  struct Component: Hashable, Sendable, Encodable {
    var id: String
    var name: String
    var type: String
    var parent: Parent
    var tags: [String]
    var threats: [ThreatInstance]
  }
  struct Dataflow: Hashable, Sendable, Encodable {
    var id: String
    var name: String
    var source: String
    var destination: String
    var bidirectional: Bool
  }
  struct ThreatEntry: Hashable, Sendable, Encodable {
    struct Risk: Hashable, Sendable, Encodable {
      var likelihood: Int
      var impact: Int
    }
    var id: String
    var name: String
    var description: String
    var categories: [String]
    var risk: Risk
    var tags: [String]
  }
  struct Mitigation: Hashable, Sendable, Encodable {
    var id: String
    var name: String
    var description: String
    var riskReduction: Int
  }

  var otmVersion = "0.2.0"
  var project: Project
  var trustZones: [TrustZone]
  var components: [Component]
  var dataflows: [Dataflow]
  var threats: [ThreatEntry]
  var mitigations: [Mitigation]
}

extension ThreatReport {
  /// The report at one level of it, as an Open Threat Model. That format has no levels, so each is a model of its own.
  public func openThreatModel(of service: ProtectedService, name: String, level: String) -> OpenThreatModel {
    let resources = self.resources.compactMap { report -> OpenThreatModel.Component? in
      guard let rows = report.levels.first(where: { $0.level == level })?.threats,
        let resource = service.resource(report.resource)
      else { return nil }
      return OpenThreatModel.Component(
        id: resource.name, name: resource.name, type: resource.type, parent: .init(trustZone: "service"),
        tags: ["unikernel", "level: \(level)"], threats: rows.map(instance))
    }
    let platform = OpenThreatModel.Component(
      id: "testudo-platform", name: "What the unikernels stand on", type: "platform", parent: .init(trustZone: "host"),
      tags: [], threats: self.platform.map(instance))
    let client = OpenThreatModel.Component(
      id: "testudo-clients", name: "Clients", type: "generic-client", parent: .init(trustZone: "outside"), tags: [],
      threats: [])
    let shown = Set(resources.map(\.id))
    let flows = service.resources.filter { shown.contains($0.name) }.flatMap { resource in
      (resource.endpoint.isPublic ? [("testudo-clients", resource.name)] : [])
        + resource.connections.filter(shown.contains).map { (resource.name, $0) }
    }
    return OpenThreatModel(
      project: .init(name: name, id: name, description: "Threats to \(name) at the level \(level), by Testudo"),
      trustZones: [
        .init(id: "outside", name: "Outside", type: "outside", risk: .init(trustRating: 0)),
        .init(id: "service", name: "The service's network", type: "service", risk: .init(trustRating: 60)),
        .init(id: "host", name: "The host", type: "host", risk: .init(trustRating: 90)),
      ],
      components: [client] + resources + [platform],
      dataflows: flows.map { source, destination in
        .init(
          id: "\(source)->\(destination)", name: "\(source) to \(destination)", source: source,
          destination: destination, bidirectional: true)
      },
      threats: threats.map { threat in
        .init(
          id: threat.id, name: threat.name, description: threat.description,
          categories: threat.stride.map(\.rawValue),
          risk: .init(likelihood: threat.likelihood, impact: threat.impact),
          tags: [threat.attackClass.rawValue] + threat.sources)
      },
      mitigations: mechanisms.map { mechanism in
        .init(
          id: mechanism.id, name: mechanism.name, description: mechanism.description,
          riskReduction: mechanism.isByDesign ? 50 : 70)
      })
  }

  private func instance(_ row: Row) -> OpenThreatModel.ThreatInstance {
    let state =
      switch row.state {
      case .answered: "mitigated"
      case .limited: "partly-mitigated"
      case .open: "exposed"
      }
    return OpenThreatModel.ThreatInstance(
      threat: row.threat, state: state,
      mitigations: row.answers.map { .init(mitigation: $0.mechanism, state: "implemented") }
        + row.absent.map { .init(mitigation: $0, state: "recommended") })
  }
}
