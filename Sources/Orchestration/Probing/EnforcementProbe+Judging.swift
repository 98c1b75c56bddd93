import Hosting
import Interchange

// Whether what came back is what had to.

/// Everything that was seen of an instance.
struct ProbeSightings: Sendable {
  /// What came of the requests of the probes that are one, in their order.
  var conversation: ProbeConversation = .answers([])
  /// What came of a request in clear where TLS is due.
  var inClear: ProbeConversation?
  /// How far connections have come that must not be opened, by the probe's name.
  var openings: [String: OpeningConnection.State] = [:]
  /// The image's counts afterwards.
  var counters: [Counter] = []
}

extension EnforcementProbe {
  /// What came of each probe.
  static func judge(_ probes: [EnforcementProbe], _ sightings: ProbeSightings) -> [ProbeOutcome] {
    var answers: [ProbeAnswer] = []
    var lack = "no answer"
    switch sightings.conversation {
    case .answers(let all): answers = all
    case .none(let seen): lack = seen
    }
    var place = 0
    let isLimited = probes.contains(.rateLimit)
    return probes.map { probe in
      var answer: ProbeAnswer?
      if probe.sending != nil {
        answer = place < answers.count ? answers[place] : nil
        place += 1
      }
      let (passed, seen) = probe.verdict(answer, lack, isLimited, sightings)
      return ProbeOutcome(probe: probe.name, expected: probe.expectation, seen: seen, passed: passed)
    }
  }

  private func verdict(
    _ answer: ProbeAnswer?, _ lack: String, _ isLimited: Bool, _ sightings: ProbeSightings
  ) -> (passed: Bool, seen: String) {
    switch self {
    case .closedPort, .unknownSource:
      let state = sightings.openings[name]
      return (state == .pending || state == .refused, state.map { "\($0)" } ?? "not tried")
    case .clearText:
      switch sightings.inClear {
      case .some(.none(let seen)): return (true, seen)
      case .some(.answers(let all)): return (false, all.first.map { "\($0.status)" } ?? "a connection")
      case nil: return (false, "not tried")
      }
    case .certificate:
      guard case .none(let seen) = sightings.conversation else { return (true, "that certificate") }
      return (false, seen)
    case .missingClientCertificate:
      guard case .none(let seen) = sightings.conversation else { return (false, "a connection") }
      return (true, seen)
    case .rateLimit:
      let counted = sightings.counters.filter { $0.name.description.hasPrefix("rate-limit.") }
      let requests = counted.filter { ["rate-limit.admitted", "rate-limit.refused"].contains($0.name.description) }
        .reduce(0) { $0 + $1.value }
      return (requests > 0, "\(requests) counted")
    case .wrongCredentials, .deniedVisitor, .responseFields, .application: break
    }
    guard let answer else { return (false, lack) }
    // What is over a limit goes no further.
    if isLimited, answer.status == 429 { return (true, "429") }
    return judge(answer)
  }

  private func judge(_ answer: ProbeAnswer) -> (passed: Bool, seen: String) {
    let status = "\(answer.status)"
    switch self {
    case .wrongCredentials: return (answer.status == 401, status)
    case .deniedVisitor(_, let challenges):
      guard !challenges.isEmpty else { return (answer.status == 403, status) }
      let shown = answer.values(of: "www-authenticate").map { $0.prefix { $0 != " " }.lowercased() }
      let missing = challenges.filter { !shown.contains($0.lowercased()) }
      let asking = shown.isEmpty ? ", asking for nothing" : ", asking for \(shown.joined(separator: ", "))"
      return (answer.status == 401 && missing.isEmpty, status + asking)
    case .responseFields(_, let fields):
      let missing = fields.filter { answer.values(of: $0.name) != [$0.value] }
      let names = missing.map(\.name).joined(separator: ", ")
      return (missing.isEmpty, missing.isEmpty ? "all of them" : "not, or not as due: \(names)")
    case .application: return (answer.status < 500, status)
    case .closedPort, .unknownSource, .clearText, .certificate, .missingClientCertificate, .rateLimit:
      return (false, status)
    }
  }
}
