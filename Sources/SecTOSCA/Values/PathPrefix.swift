/// A prefix of URL paths on segment boundaries: `/orders` covers `/orders` and `/orders/17`, not `/ordersets`.
struct PathPrefix: Hashable, Sendable {
  /// The prefix without a slash at its end, or `/`.
  var text: String

  /// Reads a prefix. Percent signs are refused, because paths are compared after decoding.
  init?(_ text: String) {
    guard text.hasPrefix("/"), text.utf8.count <= 1024 else { return nil }
    guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }) else { return nil }
    guard !text.contains(where: { "?#%\\".contains($0) }) else { return nil }
    let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      if segment.isEmpty, index == segments.count - 1 { continue }
      guard !segment.isEmpty, segment != ".", segment != ".." else { return nil }
    }
    self.text = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// Whether every path below the other prefix is below this one.
  func covers(_ other: PathPrefix) -> Bool {
    text == "/" || other.text == text || other.text.hasPrefix(text + "/")
  }
}
