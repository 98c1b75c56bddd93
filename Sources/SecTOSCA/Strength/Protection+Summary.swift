extension Protection {
  /// The kinds in the order in which a request meets them, the rest after.
  enum Kind: String, CaseIterable, Sendable {
    case filtering
    case requestFilter = "request filter"
    case rateLimit = "rate limit"
    case authentication
    case session
    case authorization
    case transportSecurity = "transport security"
    case backendSecurity = "backend security"
    case responseHeaders = "response headers"
    case audit
    case surfaceBudget = "surface budget"
    case lifetime
    case runtimeIntegrity = "runtime integrity"
  }

  /// What is due, in a few words and without anything secret.
  public var summary: String {
    switch self {
    case .filtering(let filtering): filtering.summary
    case .requestFilter(let filter): filter.summary
    case .rateLimit(let limit): limit.summary
    case .authentication(let authentication): authentication.summary
    case .session(let session): session.summary
    case .authorization(let authorization):
      authorization.remote.map { "the decision point, within \($0.deadlineMilliseconds) ms" }
        ?? "Cedar: " + authorization.policyFiles.joined(separator: " ")
        + (authorization.leaseSeconds.map { ", for \(durationText($0)) without contact" } ?? "")
    case .transportSecurity(let security): security.summary
    case .backendSecurity(let security): "TLS to `\(security.backend)`"
    case .responseHeaders(let headers): headers.summary
    case .audit(let audit): "from \(audit.severityName) on"
    case .surfaceBudget(let budget): budget.summary
    case .lifetime(let lifetime): "at most \(durationText(lifetime.seconds))"
    case .runtimeIntegrity(let integrity):
      "memory checked every \(durationText(integrity.intervalSeconds)), else \(integrity.onViolation.rawValue)"
    }
  }
}

extension RateLimit {
  fileprivate var summary: String {
    var parts: [String] = []
    for bucket in buckets {
      let party =
        switch bucket.party {
        case .source: ""
        case .principal: " for a principal"
        case .all: " for all"
        }
      parts += [bucket.rateText + party, "burst \(bucket.burst)"]
    }
    if let quota { parts.append(quota.summary) }
    if !methods.isEmpty { parts.append("by \(methods.joined(separator: " "))") }
    if paths != ["/"] { parts.append("on \(paths.joined(separator: " "))") }
    if let connections { parts.append("\(connections) connections") }
    if let totalConnections { parts.append("\(totalConnections) connections in all") }
    if let minimumRate { parts.append("at least \(minimumRate) bytes a second") }
    return parts.joined(separator: ", ")
  }
}

extension RateLimit.Quota {
  fileprivate var summary: String {
    let amounts = [received.map { "\($0) bytes in" }, sent.map { "\($0) bytes out" }].compactMap { $0 }
    let whose = party == .all ? "all" : "a \(party.rawValue)"
    return "\(amounts.joined(separator: " and ")) per \(durationText(periodSeconds)) for \(whose)"
  }
}

extension Filtering {
  fileprivate var summary: String {
    var parts = [flows == .declared ? "declared flows" : "no flows"]
    if !allowedSources.isEmpty { parts.append("and from " + allowedSources.joined(separator: " ")) }
    if allowsPing { parts.append("and ping") }
    if !rules.isEmpty { parts.append("after \(rules.count) rule\(rules.count == 1 ? "" : "s")") }
    if allowsByDefault { parts.append("and what no rule denies") }
    if commands.contains(.allow) { parts.append("and what commands allow") }
    if !commands.contains(.deny) { parts.append("whatever commands deny") }
    return parts.joined(separator: " ")
  }
}

extension Authentication {
  fileprivate var summary: String {
    switch scheme {
    case .basic(let accounts): "passwords (basic), \(accounts.count) user\(accounts.count == 1 ? "" : "s")"
    case .bearer(let tokens): "tokens (bearer) of \(tokens.issuer)" + (tokens.audience.map { " for \($0)" } ?? "")
    case .apiKey(let keys): "keys (api_key), \(keys.keys.count) key\(keys.keys.count == 1 ? "" : "s")"
    case .certificate: "client certificates"
    case .anyOf(let members): "any of: " + members.map(\.summary).joined(separator: "; ")
    }
  }
}

extension TransportSecurity {
  fileprivate var summary: String {
    var parts = ["TLS \(minimumVersion) or later"]
    switch clients {
    case .none: break
    case .requested: parts.append("client certificates requested")
    case .required: parts.append("client certificates required")
    }
    if let allowedClients { parts.append("of " + allowedClients.joined(separator: " ")) }
    if strictSeconds > 0 { parts.append("strict for \(durationText(strictSeconds))") }
    return parts.joined(separator: ", ")
  }
}

extension Audit {
  fileprivate var severityName: String {
    Self.severities.indices.contains(minimumSeverity - 1) ? Self.severities[minimumSeverity - 1] : "\(minimumSeverity)"
  }
}

extension SurfaceBudget {
  fileprivate var summary: String {
    let bytes = maximumImageBytes.map { "image of at most \($0) bytes" }
    let calls = maximumSystemCalls.map { "at most \($0) system calls" }
    return [bytes, calls].compactMap { $0 }.joined(separator: ", ")
  }
}

/// Seconds in the greatest unit that divides them.
func durationText(_ seconds: Int) -> String {
  for (size, unit) in [(86_400, "d"), (3600, "h"), (60, "min")] where seconds > 0 && seconds.isMultiple(of: size) {
    return "\(seconds / size) \(unit)"
  }
  return "\(seconds) s"
}
