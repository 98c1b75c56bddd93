public import SecTOSCA

/// Which threats a service meets at each of its levels, what answers them, and what remains.
public struct ThreatReport: Hashable, Sendable, Codable {
  /// How far a threat is answered.
  public enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// Something that is in force prevents it.
    case answered
    /// Something that is in force limits it, notices it, or ends its effect.
    case limited
    /// Nothing that is in force answers it.
    case open
  }

  /// An answer that is in force.
  public struct AnswerInForce: Hashable, Sendable, Codable {
    /// The mechanism's identifier.
    public var mechanism: String
    /// How much it does.
    public var effect: Threat.Answer.Effect
    /// The requirement that calls for it; `nil` where every image has it by design.
    public var requirement: String?
    /// How it answers the threat.
    public var how: String
  }

  /// A threat at one level.
  public struct Row: Hashable, Sendable, Codable {
    /// The threat's identifier.
    public var threat: String
    /// How far it is answered.
    public var state: State
    /// What answers it.
    public var answers: [AnswerInForce]
    /// The mechanisms that would answer it and are not due at this level.
    public var absent: [String]
    /// What remains in any case.
    public var remains: String
  }

  /// What holds at one level.
  public struct AtLevel: Hashable, Sendable, Codable {
    /// The level's name.
    public var level: String
    /// The threats that apply, in the catalogue's order.
    public var threats: [Row]
  }

  /// One resource.
  public struct ResourceReport: Hashable, Sendable, Codable {
    /// The resource's name.
    public var resource: String
    /// What holds at each level, by ascending rank.
    public var levels: [AtLevel]
  }

  /// The catalogue's version.
  public var catalogue: String
  /// The names of the levels, by ascending rank.
  public var levels: [String]
  /// The resources, in the template's order.
  public var resources: [ResourceReport]
  /// What all of them stand on: it is the same at every level.
  public var platform: [Row]
  /// The threats that are mentioned.
  public var threats: [Threat]
  /// The mechanisms that are mentioned.
  public var mechanisms: [Mechanism]

  /// Whether a threat is open somewhere. What the platform leaves open no template can answer, and does not count.
  public var hasOpenThreats: Bool {
    resources.contains { $0.levels.contains { $0.threats.contains { $0.state == .open } } }
  }
}

extension ThreatCatalogue {
  /// Holds a service against the catalogue. `level` and `resource` narrow the report; both are names that exist.
  public func report(
    on service: ProtectedService, level: String? = nil, resource: String? = nil
  ) -> ThreatReport {
    let design = Set(mechanisms.lazy.filter(\.isByDesign).map(\.id))
    let levels = service.levels.filter { level == nil || $0.name == level }
    let resources = service.resources.filter { resource == nil || $0.name == resource }.map { resource in
      let shape = service.shape(of: resource)
      return ThreatReport.ResourceReport(
        resource: resource.name,
        levels: levels.map { level in
          let due = service.mechanisms(of: resource, at: level)
          let facts = shape.union(due.keys).union(design)
          return ThreatReport.AtLevel(
            level: level.name,
            threats: threats.compactMap { threat in
              threat.scope == .resource ? row(threat, facts: facts, due: due) : nil
            })
        })
    }
    let platform = threats.compactMap { threat in
      threat.scope == .platform ? row(threat, facts: design, due: [:]) : nil
    }
    let named = Set(platform.map(\.threat) + resources.flatMap { $0.levels.flatMap { $0.threats.map(\.threat) } })
    return ThreatReport(
      catalogue: version, levels: levels.map(\.name), resources: resources, platform: platform,
      threats: threats.filter { named.contains($0.id) }, mechanisms: mechanisms)
  }

  /// A threat where these facts hold; nil where it does not apply.
  private func row(
    _ threat: Threat, facts: Set<String>, due: [String: String]
  ) -> ThreatReport.Row? {
    guard threat.appliesWhen.allSatisfy({ $0.holds(in: facts) }) else { return nil }
    let inForce = threat.answers.filter { $0.when.allSatisfy { $0.holds(in: facts) } }
    let state: ThreatReport.State =
      inForce.contains { $0.effect == .prevents } ? .answered : inForce.isEmpty ? .open : .limited
    // What is absent could be asked for: it is no fact of the template's shape that is missing.
    let absent = threat.answers.filter { answer in
      !inForce.contains(answer)
        && answer.when.allSatisfy { $0.holds(in: facts) || (!$0.isNegated && !Fact.ofShape.contains($0.name)) }
    }
    return ThreatReport.Row(
      threat: threat.id, state: state,
      answers: inForce.map {
        ThreatReport.AnswerInForce(
          mechanism: $0.mechanism, effect: $0.effect, requirement: due[$0.mechanism], how: $0.how)
      },
      absent: absent.map(\.mechanism), remains: threat.remains)
  }
}
