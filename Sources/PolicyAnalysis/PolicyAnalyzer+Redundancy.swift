public import Cedar

/// Something that is probably not meant in a set of policies, proved of all requests.
public struct PolicyRemark: Hashable, Sendable {
  /// What kind of remark it is; the raw value is its stable name.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No request meets the policy.
    case neverApplies = "policy-never-applies"
    /// Whatever the policy permits is forbidden by others.
    case shadowed = "policy-shadowed"
    /// An earlier policy does the same.
    case duplicate = "duplicate-policy"
    /// Others do what this one does, and more.
    case redundant = "redundant-policy"
    /// Whether the policy does anything that others do not was not found out in time.
    case undecided = "policy-undecided"
  }

  /// What it is.
  public var code: Code
  /// The policy, by its position in the set.
  public var policy: Int
  /// The other policy that makes it so, where one alone does.
  public var other: Int?

  /// A remark.
  init(_ code: Code, _ policy: Int, _ other: Int? = nil) {
    self.code = code
    self.policy = policy
    self.other = other
  }

  /// What was found, with policies named as asked: lower case, no final period.
  public func message(named name: (Int) -> String) -> String {
    let by = other.map(name) ?? "other policies together"
    return switch code {
    case .neverApplies: "\(name(policy)) applies to no request"
    case .shadowed: "every request that \(name(policy)) permits is forbidden by \(by)"
    case .duplicate: "\(name(policy)) applies to the same requests as \(by), with the same effect"
    case .redundant: "\(name(policy)) applies to no request that \(by) does not apply to, with the same effect"
    case .undecided: "whether \(name(policy)) does anything that other policies do not was not found out in time"
    }
  }

  /// The policies that are the same as an earlier one in their very words, annotations aside: what can be said without
  /// a solver.
  public static func duplicates(_ policies: [Policy]) -> [PolicyRemark] {
    var first: [String: Int] = [:]
    var remarks: [PolicyRemark] = []
    for (index, policy) in policies.enumerated() {
      var bare = policy
      bare.annotations = []
      let text = bare.description
      if let other = first[text] {
        remarks.append(PolicyRemark(.duplicate, index, other))
      } else {
        first[text] = index
      }
    }
    return remarks
  }
}

extension PolicyAnalyzer {
  /// What is remarkable about policies, by position, and what keeps it from being all there is to say.
  /// - Parameter seconds: For how long solvers may be asked altogether; `nil` for as long as it takes. What could not be
  ///   decided by then, and what a solver gave up, is remarked as undecided.
  public func remarks(
    _ policies: [Policy], within seconds: Double? = nil
  ) throws(SolverFault) -> (remarks: [PolicyRemark], limitations: [AnalysisLimitation]) {
    var inquiry = Inquiry(policies: policies, solver: solver)
    if let seconds { inquiry.end = ContinuousClock.now + .seconds(seconds) }
    for environment in domain.environments { inquiry.add(environment, domain) }
    return (try inquiry.remarks(), inquiry.limitations)
  }

  /// Policies as formulas in every environment, and what is asked about them.
  private struct Inquiry {
    let policies: [Policy]
    let solver: Solver
    private var spaces: [(script: SMTScript, applies: [SMTTerm])] = []
    private(set) var limitations: [AnalysisLimitation] = []
    /// When no more is asked.
    var end: ContinuousClock.Instant?
    /// The policies about which something was asked and not answered.
    private var undecided: Set<Int> = []

    init(policies: [Policy], solver: Solver) {
      self.policies = policies
      self.solver = solver
    }

    mutating func add(_ environment: RequestEnvironment, _ domain: any EntityDomain) {
      let space = RequestSpace(environment, domain)
      let compiler = SymbolicCompiler(space)
      // What has no form may apply to anything, so that nothing is said of it and nothing depends on it.
      var applies: [SMTTerm] = []
      do throws(Unsupported) {
        for policy in policies { applies.append(try compiler.applies(policy)) }
        try space.close()
      } catch {
        space.limitations.append(error)
        applies = policies.map { _ in space.script.apply(space.script.freshKey(), [], .bool) }
      }
      for limitation in space.limitations {
        limitations.append(
          AnalysisLimitation(message: limitation.message, range: limitation.range, environment: environment))
      }
      spaces.append((space.script, applies))
    }

    /// For which questions there is no request in any environment; a question is a policy with others that are not to
    /// apply.
    private mutating func impossible(_ questions: [(policy: Int, others: [Int])]) throws(SolverFault) -> [Bool] {
      var result = questions.map { _ in true }
      for (script, applies) in spaces {
        var open = questions.indices.filter { result[$0] }[...]
        // In portions, so that the time is looked at between them.
        while !open.isEmpty {
          let portion = open.prefix(Self.portion)
          open = open.dropFirst(portion.count)
          if let end, ContinuousClock.now >= end {
            for index in portion {
              result[index] = false
              undecided.insert(questions[index].policy)
            }
            continue
          }
          let terms = portion.map { index in
            let question = questions[index]
            return script.and(
              applies[question.policy], script.not(script.or(question.others.map { applies[$0] })))
          }
          for (index, verdict) in zip(portion, try solver.verdicts(script, terms)) {
            result[index] = verdict == .unsatisfiable
            if verdict == .unknown { undecided.insert(questions[index].policy) }
          }
        }
      }
      return result
    }

    private static let portion = 16

    mutating func remarks() throws(SolverFault) -> [PolicyRemark] {
      var found: [Int: PolicyRemark] = [:]
      let all = Array(policies.indices)
      let forbids = all.filter { policies[$0].effect == .forbid }
      let never = try impossible(all.map { ($0, []) })
      for index in all where never[index] { found[index] = PolicyRemark(.neverApplies, index) }

      func near(_ index: Int, _ others: [Int]) -> [Int] {
        others.filter { policies[index].mayMeet(policies[$0]) }
      }
      let permits = all.filter { policies[$0].effect == .permit && !never[$0] && !near($0, forbids).isEmpty }
      let hidden = try impossible(permits.map { ($0, near($0, forbids)) })
      let shadowed = zip(permits, hidden).filter(\.1).map(\.0)
      for index in shadowed { found[index] = PolicyRemark(.shadowed, index) }

      let rest = all.filter { found[$0] == nil }
      // What has no request in common with a policy cannot stand in for it.
      func peers(_ index: Int) -> [Int] {
        near(index, rest.filter { $0 != index && policies[$0].effect == policies[index].effect })
      }
      let compared = rest.filter { !peers($0).isEmpty }
      let covered = try impossible(compared.map { ($0, peers($0)) })
      let candidates = zip(compared, covered).filter(\.1).map(\.0)

      // One policy alone that makes it so.
      var pairs: [(policy: Int, others: [Int])] = []
      for index in shadowed { pairs += near(index, forbids).map { (index, [$0]) } }
      for index in candidates { pairs += peers(index).map { (index, [$0]) } }
      var implies: [Int: [Int]] = [:]
      for (pair, holds) in zip(pairs, try impossible(pairs)) where holds {
        implies[pair.policy, default: []].append(pair.others[0])
      }
      for index in shadowed { found[index]?.other = implies[index]?.first }
      for index in candidates {
        let same = (implies[index] ?? []).filter { implies[$0]?.contains(index) == true }
        let larger = (implies[index] ?? []).filter { !same.contains($0) }
        if let earlier = same.first(where: { $0 < index }) {
          found[index] = PolicyRemark(.duplicate, index, earlier)
        } else if let other = larger.first {
          found[index] = PolicyRemark(.redundant, index, other)
        }
      }
      // Several together; each that is said to be dispensable is then taken as gone.
      for index in candidates where found[index] == nil {
        let others = peers(index).filter { found[$0] == nil }
        if try impossible([(index, others)])[0] { found[index] = PolicyRemark(.redundant, index) }
      }
      for index in undecided where found[index] == nil { found[index] = PolicyRemark(.undecided, index) }
      return found.values.sorted { $0.policy < $1.policy }
    }
  }
}
