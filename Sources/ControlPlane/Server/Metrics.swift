import Orchestration

/// What runs, in the text format of Prometheus.
enum Metrics {
  static func text(of counts: DecisionLog.Counts) -> String {
    var lines = [
      "# HELP testudo_decisions_total Decisions of the policy decision points.",
      "# TYPE testudo_decisions_total counter",
    ]
    for (outcome, byTenant) in [("permit", counts.permitted), ("deny", counts.denied)] {
      for (tenant, count) in byTenant.sorted(by: { $0.key < $1.key }) {
        lines.append("testudo_decisions_total{tenant=\"\(tenant)\",decision=\"\(outcome)\"} \(count)")
      }
    }
    lines += [
      "# HELP testudo_decisions_dropped_total Decisions that are missing in the decision log.",
      "# TYPE testudo_decisions_dropped_total counter", "testudo_decisions_dropped_total \(counts.dropped)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  static func text(of unikernels: [UnikernelStatus]) -> String {
    var lines = [
      "# HELP testudo_unikernel_info One series per unikernel.", "# TYPE testudo_unikernel_info gauge",
    ]
    for unikernel in unikernels {
      let labels = [
        ("tenant", unikernel.tenant), ("service", unikernel.service), ("resource", unikernel.resource),
        ("level", unikernel.level), ("state", unikernel.state), ("image", unikernel.image),
      ]
      .map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
      lines.append("testudo_unikernel_info{\(labels)} 1")
    }
    lines += [
      "# HELP testudo_policy_version The version of the policies an enforcement point acknowledged.",
      "# TYPE testudo_policy_version gauge",
    ]
    for unikernel in unikernels where unikernel.mechanisms.contains("authorization") {
      lines.append(
        "testudo_policy_version{tenant=\"\(unikernel.tenant)\",service=\"\(unikernel.service)\","
          + "resource=\"\(unikernel.resource)\"} \(unikernel.policyVersion)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
