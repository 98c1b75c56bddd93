/// A configuration file of a program: a YAML map with known keys, each value with its place. It is read as templates are,
/// so that what is wrong with it is a finding, too.
public struct ConfigurationFile: Sendable {
  /// What a value is.
  public enum Kind: Sendable {
    /// A text.
    case text
    /// `true` or `false`.
    case boolean
  }

  /// The file.
  public let path: String
  /// The texts that are set, by key.
  public private(set) var texts: [String: String] = [:]
  /// The Booleans that are set, by key.
  public private(set) var booleans: [String: Bool] = [:]
  /// What is wrong with it.
  public private(set) var findings: [Finding] = []
  /// Its text, by its name in findings.
  public private(set) var sources: [String: String] = [:]
  private var places: [String: SourceRange] = [:]
  private let start: SourceRange

  /// Reads a file of at most 64 KiB.
  /// - Parameter keys: The keys that there are, and what their values are.
  public init(reading path: String, keys: [String: Kind]) {
    self.path = path
    let limits = Limits()
    let table = SourceTable()
    let collector = FindingCollector(table: table, limit: limits.findings)
    let id = table.add(SourceTable.Source(name: path, text: nil, path: path))
    start = table.range(table.start(of: id))
    defer {
      findings = collector.sorted()
      for source in table.sources { sources[source.name] = source.text }
    }
    guard let bytes = try? FileAccess.read(path, limit: min(limits.fileBytes, 1 << 16)) else {
      collector.report(
        "unreadable-file", at: table.start(of: id), "the configuration cannot be read",
        expected: "a YAML file of at most 64 KiB")
      return
    }
    table.setText(String(decoding: bytes, as: UTF8.self), of: id)
    guard let root = try? YAMLComposer.compose(bytes, file: id, limits: limits, findings: collector), !root.isNull
    else { return }
    var entity = Entity(
      root, "a configuration", SyntaxContext(findings: collector, version: .simple1_3, file: id))
    for (key, kind) in keys.sorted(by: { $0.key < $1.key }) {
      switch kind {
      case .text:
        guard let name = entity.string(key) else { continue }
        texts[key] = name.text
        places[key] = table.range(name.place)
      case .boolean:
        guard let flag = entity.boolean(key) else { continue }
        booleans[key] = flag
        places[key] = entity.key(key).map { table.range($0) }
      }
    }
    entity.finish()
  }

  /// Adds what is wrong with the value of a key, or with what is missing beside it.
  public mutating func report(_ key: String, _ message: String, expected: String) {
    findings.append(
      Finding(code: "wrong-setting", place: places[key] ?? start, message: message, expected: expected))
  }

  /// A path as the file means it: relative to its own folder.
  public func path(_ key: String) -> String? {
    texts[key].map { $0.hasPrefix("/") ? $0 : PathText.join(PathText.folder(of: path), $0) }
  }
}
