/// How often the memory of running instances is held against their image, from outside, and what becomes of an instance
/// whose memory is not what the image says.
public struct RuntimeIntegrity: Hashable, Sendable, Codable {
  /// What becomes of such an instance, once a clean one has taken its place.
  public enum Reaction: String, CaseIterable, Hashable, Sendable, Codable {
    /// It is kept off the network to be looked at.
    case quarantine
    /// It is stopped.
    case replace
  }

  /// How long it is from one check to the next, in seconds: 1 to a day.
  public var intervalSeconds: Int
  /// What becomes of an instance that differs.
  public var onViolation: Reaction

  /// The longest interval, in seconds.
  public static let longestInterval = 86_400

  /// Checks of memory.
  public init(intervalSeconds: Int, onViolation: Reaction = .quarantine) {
    self.intervalSeconds = intervalSeconds
    self.onViolation = onViolation
  }

  /// The shorter interval; an instance is kept where either says so.
  func combined(with other: RuntimeIntegrity) -> RuntimeIntegrity {
    RuntimeIntegrity(
      intervalSeconds: min(intervalSeconds, other.intervalSeconds),
      onViolation: onViolation == .replace && other.onViolation == .replace ? .replace : .quarantine)
  }
}
