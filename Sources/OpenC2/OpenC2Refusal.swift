/// Why a command is not carried out, as its producer is told (SLPF 1.0, 2.2.3).
public struct OpenC2Refusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The standard's codes for that.
  public enum Status: Int, Hashable, Sendable {
    /// It is no command.
    case badRequest = 400
    /// It could not be done.
    case internalError = 500
    /// Nothing here does it.
    case notImplemented = 501
  }

  /// The code.
  public var status: Status
  /// What was found, and what was expected.
  public var description: String

  /// A refusal.
  public init(_ status: Status, _ description: String) {
    self.status = status
    self.description = description
  }
}
