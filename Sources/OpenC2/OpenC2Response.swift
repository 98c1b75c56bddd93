/// An answer to a command (OpenC2 Language Specification 1.0, 3.3.2; SLPF 1.0, 2.2).
public struct OpenC2Response: Hashable, Sendable, Encodable {
  /// 102 where it is not done yet, 200 where it is, and those of refusals.
  public var status: Int
  /// What there is to say.
  public var text: String?
  /// What was asked for.
  public var results: Results?

  /// What a command gives.
  public struct Results: Hashable, Sendable, Encodable {
    /// The versions of the language that are understood.
    public var versions: [String]?
    /// The profiles that are understood.
    public var profiles: [String]?
    /// The targets that each action has.
    public var pairs: [String: [String]]?
    /// How many commands a minute are taken.
    public var rateLimit: Int?
    /// The number of the rule that was made.
    public var ruleNumber: Int?

    private enum CodingKeys: String, CodingKey {
      case versions, profiles, pairs, slpf
      case rateLimit = "rate_limit"
    }
    private enum ProfileKeys: String, CodingKey { case ruleNumber = "rule_number" }

    /// Writes it: what the profile adds is in a member of its own.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(versions, forKey: .versions)
      try container.encodeIfPresent(profiles, forKey: .profiles)
      try container.encodeIfPresent(pairs, forKey: .pairs)
      try container.encodeIfPresent(rateLimit, forKey: .rateLimit)
      guard let ruleNumber else { return }
      var profile = container.nestedContainer(keyedBy: ProfileKeys.self, forKey: .slpf)
      try profile.encode(ruleNumber, forKey: .ruleNumber)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case status, results
    case text = "status_text"
  }

  /// It is being done.
  public static let processing = OpenC2Response(status: 102)

  /// It is done; where a rule was made, with its number.
  public static func done(rule number: Int? = nil) -> OpenC2Response {
    OpenC2Response(status: 200, results: number.map { Results(ruleNumber: $0) })
  }

  /// It is not done.
  public init(_ refusal: OpenC2Refusal) {
    self.init(status: refusal.status.rawValue, text: refusal.description)
  }

  private init(status: Int, text: String? = nil, results: Results? = nil) {
    self.status = status
    self.text = text
    self.results = results
  }

  /// What is understood here (3.3.2.2; 4.1 of the language): all that was asked for, or nothing but that it is heard.
  public init(features: Set<OpenC2Command.Feature>, commandsPerMinute: Int) {
    self.init(status: 200)
    guard !features.isEmpty else { return }
    var results = Results()
    if features.contains(.versions) { results.versions = ["1.0"] }
    if features.contains(.profiles) { results.profiles = ["slpf"] }
    if features.contains(.rateLimit) { results.rateLimit = commandsPerMinute }
    if features.contains(.pairs) {
      let traffic = ["ipv4_connection", "ipv4_net", "ipv6_connection", "ipv6_net"]
      results.pairs = ["allow": traffic, "deny": traffic, "delete": ["slpf:rule_number"], "query": ["features"]]
    }
    self.results = results
  }
}
