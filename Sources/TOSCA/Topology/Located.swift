/// Something with the place where it was written.
public struct Located<Wrapped: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
  /// What was written.
  public var value: Wrapped
  /// Where.
  public var place: SourceRange

  /// Something and its place.
  public init(_ value: Wrapped, at place: SourceRange) {
    self.value = value
    self.place = place
  }
}
