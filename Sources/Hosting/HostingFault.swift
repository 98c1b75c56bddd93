/// Why something on this host could not be done. The text says what, where and what was expected.
public enum HostingFault: Error, Equatable, Sendable {
  /// This host lacks something, or the caller may not use it. `remedy` is what mends it, a command where there is one.
  case lacking(what: String, remedy: String)
  /// A value that was handed over is not usable.
  case invalid(what: String, found: String, expected: String)
  /// What is asked for is held by somebody else, or still in use.
  case conflict(String)
  /// What is meant is not there, or no longer.
  case gone(String)
  /// No answer came in time.
  case deadline(String)
  /// More is waiting to be sent than is kept.
  case congested(String)
  /// The other side did not keep to the protocol, or refused.
  case refused(String)
  /// The kernel refused an operation; `code` is its `errno`.
  case system(operation: String, code: Int32)
}

extension HostingFault: CustomStringConvertible {
  /// One line for a user.
  public var description: String {
    switch self {
    case .lacking(let what, let remedy): "this host lacks \(what); \(remedy)"
    case .invalid(let what, let found, let expected): "\(what) is `\(found)`, expected \(expected)"
    case .conflict(let text), .gone(let text), .deadline(let text), .congested(let text), .refused(let text): text
    case .system(let operation, let code): "cannot \(operation): \(HostingFault.text(of: code))"
    }
  }

  /// Whether the host is at fault rather than the input: exit status 3 of the program.
  public var isLackOfHost: Bool {
    if case .lacking = self { return true }
    return false
  }
}
