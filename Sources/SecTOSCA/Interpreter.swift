public import Foundation
public import TOSCA

/// Makes of a topology what it says about security: which resources there are, what protection each is due at each
/// level, and what changes the level. Files that the template names (sites, policies, keys) are looked for below its
/// root.
///
/// It never stops at the first mistake: all findings come at once, each with its place.
public struct Interpreter: Sendable {
  private let now: Date

  /// An interpreter, which judges certificates at a time. It keeps nothing between topologies.
  public init(now: Date = Date()) {
    self.now = now
  }

  /// The service that a topology describes, and what is wrong or looks wrong with it.
  ///
  /// - Returns: The service, or nil where a finding is an error; findings in the order of their places.
  public func interpret(_ topology: Topology) -> (service: ProtectedService?, findings: [Finding]) {
    var interpretation = Interpretation(topology, now: now)
    interpretation.readExternalServices()
    interpretation.readResources()
    interpretation.readRequirements()
    interpretation.readLevels()
    interpretation.readTriggers()
    interpretation.checkCombinations()
    interpretation.checkCertificates()
    interpretation.checkRequestFilters()
    interpretation.checkSessions()
    interpretation.checkBackends()
    interpretation.checkOrderOfLevels()
    interpretation.checkTriggers()
    interpretation.checkUse()

    let findings = interpretation.sortedFindings
    guard !findings.contains(where: { $0.severity == .error }) else { return (nil, findings) }
    let service = ProtectedService(
      resources: interpretation.resources, levels: interpretation.levels,
      requirements: interpretation.usedRequirements, triggers: interpretation.triggers, root: topology.root)
    return (service, findings)
  }
}
