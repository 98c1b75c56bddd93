public import Foundation

/// Why a threat catalogue cannot be used.
public struct ThreatCatalogueFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// What is wrong, where, and what was expected; one text for each fault. Never empty.
  public var problems: [String]

  /// One line for each problem.
  public var description: String { problems.map { "\(file): \($0)" }.joined(separator: "\n") }
}

extension ThreatCatalogue {
  private struct Document: Decodable {
    var version: String
    var sources: [String: Source]
    var mechanisms: [Mechanism]
    var threats: [Threat]
  }

  /// The largest file that is read, in bytes.
  public static let maximumBytes = 4 << 20

  /// Reads a catalogue: a JSON object with `version`, `sources`, `mechanisms` and `threats`.
  ///
  /// - Throws: what is wrong with the file, everything at once where its shape is right.
  public init(file: String) throws(ThreatCatalogueFault) {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw ThreatCatalogueFault(
        file: file, problems: ["this file cannot be read, expected a threat catalogue in JSON"])
    }
    try self.init(bytes, file: file)
  }

  /// Reads a catalogue out of a file's contents.
  public init(_ bytes: Data, file: String) throws(ThreatCatalogueFault) {
    guard bytes.count <= Self.maximumBytes else {
      throw ThreatCatalogueFault(file: file, problems: ["\(bytes.count) bytes, expected at most \(Self.maximumBytes)"])
    }
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: bytes)
    } catch {
      throw ThreatCatalogueFault(file: file, problems: [Self.text(of: error)])
    }
    self.init(
      version: document.version, sources: document.sources, mechanisms: document.mechanisms, threats: document.threats)
    let problems = inconsistencies
    if !problems.isEmpty { throw ThreatCatalogueFault(file: file, problems: problems) }
  }

  /// Everything that refers to what is not there, and every number out of its range.
  private var inconsistencies: [String] {
    var problems: [String] = []
    let known = Set(mechanisms.map(\.id))
    var seen: Set<String> = []
    for mechanism in mechanisms where !seen.insert(mechanism.id).inserted {
      problems.append("the mechanism `\(mechanism.id)` stands twice, expected each once")
    }
    seen = []
    for threat in threats {
      func report(_ found: String, _ expected: String) {
        problems.append("threat `\(threat.id)`: \(found), expected \(expected)")
      }
      if !seen.insert(threat.id).inserted { report("it stands twice", "each threat once") }
      for (field, value) in [("likelihood", threat.likelihood), ("impact", threat.impact)]
      where !(0...100).contains(value) {
        report("`\(field)` is \(value)", "0 to 100")
      }
      if threat.stride.isEmpty { report("`stride` is empty", "one kind at least") }
      for answer in threat.answers where !known.contains(answer.mechanism) {
        report("no mechanism `\(answer.mechanism)`", "one of those under `mechanisms`")
      }
      for fact in threat.appliesWhen + threat.answers.flatMap(\.when)
      where !known.contains(fact.name) && !Fact.ofShape.contains(fact.name) {
        report(
          "unknown fact `\(fact.name)`",
          "a mechanism's identifier or one of \(Fact.ofShape.sorted().joined(separator: ", "))")
      }
      for reference in threat.sources {
        let key = reference.prefix { $0 != ":" }
        if sources[String(key)] == nil || key.count + 1 >= reference.count {
          report("the reference `\(reference)`", "`SOURCE:IDENTIFIER` with a source under `sources`")
        }
      }
    }
    return problems
  }

  private static func text(of error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      let text = path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
      return text.isEmpty ? "the document" : "`\(text.hasPrefix(".") ? String(text.dropFirst()) : text)`"
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "\(place(context.codingPath)) has no `\(key.stringValue)`, expected one"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "\(place(context.codingPath)): \(context.debugDescription)"
    case DecodingError.dataCorrupted(let context):
      return "\(place(context.codingPath)): \(context.debugDescription)"
    default: return "\(error)"
    }
  }

  /// The address of a reference such as `capec:125`; nil where its source has none.
  public func address(of reference: String) -> String? {
    let parts = reference.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let address = sources[parts[0]]?.address else { return nil }
    // A subtechnique of ATT&CK, T1110.004, has the address T1110/004.
    return address.replacingOccurrences(
      of: "{}", with: parts[0] == "attack" ? parts[1].replacingOccurrences(of: ".", with: "/") : parts[1])
  }
}
