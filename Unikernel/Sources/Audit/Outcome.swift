import Interchange
import LibraryOS

/// What a response's status says of the decision behind it.
enum Outcome: Sendable {
  /// The request was let through to an application, whatever that found.
  case allowed
  /// A security module refused it: no or wrong credentials, not permitted, too many.
  case denied
  /// It was wrong, or the server could not serve it.
  case failed

  /// Classifies a status code (RFC 9110, section 15).
  init(status: Int) {
    switch status {
    case 401, 403, 429: self = .denied
    case 404, 410: self = .allowed
    case 400...: self = .failed
    default: self = .allowed
    }
  }

  /// The name in events.
  var action: ByteString {
    switch self {
    case .allowed: "allowed"
    case .denied: "denied"
    case .failed: "failed"
    }
  }

  /// How much it matters.
  var severity: SecurityEvent.Severity {
    switch self {
    case .allowed: .informational
    case .denied: .medium
    case .failed: .low
    }
  }
}

extension ConnectionRecord.Outcome {
  /// The name in events.
  var action: ByteString {
    switch self {
    case .finished: "connection-finished"
    case .broken: "connection-broken"
    case .withdrawn: "connection-withdrawn"
    case .unreachable: "connection-failed"
    }
  }

  /// How much it matters.
  var severity: SecurityEvent.Severity {
    switch self {
    case .finished, .withdrawn: .informational
    case .broken, .unreachable: .low
    }
  }
}
