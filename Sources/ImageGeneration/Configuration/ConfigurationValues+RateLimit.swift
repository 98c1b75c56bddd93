import Interchange
import SecTOSCA

extension ConfigurationValues {
  /// What is limited. All values but quotas are always given, so that a level without a bound takes the place of one with
  /// a bound; of several bounds on connections the smallest counts, of several rates of clients the highest.
  mutating func addLimits(_ limits: [RateLimit]) {
    set("rate-limit", "limits", .list(limits.flatMap(\.bucketValues)))
    set("rate-limit", "announced", .boolean(limits.contains { $0.isAnnounced }))
    set("rate-limit", "connections-per-source", .number(limits.compactMap(\.connections).min() ?? 0))
    set("rate-limit", "connections", .number(limits.compactMap(\.totalConnections).min() ?? 0))
    set(
      "rate-limit", "minimum-rate",
      .number(limits.compactMap(\.minimumRate).max() ?? RateLimit.ordinaryMinimumRate))
    set("quota", "quotas", .list(limits.compactMap(\.quotaValue)))
  }
}

extension RateLimit {
  /// What a bucket or a quota is for.
  private func selection(of party: Party) -> [ParameterField] {
    var fields = [ParameterField("paths", .strings(paths))]
    if !methods.isEmpty { fields.append(ParameterField("methods", .strings(methods))) }
    if party != .source { fields.append(ParameterField("per", .string(party.rawValue))) }
    return fields
  }

  fileprivate var bucketValues: [ParameterValue] {
    buckets.map { bucket in
      .map(
        selection(of: bucket.party) + [
          ParameterField("requests", .number(bucket.requests)),
          ParameterField("interval-ms", .number(bucket.intervalMilliseconds)),
          ParameterField("burst", .number(bucket.burst)),
        ])
    }
  }

  fileprivate var quotaValue: ParameterValue? {
    guard let quota else { return nil }
    var fields = selection(of: quota.party)
    fields.append(ParameterField("period-ms", .number(quota.periodSeconds * 1000)))
    if let received = quota.received { fields.append(ParameterField("received", .number(received))) }
    if let sent = quota.sent { fields.append(ParameterField("sent", .number(sent))) }
    return .map(fields)
  }
}
