import TOSCA

/// A service template with everything it reads, as it was when it was last read.
struct Service {
  /// The template's path.
  let entry: String
  /// The revision of the workspace that was read.
  let revision: Int
  /// What reading gave; its findings have those of the analysis with them.
  let result: ReadResult
  /// The paths of the files, without links, by their names in findings.
  let paths: [String: String]
  /// The files' names in findings by path.
  let names: [String: String]
  /// What is where.
  let index: ReadingIndex

  /// What a reading gave.
  init(entry: String, revision: Int, result: ReadResult, analyze: (ReadResult) -> Configuration.Analysis) {
    var result = result
    var index = result.index ?? ReadingIndex()
    let analysis = analyze(result)
    result.findings += analysis.findings.map { finding in
      var finding = finding
      if result.isStrict { finding.severity = .error }
      return finding
    }
    for (kind, text, place) in analysis.names {
      guard let declared = index.declarations.first(where: { $0.kind == kind && $0.name == text }) else { continue }
      index.references.append(
        ReadingIndex.Reference(kind: kind, text: text, place: place, target: declared.place))
    }
    self.entry = entry
    self.revision = revision
    self.result = result
    self.index = index
    paths = result.paths.mapValues { FileURI.resolved($0) }
    names = Dictionary(paths.map { ($1, $0) }) { one, _ in one }
  }

  /// Whether a file is one of its own, not of a profile.
  func owns(_ name: String) -> Bool { result.paths[name] == name }
}
