/// Why an instance must give its place to a fresh one though its image and settings are those due, and what becomes of it
/// once it has.
public struct Withdrawal: Hashable, Sendable, Codable {
  /// What becomes of the instance.
  public enum Fate: String, Hashable, Sendable, Codable {
    /// It is drained and stopped.
    case stopped
    /// It is taken off the network and its memory kept, until somebody has looked at it.
    case quarantined
  }

  /// What becomes of the instance.
  public var fate: Fate
  /// Why, for people.
  public var cause: String
  /// Whether it may be in somebody else's hands: then nothing waits for what it says.
  public var isSuspect: Bool

  /// A withdrawal. Whoever puts an instance into quarantine suspects it.
  public init(fate: Fate, cause: String, isSuspect: Bool = false) {
    self.fate = fate
    self.cause = cause
    self.isSuspect = isSuspect || fate == .quarantined
  }
}
