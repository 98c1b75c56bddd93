import TOSCA

extension Interpretation {
  /// Reads the policies that say what protection is due.
  mutating func readRequirements() {
    let all = policies(of: Vocabulary.Policy.requirement)
    // Those that consist of others come after these.
    let isCompound = { (policy: Policy) in policy.properties["scheme"]?.string == Self.anyOf }
    for policy in all.filter({ !isCompound($0) }) + all.filter(isCompound) {
      let kind = Vocabulary.Policy.requirements.first { policy.type.derives(from: $0) }
      guard let kind else {
        report(
          "unsupported-requirement", at: policy.place,
          "`\(policy.name)` is a `\(policy.type.name)`, which says nothing about what is due",
          expected: "a policy of type \(enumeration(Vocabulary.Policy.requirements, last: "or"))")
        continue
      }
      let targets = readTargets(of: policy, kind: kind)
      if let protection = readProtection(of: policy, kind: kind) {
        if case .rateLimit(let limit) = protection { checkPaths(of: limit, policy: policy, targets: targets) }
        requirements.append(
          SecurityRequirement(name: policy.name, targets: targets, protection: protection, place: policy.place))
      } else {
        unreadable[policy.name] = (kind, targets)
      }
    }
    let order = all.map(\.name)
    requirements.sort { left, right in
      (order.firstIndex(of: left.name) ?? 0) < (order.firstIndex(of: right.name) ?? 0)
    }
  }

  /// The resources that a policy applies to, groups resolved.
  private mutating func readTargets(of policy: Policy, kind: String) -> [String] {
    var targets: [String] = []
    for target in policy.targets {
      if let node = topology.node(target.value) {
        if canBear(node, kind: kind, policy: policy, target: target), !targets.contains(node.name) {
          targets.append(node.name)
        }
      } else if let group = topology.groups.first(where: { $0.name == target.value }) {
        for member in group.members {
          guard let node = topology.node(member), !targets.contains(member) else { continue }
          if canBear(node, kind: kind, policy: policy, target: target, group: group) { targets.append(member) }
        }
      } else {
        reportUnknown(target, of: policy)
      }
    }
    if policy.targets.isEmpty {
      report(
        "requirement-without-target", at: policy.place, "`\(policy.name)` has no target",
        expected: "`targets` with the nodes or groups that it protects")
    }
    return targets
  }

  /// Reports a target that does not exist.
  mutating func reportUnknown(_ target: Located<String>, of policy: Policy) {
    report(
      "unknown-target", at: target.place, "`\(policy.name)` has the target `\(target.value)`, which does not exist",
      expected: "a node or a group of the template",
      suggestion: nearest(target.value, among: topology.nodes.map(\.name) + topology.groups.map(\.name)))
  }

  /// Whether a node can have that kind of protection; what cannot is reported, never passed over.
  private mutating func canBear(
    _ node: Node, kind: String, policy: Policy, target: Located<String>, group: Group? = nil
  ) -> Bool {
    let http = [
      Vocabulary.Policy.rateLimit, Vocabulary.Policy.authentication, Vocabulary.Policy.authorization,
      Vocabulary.Policy.session, Vocabulary.Policy.responseHeaders, Vocabulary.Policy.requestFilter,
    ]
    let due = http.contains(kind) ? Vocabulary.Node.httpService : Vocabulary.Node.unikernel
    if node.type.derives(from: due) { return true }
    // Where there are no requests, connections are counted.
    if kind == Vocabulary.Policy.rateLimit, node.type.derives(from: Vocabulary.Node.streamProxy) { return true }
    let through = group.map { " (in the group `\($0.name)`)" } ?? ""
    report(
      "misplaced-requirement", at: target.place,
      "`\(policy.name)` is a `\(kind)`, which `\(node.name)`\(through), a `\(node.type.name)`, cannot bear",
      expected: "a node of a type derived from `\(due)`",
      related: [Finding.Related(place: node.place, message: "`\(node.name)`")])
    return false
  }

  mutating func readProtection(of policy: Policy, kind: String) -> Protection? {
    let properties = Properties(of: policy)
    return switch kind {
    case Vocabulary.Policy.filtering: readFiltering(properties).map(Protection.filtering)
    case Vocabulary.Policy.requestFilter: readRequestFilter(properties).map(Protection.requestFilter)
    case Vocabulary.Policy.rateLimit: readRateLimit(properties).map(Protection.rateLimit)
    case Vocabulary.Policy.authentication: readAuthentication(properties).map(Protection.authentication)
    case Vocabulary.Policy.session: readSession(properties).map(Protection.session)
    case Vocabulary.Policy.authorization: readAuthorization(properties).map(Protection.authorization)
    case Vocabulary.Policy.transportSecurity: readTransportSecurity(properties).map(Protection.transportSecurity)
    case Vocabulary.Policy.responseHeaders: readResponseHeaders(properties).map(Protection.responseHeaders)
    case Vocabulary.Policy.audit: readAudit(properties).map(Protection.audit)
    case Vocabulary.Policy.surfaceBudget: readSurfaceBudget(properties).map(Protection.surfaceBudget)
    case Vocabulary.Policy.runtimeIntegrity: readRuntimeIntegrity(properties).map(Protection.runtimeIntegrity)
    default: readLifetime(properties).map(Protection.lifetime)
    }
  }
}
