public import Orchestration

// What goes over the API besides the orchestrator's own types.

/// One line of the answer to a request that takes time: newline-delimited JSON, any number of `progress`, then one
/// `result` or one `problem`.
public enum AnswerLine<Result: Codable & Sendable>: Sendable {
  /// A step was carried out.
  case progress(StepOutcome)
  /// It is done.
  case result(Result)
  /// It failed.
  case problem(Problem)
}

extension AnswerLine: Codable {
  private enum Key: String, CodingKey {
    case progress, result, problem
  }

  /// Reads an object with one of the three keys.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    if let progress = try container.decodeIfPresent(StepOutcome.self, forKey: .progress) {
      self = .progress(progress)
    } else if let problem = try container.decodeIfPresent(Problem.self, forKey: .problem) {
      self = .problem(problem)
    } else {
      self = .result(try container.decode(Result.self, forKey: .result))
    }
  }

  /// Writes an object with one of the three keys.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .progress(let progress): try container.encode(progress, forKey: .progress)
    case .result(let result): try container.encode(result, forKey: .result)
    case .problem(let problem): try container.encode(problem, forKey: .problem)
    }
  }
}

/// Says that something was done that has nothing to tell.
public struct Done: Hashable, Sendable, Codable {
  /// It was done.
  public init() {}
}

/// `PUT /api/v1/services/{name}/level`.
public struct LevelRequest: Hashable, Sendable, Codable {
  /// The level; `nil` leaves it to triggers.
  public var level: String?

  /// A level, or `nil` to leave it to triggers.
  public init(level: String?) {
    self.level = level
  }

  /// Writes `null` too: a body without the field is none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(level, forKey: .level)
  }
}

/// `PUT /api/v1/services/{name}/phase`.
public struct PhaseRequest: Hashable, Sendable, Codable {
  /// The phase: `build`, `deploy`, `run`, `maintenance` or `retire`.
  public var phase: String

  /// A phase.
  public init(phase: String) {
    self.phase = phase
  }
}

/// `POST /api/v1/services/{name}/quarantine`.
public struct QuarantineRequest: Hashable, Sendable, Codable {
  /// The resource.
  public var resource: String
  /// The beginning of an instance's identifier; `nil` for all of the resource.
  public var instance: String?
  /// Why, for people.
  public var cause: String?

  /// Instances of a resource.
  public init(resource: String, instance: String? = nil, cause: String? = nil) {
    self.resource = resource
    self.instance = instance
    self.cause = cause
  }

  /// Why, in at most so many characters, in one line.
  static let longestCause = 200

  func checkedCause() throws(OrchestrationFault) -> String {
    guard let cause else { return "put into quarantine by hand" }
    guard (1...Self.longestCause).contains(cause.count),
      cause.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw .input("the reason has \(cause.count) characters, expected 1 to \(Self.longestCause) in one line")
    }
    return "put into quarantine by hand: \(cause)"
  }
}

/// `PUT /api/v1/policies`.
public struct PolicyRequest: Hashable, Sendable, Codable {
  /// The services.
  public var services: [String]
  /// The authorization requirement; may be left out where there is one only.
  public var requirement: String?
  /// The policy files.
  public var files: [ServiceDeclaration.PolicyFile]

  /// Policies for services.
  public init(services: [String], requirement: String?, files: [ServiceDeclaration.PolicyFile]) {
    self.services = services
    self.requirement = requirement
    self.files = files
  }
}

/// `POST /api/v1/policies/rollback`.
public struct RollbackRequest: Hashable, Sendable, Codable {
  /// The version whose content is to be in force again; the one before the present if it is left out.
  public var to: Int?

  /// Going back to a version.
  public init(to: Int?) {
    self.to = to
  }
}

/// `GET /healthz`.
public struct Health: Hashable, Sendable, Codable {
  /// `ok`.
  public var status: String
  /// The control plane's process.
  public var pid: Int32
  /// The program's version.
  public var version: String

  /// A control plane that answers.
  public init(status: String, pid: Int32, version: String) {
    self.status = status
    self.pid = pid
    self.version = version
  }
}
