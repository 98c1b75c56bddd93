/// What one image offers to an attacker that another does not, and the other way round.
public struct AttackSurfaceComparison: Hashable, Sendable, Codable {
  /// A number of each.
  public struct Change: Hashable, Sendable, Codable {
    /// Of the first image.
    public var before: Int
    /// Of the second image.
    public var after: Int
  }

  /// What the second image has that the first has not, and what it lacks.
  public struct Difference: Hashable, Sendable, Codable {
    /// Only the second has these.
    public var added: [String]
    /// Only the first has these.
    public var removed: [String]

    init(_ before: some Sequence<String>, _ after: some Sequence<String>) {
      let (before, after) = (Set(before), Set(after))
      added = after.subtracting(before).sorted()
      removed = before.subtracting(after).sorted()
    }
  }

  /// The first image's digest.
  public var before: String
  /// The second image's digest.
  public var after: String
  /// Bytes of the image file.
  public var imageBytes: Change
  /// Bytes that can be executed.
  public var executableBytes: Change
  /// Segments that can be both written and executed.
  public var writableExecutableSegments: Change
  /// Gadgets, where they were counted.
  public var gadgets: Change?
  /// Modules, with their versions.
  public var modules: Difference
  /// Security modules.
  public var mechanisms: Difference
  /// System calls.
  public var systemCalls: Difference
  /// Listeners, as `tcp/80`.
  public var listeners: Difference

  /// Compares two images by their papers and their reports.
  public init(
    before: Image, _ beforeReport: AttackSurfaceReport, after: Image, _ afterReport: AttackSurfaceReport
  ) {
    self.before = before.digest
    self.after = after.digest
    imageBytes = Change(before: before.bytes, after: after.bytes)
    executableBytes = Change(before: beforeReport.executableBytes, after: afterReport.executableBytes)
    writableExecutableSegments = Change(
      before: beforeReport.writableExecutableSegments, after: afterReport.writableExecutableSegments)
    if let one = beforeReport.gadgets, let other = afterReport.gadgets { gadgets = Change(before: one, after: other) }
    func names(_ image: Image) -> [String] { image.modules.map { "\($0.name) \($0.version)" } }
    modules = Difference(names(before), names(after))
    mechanisms = Difference(before.mechanisms, after.mechanisms)
    systemCalls = Difference(beforeReport.systemCalls, afterReport.systemCalls)
    func ports(_ report: AttackSurfaceReport) -> [String] { report.listeners.map { "\($0.transport)/\($0.port)" } }
    listeners = Difference(ports(beforeReport), ports(afterReport))
  }
}
