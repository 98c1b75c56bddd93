/// The threats of the reference architecture, with what answers each: data, read from a file, so that it can grow without
/// the program. `Documentation/Threats.md` describes the file.
public struct ThreatCatalogue: Hashable, Sendable {
  /// The catalogue's version.
  public var version: String
  /// Where threats are from, by the key that references begin with.
  public var sources: [String: Source]
  /// What answers threats.
  public var mechanisms: [Mechanism]
  /// The threats, in the order in which they are shown.
  public var threats: [Threat]

  /// A published collection of threats.
  public struct Source: Hashable, Sendable, Codable {
    /// Its title.
    public var title: String
    /// The address of one entry, `{}` standing for its identifier; `nil` where it has none.
    public var address: String?
  }

  /// The mechanism of that identifier.
  public func mechanism(_ id: String) -> Mechanism? { mechanisms.first { $0.id == id } }
}

/// Something that answers threats: a requirement's mechanism, or a property that every image has by design.
public struct Mechanism: Hashable, Sendable, Codable {
  /// The three families of countermeasures of the reference architecture.
  public enum Family: String, Hashable, Sendable, Codable, CaseIterable {
    case designTime = "design-time"
    case surface
    case adaptation
  }

  /// Its identifier, which is the fact that holds where it is in force.
  public var id: String
  /// Its name.
  public var name: String
  /// Its family.
  public var family: Family
  /// The SecTOSCA policy type that calls for it, or `design`.
  public var givenBy: String
  /// What it does, in a sentence or two.
  public var description: String

  /// Whether every image has it.
  public var isByDesign: Bool { givenBy == "design" }
}

/// A threat, what it needs and what answers it.
public struct Threat: Hashable, Sendable, Codable {
  /// The six kinds of threats (STRIDE).
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case spoofing
    case tampering
    case repudiation
    case informationDisclosure = "information disclosure"
    case denialOfService = "denial of service"
    case elevationOfPrivilege = "elevation of privilege"
  }

  /// The three classes of attacks of the reference architecture.
  public enum AttackClass: String, Hashable, Sendable, Codable, CaseIterable {
    case withoutCompromise = "without a compromise"
    case compromising
    case basedOnCompromise = "based on a compromise"
  }

  /// What a threat is about.
  public enum Scope: String, Hashable, Sendable, Codable {
    /// Each resource by itself.
    case resource
    /// What all resources stand on.
    case platform
  }

  /// What a mechanism does about a threat.
  public struct Answer: Hashable, Sendable, Codable {
    /// How much it does.
    public enum Effect: String, Hashable, Sendable, Codable {
      /// The attack does not succeed.
      case prevents
      /// It costs more, or gains less.
      case limits
      /// It is noticed.
      case detects
      /// Its effect ends.
      case recovers
    }

    /// How much it does.
    public var effect: Effect
    /// The mechanism's identifier.
    public var mechanism: String
    /// The facts that must hold for it to be in force.
    public var when: [Fact]
    /// How it answers the threat.
    public var how: String
  }

  /// Its identifier.
  public var id: String
  /// Its name.
  public var name: String
  /// What it is about.
  public var scope: Scope
  /// The component of the reference architecture that is attacked.
  public var component: String
  /// Its class.
  public var attackClass: AttackClass
  /// Its kinds.
  public var stride: [Kind]
  /// What happens.
  public var description: String
  /// The vulnerabilities it needs.
  public var needs: [String]
  /// The facts that must hold for it to be a threat at all.
  public var appliesWhen: [Fact]
  /// What answers it.
  public var answers: [Answer]
  /// What remains when all answers are in force.
  public var remains: String
  /// References, as `source:identifier`.
  public var sources: [String]
  /// How likely an attempt is, 0 to 100: an estimate.
  public var likelihood: Int
  /// How much is lost when it succeeds, 0 to 100: an estimate.
  public var impact: Int
}
