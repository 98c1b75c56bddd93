import Interchange

/// A part of the tree of paths: a path and all that is below it on segment boundaries. `/orders` covers `/orders` and
/// `/orders/17`, but not `/ordersheet`; `/` covers everything.
public struct PathPrefix: Hashable, Sendable {
  /// The path, without a slash at its end unless it is `/`.
  public let text: ByteString

  /// Reads a prefix; `nil` unless it starts with `/` and has the form that normalized request paths have: printable
  /// ASCII, no empty segments and no dot segments. A slash at the end is dropped.
  public init?(_ text: ByteString) {
    var bytes = text.bytes
    if bytes.count > 1, bytes[bytes.count - 1] == 0x2F, bytes[bytes.count - 2] != 0x2F { bytes.removeLast() }
    guard bytes.count >= 1, bytes.count <= 1024, bytes[0] == 0x2F else { return nil }
    var segmentStart = 1
    for index in 1...bytes.count {
      if index < bytes.count, bytes[index] != 0x2F {
        guard bytes[index] > 0x20, bytes[index] < 0x7F, bytes[index] != 0x3F, bytes[index] != 0x23 else { return nil }
        continue
      }
      let length = index - segmentStart
      guard length > 0 || bytes.count == 1 else { return nil }
      let isDots = bytes[segmentStart..<index].allSatisfy { $0 == 0x2E }
      guard length == 0 || length > 2 || !isDots else { return nil }
      segmentStart = index + 1
    }
    self.text = ByteString(bytes)
  }

  /// How many bytes of `path` this prefix covers, or `nil` if the path is not below it.
  public func claim(_ path: ByteString) -> Int? {
    if text.count == 1 { return path.hasPrefix(text) ? 1 : nil }
    guard path.hasPrefix(text) else { return nil }
    return path.count == text.count || path.bytes[text.count] == 0x2F ? text.count : nil
  }

  /// What follows the prefix in a path that it covers: empty, or starting with `/`.
  public func remainder(of path: ByteString) -> ArraySlice<UInt8> {
    path.bytes[(text.count == 1 ? 0 : text.count)...]
  }
}
