/// Findings for code-scanning tools, as a log in the Static Analysis Results Interchange Format 2.1.0 (OASIS Standard).
///
/// Each kind of finding is a rule. Columns count Unicode code points, which the log says. Files of the user have URIs
/// relative to `SRCROOT`, those of the product's profiles to `PROFILES`; what is no file is a logical location.
public struct SARIFLog: Sendable {
  /// The kinds that the rules are made of; a finding of another kind has a rule without a description.
  public var kinds: [FindingKind]
  /// The tool's version.
  public var version: String?
  /// The folder that URIs are relative to, as an absolute path; without it, names are taken as they are.
  public var root: String?
  /// The paths of the files by their names in findings. Without any, every name is taken for a file.
  public var paths: [String: String]
  /// The folder of the profiles that come with the product.
  public var profiles: String?

  /// A log.
  public init(
    kinds: [FindingKind] = FindingKind.all, version: String? = nil, root: String? = nil, paths: [String: String] = [:],
    profiles: String? = nil
  ) {
    self.profiles = profiles
    self.kinds = kinds
    self.version = version
    self.root = root
    self.paths = paths
  }

  /// The log of findings, with a line feed at its end.
  /// - Parameters:
  ///   - findings: The findings, in their order.
  ///   - sources: The text of each file by its name, for fixes.
  public func text(_ findings: [Finding], sources: [String: String]) -> String {
    let rules = rules(for: findings)
    let numbers = Dictionary(rules.enumerated().map { ($1.code, $0) }) { first, _ in first }
    var lines: [String: SourceLines] = [:]
    let results = findings.map { finding in
      if lines[finding.place.file] == nil, finding.suggestion != nil {
        lines[finding.place.file] = sources[finding.place.file].map { SourceLines($0) }
      }
      return result(finding, number: numbers[finding.code] ?? 0, fix: lines[finding.place.file].flatMap(finding.fix))
    }
    var driver: [(String, JSONText)] = [("name", .string("testudo"))]
    if let version { driver.append(("version", .string(version))) }
    driver.append(("rules", .array(rules.map(Self.rule))))
    let run: [(String, JSONText)] = [
      ("tool", .object([("driver", .object(driver))])),
      ("columnKind", .string("unicodeCodePoints")),
      (
        "originalUriBaseIds",
        .object([
          ("PROFILES", Self.base("The folder of the profiles that come with testudo.")),
          ("SRCROOT", Self.base("The folder that testudo was run in.")),
        ])
      ),
      ("results", .array(results)),
    ]
    let log: [(String, JSONText)] = [
      (
        "$schema", .string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
      ),
      ("version", .string("2.1.0")), ("runs", .array([.object(run)])),
    ]
    return JSONText.object(log).text() + "\n"
  }

  private func rules(for findings: [Finding]) -> [FindingKind] {
    var rules = kinds
    var known = Set(kinds.map(\.code))
    for finding in findings where known.insert(finding.code).inserted { rules.append(FindingKind(finding.code, "")) }
    return rules
  }

  private static func rule(_ kind: FindingKind) -> JSONText {
    var members: [(String, JSONText)] = [("id", .string(kind.code))]
    if !kind.summary.isEmpty {
      members.append(("shortDescription", text(kind.summary)))
      members.append(("fullDescription", text(kind.summary)))
      members.append(("help", text(kind.sections.map { "\(kind.summary) See \($0)." } ?? kind.summary)))
    }
    return .object(members)
  }

  private func result(_ finding: Finding, number: Int, fix: Finding.Fix?) -> JSONText {
    var message = finding.message
    if let expected = finding.expected { message += "; expected: " + expected }
    if let suggestion = finding.suggestion { message += "; did you mean `\(suggestion)`?" }
    var members: [(String, JSONText)] = [
      ("ruleId", .string(finding.code)), ("ruleIndex", .integer(number)),
      ("level", .string(finding.severity == .error ? "error" : "warning")), ("message", Self.text(message)),
      ("locations", .array([location(finding.place)])),
    ]
    if !finding.related.isEmpty {
      let related = finding.related.enumerated().map { index, related in
        location(related.place, id: index, message: related.message)
      }
      members.append(("relatedLocations", .array(related)))
    }
    if let fix, let artifact = artifact(fix.place.file) {
      let replacement: JSONText = .object([
        ("deletedRegion", Self.region(fix.place)), ("insertedContent", Self.text(fix.replacement)),
      ])
      let change: JSONText = .object([("artifactLocation", artifact), ("replacements", .array([replacement]))])
      let item: JSONText = .object([
        ("description", Self.text("replace it with `\(fix.replacement)`")), ("artifactChanges", .array([change])),
      ])
      members.append(("fixes", .array([item])))
    }
    return .object(members)
  }

  private func location(_ place: SourceRange, id: Int? = nil, message: String? = nil) -> JSONText {
    var members: [(String, JSONText)] = []
    if let id { members.append(("id", .integer(id))) }
    if let artifact = artifact(place.file) {
      members.append(
        ("physicalLocation", .object([("artifactLocation", artifact), ("region", Self.region(place))])))
    } else {
      members.append(("logicalLocations", .array([.object([("name", .string(place.file))])])))
    }
    if let message { members.append(("message", Self.text(message))) }
    return .object(members)
  }

  /// Where a file is; nil for what is none, such as a value of the command line.
  private func artifact(_ name: String) -> JSONText? {
    func relative(_ path: String, to base: String) -> JSONText {
      .object([("uri", .string(Self.encoded(path))), ("uriBaseId", .string(base))])
    }
    guard let path = paths.isEmpty ? name : paths[name] else { return nil }
    if let profiles, let inside = PathText.relative(path, to: profiles) { return relative(inside, to: "PROFILES") }
    // What is in an archive is named by the archive's path; its own is wherever it was unpacked.
    let inside =
      root.flatMap { PathText.relative(name, to: $0) } ?? (name.hasPrefix("/") ? nil : PathText.shorten(name))
    if let inside, !inside.hasPrefix("..") { return relative(inside, to: "SRCROOT") }
    let absolute = root.map { PathText.join($0, name) } ?? name
    return .object([("uri", .string((absolute.hasPrefix("/") ? "file://" : "") + Self.encoded(absolute)))])
  }

  private static func region(_ place: SourceRange) -> JSONText {
    .object([
      ("startLine", .integer(place.line)), ("startColumn", .integer(place.column)),
      ("endLine", .integer(place.endLine)), ("endColumn", .integer(place.endColumn)),
    ])
  }

  private static func text(_ text: String) -> JSONText { .object([("text", .string(text))]) }

  private static func base(_ description: String) -> JSONText { .object([("description", text(description))]) }

  /// A path with what a URI cannot hold as it is percent-encoded (RFC 3986, 3.3).
  private static func encoded(_ path: String) -> String {
    var result = ""
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }
}
