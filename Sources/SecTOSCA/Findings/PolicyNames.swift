public import TOSCA

extension Interpreter {
  /// Where the policies of a topology name other policies: the requirements of levels, and the levels and requirements that
  /// triggers name. TOSCA knows nothing of these names, so that editors ask for them here.
  public func policyNames(in topology: Topology) -> [(name: String, place: SourceRange)] {
    var found: [(name: String, place: SourceRange)] = []
    for policy in topology.policies {
      if policy.type.derives(from: Vocabulary.Policy.level) {
        for item in policy.properties["requires"]?.list ?? [] {
          if let name = item.string { found.append((name, item.place)) }
        }
      }
      if policy.type.derives(from: Vocabulary.Policy.adaptation) {
        for trigger in policy.triggers { trigger.actions.forEach { Self.collectNames($0, &found) } }
      }
    }
    return found
  }

  /// The values of `level` and `requirement` at whatever depth: inputs are a map in one form and a list of maps in another.
  private static func collectNames(_ value: Value, _ found: inout [(name: String, place: SourceRange)]) {
    for entry in value.map ?? [] {
      if ["level", "requirement"].contains(entry.key), let name = entry.value.string {
        found.append((name, entry.value.place))
      } else {
        collectNames(entry.value, &found)
      }
    }
    for item in value.list ?? [] { collectNames(item, &found) }
  }
}
