/// What the checks of an instance's memory have found so far.
public struct IntegrityStatus: Hashable, Sendable, Codable {
  /// What a check ended with.
  public enum Outcome: String, Hashable, Sendable, Codable {
    /// The memory is what the image says.
    case intact
    /// It is not.
    case violated
    /// It could not be looked at.
    case unchecked
  }

  /// What the last check ended with.
  public var outcome: Outcome
  /// What was found, or why nothing could be; `nil` where all is well.
  public var finding: String?
  /// When the last check ended (RFC 3339).
  public var checked: String
  /// How many checks there have been.
  public var checks: Int
  /// How long it is from one check to the next, in seconds.
  public var interval: Int

  /// What a check ended with.
  public init(outcome: Outcome, finding: String?, checked: String, checks: Int, interval: Int) {
    self.outcome = outcome
    self.finding = finding
    self.checked = checked
    self.checks = checks
    self.interval = interval
  }
}
