public import Cedar

/// How one set of policies relates to another, in what it permits.
public enum PolicyRelation: String, Hashable, Sendable {
  /// Both permit the same requests.
  case same
  /// The new one permits all that the old one does, and more.
  case more
  /// The new one permits nothing that the old one does not, and less.
  case less
  /// Each permits something that the other does not.
  case different
  /// Not all of it could be decided; what could be is said.
  case unknown
}

/// A request that one set of policies permits and another does not, found by a solver and checked by evaluation.
public struct PolicyWitness: Sendable {
  /// The request.
  public var request: Request
  /// The entities that it is decided with.
  public var entities: Entities
  /// What the old policies say.
  public var old: Response
  /// What the new policies say.
  public var new: Response
}

/// Something that keeps an answer from being exact, and where.
public struct AnalysisLimitation: Hashable, Sendable, CustomStringConvertible {
  /// What it is.
  public var message: String
  /// Where it stands in its policy's text, if it does.
  public var range: SourceSpan?
  /// The kind of request that it is about.
  public var environment: RequestEnvironment

  /// `line:column: message (for environment)`.
  public var description: String {
    (range.map { "\($0): " } ?? "") + message + " (requests of \(environment))"
  }
}

/// What a comparison of two sets of policies found.
public struct PolicyComparison: Sendable {
  /// What is known of one direction.
  public enum Direction: Sendable {
    /// There is such a request, and this is one.
    case proved(PolicyWitness)
    /// There is no such request.
    case never
    /// It could not be decided.
    case undecided
  }

  /// Requests that only the new set permits.
  public internal(set) var gained: Direction
  /// Requests that only the old set permits.
  public internal(set) var lost: Direction
  /// Why something could not be decided.
  public internal(set) var limitations: [AnalysisLimitation]

  /// How the new set relates to the old one.
  public var relation: PolicyRelation {
    switch (gained, lost) {
    case (.proved, .proved): .different
    case (.proved, .never): .more
    case (.never, .proved): .less
    case (.never, .never): .same
    default: .unknown
    }
  }
}

/// Answers questions about all requests at once, exactly, with a solver.
///
/// All requests are those that conform to the schema, decided with any entities that do and that include all entities
/// that policies and attributes refer to; or all HTTP requests that an image can be asked.
public struct PolicyAnalyzer: Sendable {
  let domain: any EntityDomain
  let solver: Solver

  /// An analyzer for requests that conform to a schema.
  public init(schema: Schema, solver: Solver) {
    self.domain = SchemaDomain(schema: schema)
    self.solver = solver
  }

  init(domain: any EntityDomain, solver: Solver) {
    self.domain = domain
    self.solver = solver
  }

  /// Compares what two sets of policies permit. Stops looking in a direction where one request is found.
  public func compare(_ old: PolicySet, _ new: PolicySet) throws(SolverFault) -> PolicyComparison {
    var result = PolicyComparison(gained: .never, lost: .never, limitations: [])
    for environment in domain.environments {
      if case .proved = result.gained, case .proved = result.lost { break }
      let space = RequestSpace(environment, domain)
      let compiler = SymbolicCompiler(space)
      let before: SMTTerm
      let after: SMTTerm
      do throws(Unsupported) {
        before = try compiler.allows(old.policies)
        after = try compiler.allows(new.policies)
        guard before != after else { continue }
        try space.close()
      } catch {
        Self.weaken(&result.gained)
        Self.weaken(&result.lost)
        result.limitations.append(
          AnalysisLimitation(message: error.message, range: error.range, environment: environment))
        continue
      }
      let script = space.script
      try ask(space, script.and(after, script.not(before)), .allow, old, new, &result.gained, &result.limitations)
      try ask(space, script.and(before, script.not(after)), .deny, old, new, &result.lost, &result.limitations)
    }
    return result
  }

  private static func weaken(_ direction: inout PolicyComparison.Direction) {
    if case .never = direction { direction = .undecided }
  }

  private func ask(
    _ space: RequestSpace, _ question: SMTTerm, _ expected: Decision, _ old: PolicySet, _ new: PolicySet,
    _ direction: inout PolicyComparison.Direction, _ limitations: inout [AnalysisLimitation]
  ) throws(SolverFault) {
    if case .proved = direction { return }
    let (verdict, model) = try solver.model(space.script, question, values: ModelReader.terms(space))
    if verdict == .unsatisfiable { return }
    if verdict == .satisfiable {
      var reader = ModelReader(space, model)
      if let (request, entities) = reader.read() {
        let before = Authorizer(policies: old, entities: entities).decide(request)
        let after = Authorizer(policies: new, entities: entities).decide(request)
        if before.decision != after.decision, after.decision == expected {
          direction = .proved(PolicyWitness(request: request, entities: entities, old: before, new: after))
          return
        }
      }
    }
    Self.weaken(&direction)
    for limitation in space.limitations {
      let found = AnalysisLimitation(
        message: limitation.message, range: limitation.range, environment: space.environment)
      if !limitations.contains(found) { limitations.append(found) }
    }
    if space.limitations.isEmpty {
      let message =
        verdict == .satisfiable
        ? "what the solver found is not confirmed by evaluation"
        : "the solver gave no answer within \(solver.milliseconds) ms"
      limitations.append(AnalysisLimitation(message: message, range: nil, environment: space.environment))
    }
  }
}
