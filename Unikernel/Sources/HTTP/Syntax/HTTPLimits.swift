/// How large the parts of a message may be.
public struct HTTPLimits: Equatable, Sendable {
  /// Bytes of the start line.
  public var startLineBytes: Int
  /// Bytes of the header section, and again of the trailer section.
  public var headerBytes: Int
  /// Fields in the header section.
  public var fieldCount: Int
  /// Bytes of the content after decoding.
  public var bodyBytes: Int

  /// Limits; by default those of the server's parameters.
  public init(
    startLineBytes: Int = 8192, headerBytes: Int = 16384, fieldCount: Int = 100, bodyBytes: Int = 1 << 20
  ) {
    self.startLineBytes = startLineBytes
    self.headerBytes = headerBytes
    self.fieldCount = fieldCount
    self.bodyBytes = bodyBytes
  }
}
