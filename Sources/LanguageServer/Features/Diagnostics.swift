import TOSCA

extension LanguageServer {
  /// Checks what is open, and says what changed since it was last said.
  mutating func publish() -> [[UInt8]] {
    let services = workspace.openServices()
    workspace.dropServices()
    var current: [String: [Diagnostic]] = [:]
    for path in workspace.documents.keys { current[path] = [] }
    for service in services {
      for finding in service.result.findings where Self.isForEditors(finding) {
        // What is said of no file, such as that there is none, is said of the template.
        let path = service.paths[finding.place.file] ?? service.entry
        guard service.owns(finding.place.file) || service.paths[finding.place.file] == nil else { continue }
        let diagnostic = diagnostic(finding, in: service, path)
        if current[path]?.contains(diagnostic) != true { current[path, default: []].append(diagnostic) }
      }
    }
    var messages: [[UInt8]] = []
    for path in Set(current.keys).union(published.keys).sorted() where current[path] != published[path] {
      // What was never said to be wrong need not be said to be right, unless the client waits for it.
      messages.append(
        Outgoing.notification(
          "textDocument/publishDiagnostics",
          PublishParameters(
            uri: workspace.uri(path), version: workspace.versions[path], diagnostics: current[path] ?? [])))
    }
    published = current
    return messages
  }

  /// Inputs are given when a service is started, so that an editor need not ask for them, nor for what follows from
  /// them.
  static func isForEditors(_ finding: Finding) -> Bool {
    finding.code != "missing-input" && finding.code != "value-not-known"
  }

  /// A finding as editors show it.
  func diagnostic(_ finding: Finding, in service: Service, _ path: String) -> Diagnostic {
    var message = finding.message
    if let suggestion = finding.suggestion { message += "; did you mean `\(suggestion)`?" }
    if let expected = finding.expected { message += "\nexpected: \(expected)" }
    let related = finding.related.compactMap { related -> Diagnostic.Related? in
      location(related.place, in: service).map { Diagnostic.Related(location: $0, message: related.message) }
    }
    let start = Position(line: 0, character: 0)
    let range =
      service.paths[finding.place.file] == nil
      ? nil : workspace.document(path).map { $0.range(of: finding.place) }
    return Diagnostic(
      range: range ?? TextRange(start: start, end: start), severity: finding.severity == .error ? 1 : 2,
      code: finding.code, source: "testudo", message: message, relatedInformation: related.isEmpty ? nil : related)
  }

  /// Where a place of a service is; nil where it is in no file.
  func location(_ place: SourceRange, in service: Service) -> Location? {
    guard let path = service.paths[place.file], let document = workspace.document(path) else { return nil }
    return Location(uri: workspace.uri(path), range: document.range(of: place))
  }
}
