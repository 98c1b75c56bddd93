import Synchronization

/// The profile files whose declarations were found, so that a process that reads many templates does it once. A file
/// that changed is read again.
final class ProfileTexts: Sendable {
  /// Those of the process.
  static let shared = ProfileTexts()

  private struct Known {
    var identity: FileIdentity
    var text: ProfileText?
  }

  private let known = Mutex<[String: Known]>([:])
  private static let limit = 200

  /// The text of a file; nil where it cannot be read or has another layout.
  func text(at path: String, limit: Int) -> ProfileText? {
    guard let identity = FileIdentity(of: path) else { return nil }
    if let found = known.withLock({ $0[path] }), found.identity == identity { return found.text }
    guard let bytes = try? FileAccess.read(path, limit: limit) else { return nil }
    let text = ProfileText(bytes)
    known.withLock { known in
      if known.count >= Self.limit { known = [:] }
      known[path] = Known(identity: identity, text: text)
    }
    return text
  }
}
