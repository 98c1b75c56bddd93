/// Rules about requests, of which the first that fits decides.
public struct RequestFilter: Hashable, Sendable, Codable {
  /// A part of a request that patterns are looked for in.
  public enum Part: String, Hashable, Sendable, Codable, CaseIterable {
    /// The path, normalized.
    case path
    /// The path, with what is still percent-encoded decoded.
    case decodedPath = "decoded_path"
    /// The query as sent.
    case query
    /// The query, decoded as that of a form.
    case decodedQuery = "decoded_query"
    /// The values of header fields.
    case header
    /// The body as sent.
    case body
    /// The body, decoded if it is a form.
    case decodedBody = "decoded_body"
  }

  /// Patterns of which any is found in a part of a request.
  public struct Match: Hashable, Sendable, Codable {
    /// Where they are looked for.
    public var part: Part
    /// The name of the header field, in lower case; nil for all fields, and for other parts.
    public var header: String?
    /// Regular expressions over bytes.
    public var patterns: [String]

    /// Patterns of which any is found.
    public init(part: Part, header: String? = nil, patterns: [String]) {
      self.part = part
      self.header = header
      self.patterns = patterns
    }
  }

  /// Sizes that a request is beyond.
  public struct Bounds: Hashable, Sendable, Codable {
    /// Bytes of the path and the query.
    public var target: Int?
    /// Bytes of the query.
    public var query: Int?
    /// Header fields.
    public var headers: Int?
    /// Bytes of the names and values of header fields.
    public var headerBytes: Int?
    /// Bytes of the body.
    public var body: Int?

    /// Sizes that a request is beyond.
    public init(
      target: Int? = nil, query: Int? = nil, headers: Int? = nil, headerBytes: Int? = nil, body: Int? = nil
    ) {
      self.target = target
      self.query = query
      self.headers = headers
      self.headerBytes = headerBytes
      self.body = body
    }
  }

  /// What a request must be, and what becomes of it then. What is empty does not count; all that is not must hold.
  public struct Rule: Hashable, Sendable, Codable {
    /// Its name, which events have.
    public var name: String
    /// The status that answers the request; nil lets it go on.
    public var status: Int?
    /// The methods of which it has one.
    public var methods: [String]
    /// The path prefixes of which it is below one.
    public var paths: [String]
    /// The networks of which its client is in one.
    public var sources: [String]
    /// Header fields that it has, in lower case.
    public var present: [String]
    /// Header fields that it has not, in lower case.
    public var absent: [String]
    /// The media types of which its content has one, in lower case: `application/json` or `image/*`.
    public var mediaTypes: [String]
    /// Sizes that it is beyond.
    public var over: Bounds
    /// What is found in it, each of these.
    public var matches: [Match]

    /// A rule.
    public init(
      name: String, status: Int?, methods: [String] = [], paths: [String] = [], sources: [String] = [],
      present: [String] = [], absent: [String] = [], mediaTypes: [String] = [], over: Bounds = Bounds(),
      matches: [Match] = []
    ) {
      self.name = name
      self.status = status
      self.methods = methods
      self.paths = paths
      self.sources = sources
      self.present = present
      self.absent = absent
      self.mediaTypes = mediaTypes
      self.over = over
      self.matches = matches
    }
  }

  /// What is done about percent-encodings that two readers could decode differently.
  public enum Ambiguity: String, Hashable, Sendable, Codable {
    /// They are refused, in paths and queries.
    case refuse
    /// They are refused in paths.
    case refuseInPath = "refuse_in_path"
    /// They are decoded once like others.
    case pass

    /// From weak to strong.
    var rank: Int {
      switch self {
      case .pass: 0
      case .refuseInPath: 1
      case .refuse: 2
      }
    }
  }

  /// The template's own rules.
  public var rules: [Rule]
  /// Rules that come with the product, which follow.
  public var ruleSets: [RuleSet]
  /// The status where no rule fits; nil lets the request go on.
  public var defaultStatus: Int?
  /// What is done about doubtful percent-encodings.
  public var ambiguity: Ambiguity
  /// So many bytes of a body are looked at.
  public var inspectedBytes: Int
  /// Whether a longer body is refused by the rule that would look into it.
  public var refusesLongerBodies: Bool

  /// Rules about requests.
  public init(
    rules: [Rule], ruleSets: [RuleSet] = [], defaultStatus: Int? = nil, ambiguity: Ambiguity = .refuse,
    inspectedBytes: Int = 1 << 20, refusesLongerBodies: Bool = true
  ) {
    self.rules = rules
    self.ruleSets = ruleSets
    self.defaultStatus = defaultStatus
    self.ambiguity = ambiguity
    self.inspectedBytes = inspectedBytes
    self.refusesLongerBodies = refusesLongerBodies
  }

  /// All rules in their order.
  public var allRules: [Rule] { rules + ruleSets.flatMap(\.rules) }
}

extension RequestFilter {
  /// Whether whatever passes this passes the other: it refuses all that the other refuses, and lets nothing pass before
  /// that which the other does not let pass there. Rules are the same only if they are equal but for their status.
  func isAtLeast(asStrongAs other: RequestFilter) -> Bool {
    let (own, theirs) = (allRules.map(\.effect), other.allRules.map(\.effect))
    // What is let pass for something in its body passes more often where more of it is looked at.
    let looksFurther = inspectedBytes > other.inspectedBytes && !own.contains { !$0.refuses && $0.rule.looksIntoBody }
    guard ambiguity.rank >= other.ambiguity.rank, looksFurther || inspectedBytes == other.inspectedBytes,
      refusesLongerBodies || !other.refusesLongerBodies, defaultStatus != nil || other.defaultStatus == nil,
      Set(own).count == own.count, Set(theirs).count == theirs.count
    else { return false }
    // What only this refuses, and what only the other lets pass, may stand anywhere.
    let common = own.filter { !$0.refuses || theirs.contains($0) }
    return common == theirs.filter { $0.refuses || own.contains($0) }
  }

  var summary: String {
    var parts: [String] = []
    if !rules.isEmpty { parts.append("\(rules.count) \(rules.count == 1 ? "rule" : "rules")") }
    parts += ruleSets.map(\.rawValue)
    return parts.joined(separator: ", ") + (parts.isEmpty ? "" : ", ")
      + "else \(defaultStatus == nil ? "pass" : "refuse")"
  }
}

extension RequestFilter.Rule {
  /// What a rule does, whatever it is called and answers.
  struct Effect: Hashable {
    var rule: RequestFilter.Rule
    var refuses: Bool
  }

  fileprivate var looksIntoBody: Bool { matches.contains { $0.part == .body || $0.part == .decodedBody } }

  var effect: Effect {
    var rule = self
    rule.name = ""
    rule.status = nil
    return Effect(rule: rule, refuses: status != nil)
  }
}
