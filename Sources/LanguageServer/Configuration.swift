public import TOSCA

/// What a language server is made with.
public struct Configuration: Sendable {
  /// What somebody who knows more than the language finds in what was read.
  public struct Analysis: Sendable {
    /// What is wrong.
    public var findings: [Finding]
    /// Uses of names that the language knows nothing of, such as those of policies in properties: their kind, text and
    /// place. What they refer to is looked up by name.
    public var names: [(kind: NameKind, text: String, place: SourceRange)]

    /// What was found.
    public init(findings: [Finding] = [], names: [(kind: NameKind, text: String, place: SourceRange)] = []) {
      self.findings = findings
      self.names = names
    }
  }

  /// The folder of the profiles that come with the product.
  public var profiles: String
  /// The server's version.
  public var version: String
  /// The kinds of findings that can be explained.
  public var kinds: [FindingKind]
  /// What is asked about everything that was read.
  public var analyze: @Sendable (ReadResult) -> Analysis
  /// How long a document must be left alone before it is checked.
  public var quietTime = Duration.milliseconds(150)
  /// The documents that may be open at once.
  public var openDocuments = 256

  /// A configuration.
  public init(
    profiles: String, version: String, kinds: [FindingKind] = FindingKind.all,
    analyze: @escaping @Sendable (ReadResult) -> Analysis = { _ in Analysis() }
  ) {
    self.profiles = profiles
    self.version = version
    self.kinds = kinds
    self.analyze = analyze
  }
}
