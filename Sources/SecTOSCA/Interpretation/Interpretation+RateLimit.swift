import TOSCA

/// Limits: rates, quotas and connections.
extension Interpretation {
  mutating func readRateLimit(_ properties: Properties) -> RateLimit? {
    let before = findings.count
    let rates: [(party: RateLimit.Party, name: String, rate: Rate)] =
      [(.source, "per_source"), (.principal, "per_principal"), (.all, "in_all")]
      .compactMap { party, name in rate(name, of: properties).map { (party, name, $0) } }
    let burst = integer("burst", of: properties, in: 1...Rate.mostRequests)
    if burst != nil, rates.count != 1, findings.count == before {
      report(
        "invalid-value", at: properties.values["burst"]?.place ?? properties.place,
        "`burst` of \(properties.holder) stands beside \(rates.isEmpty ? "no rate" : "several rates")",
        expected: "one of `per_source`, `per_principal` and `in_all`; another requirement for another rate")
    }
    let connections = integer("connections", of: properties, in: 1...RateLimit.mostConnections)
    let total = integer("connections_in_all", of: properties, in: 1...RateLimit.mostConnections)
    let minimum = amount("minimum_rate", of: properties, in: 1...(1 << 20), unit: "bytes a second (1 B to 1 MiB)")
    let announced = flag("announced", of: properties) ?? false
    let quota = readQuota(properties)
    let methods = readLimitedMethods(properties)
    var paths: [String] = []
    let written = boundedTexts("paths", of: properties)
    for path in written ?? [] {
      if let prefix = pathPrefix(path, "an entry of `paths` of \(properties.holder)"), !paths.contains(prefix) {
        paths.append(prefix)
      }
    }
    if let written, written.isEmpty, findings.count == before {
      report(
        "invalid-value", at: properties.values["paths"]?.place ?? properties.place,
        "`paths` of \(properties.holder) is empty, so nothing would be limited", expected: "`[ / ]` for every path")
    }
    let limit = RateLimit(
      buckets: rates.map {
        RateLimit.Bucket(
          party: $0.party, requests: $0.rate.requests, intervalMilliseconds: $0.rate.intervalMilliseconds,
          burst: burst ?? $0.rate.requests)
      },
      quota: quota, paths: paths.isEmpty ? ["/"] : paths, methods: methods, connections: connections,
      totalConnections: total, minimumRate: minimum, isAnnounced: announced)
    if !limit.limitsMoreThanBytes, quota == nil, findings.count == before {
      report(
        "invalid-value", at: properties.place, "\(properties.holder) limits nothing",
        expected:
          "one of `per_source`, `per_principal`, `in_all`, `quota`, `connections`, `connections_in_all` and `minimum_rate`"
      )
    }
    if announced, limit.buckets.isEmpty, findings.count == before {
      report(
        "invalid-value", at: properties.values["announced"]?.place ?? properties.place,
        "`announced` of \(properties.holder) has nothing to tell", expected: "a rate beside it")
    }
    return findings.count == before ? limit : nil
  }

  private mutating func rate(_ name: String, of properties: Properties) -> Rate? {
    guard let text = text(name, of: properties) else { return nil }
    guard let rate = Rate(text.value) else {
      report(
        "invalid-rate", at: text.place, "`\(name)` of \(properties.holder) is `\(text.value)`",
        expected: "a rate such as `20 per 1 s`: at most \(Rate.mostRequests) per at most a day, in `ms`, `s` or `min`")
      return nil
    }
    return rate
  }

  private mutating func readLimitedMethods(_ properties: Properties) -> [String] {
    var methods: [String] = []
    for method in boundedTexts("methods", of: properties) ?? [] {
      guard !method.value.isEmpty, method.value.utf8.count <= 32,
        method.value.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == 0x2D })
      else {
        report(
          "invalid-value", at: method.place,
          "`methods` of \(properties.holder) has `\(method.value)`, which is no method",
          expected: "a method in capitals, such as `POST`")
        continue
      }
      if !methods.contains(method.value) { methods.append(method.value) }
    }
    if methods.count > RateLimit.mostMethods {
      report(
        "invalid-value", at: properties.values["methods"]?.place ?? properties.place,
        "`methods` of \(properties.holder) has \(methods.count) entries", expected: "at most \(RateLimit.mostMethods)")
    }
    return methods
  }

  private mutating func readQuota(_ properties: Properties) -> RateLimit.Quota? {
    guard let value = value("quota", of: properties) else { return nil }
    let holder = "`quota` of \(properties.holder)"
    guard let parts = Properties(value, holder: holder) else {
      report("invalid-value", at: value.place, "\(holder) is not a map", expected: "`period`, `received` and more")
      return nil
    }
    let before = findings.count
    let party = choice("per", of: parts, from: RateLimit.Party.allCases.map(\.rawValue))
    let bytes = 1...(1 << 50)
    let received = amount("received", of: parts, in: bytes, unit: "bytes")
    let sent = amount("sent", of: parts, in: bytes, unit: "bytes")
    let period = amount(
      "period", of: parts, in: 1...(31 * 86_400), unit: "seconds (1 s to 31 d)", required: true)
    if received == nil, sent == nil, findings.count == before {
      report("invalid-value", at: value.place, "\(holder) bounds nothing", expected: "`received`, `sent`, or both")
    }
    guard findings.count == before, let period else { return nil }
    return RateLimit.Quota(
      party: party.flatMap { RateLimit.Party(rawValue: $0.value) } ?? .source, received: received, sent: sent,
      periodSeconds: period)
  }
}

extension RateLimit {
  /// The most that `connections` may say: what an image can have at all.
  static let mostConnections = 65_536
  /// The most methods that a limit may name.
  static let mostMethods = 16
  /// The bytes a second that images ask of clients where nothing else is said.
  public static let ordinaryMinimumRate = 512
}
