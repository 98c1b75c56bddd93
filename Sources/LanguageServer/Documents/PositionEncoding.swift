/// How the characters of a line are counted.
public enum PositionEncoding: String, Hashable, Sendable, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case utf32 = "utf-32"

  /// The first that a client prefers and the server knows; UTF-16 where it says nothing.
  init(preferred: [String]?) {
    self = preferred?.lazy.compactMap { PositionEncoding(rawValue: $0) }.first ?? .utf16
  }

  /// The characters that a scalar counts as.
  func width(_ scalar: Unicode.Scalar) -> Int {
    switch self {
    case .utf8: scalar.utf8.count
    case .utf16: scalar.utf16.count
    case .utf32: 1
    }
  }
}
