import TOSCA

extension LanguageServer {
  /// The changes that mend what is wrong in a range: a misspelt name becomes the one that was meant.
  mutating func actions(_ parameters: CodeActionParameters) throws(ResponseError) -> [CodeAction] {
    let path = try openPath(parameters.textDocument.uri)
    guard let document = workspace.documents[path] else { return [] }
    var actions: [CodeAction] = []
    for service in workspace.services(of: path) {
      for finding in service.result.findings where service.paths[finding.place.file] == path {
        guard let fix = finding.fix(in: document.lines) else { continue }
        let diagnostic = diagnostic(finding, in: service, path)
        guard diagnostic.range.start <= parameters.range.end, parameters.range.start <= diagnostic.range.end else {
          continue
        }
        let edit = TextEdit(range: document.range(of: fix.place), newText: fix.replacement)
        let action = CodeAction(
          title: "replace it with `\(fix.replacement)`", kind: "quickfix", diagnostics: [diagnostic], isPreferred: true,
          edit: WorkspaceEdit(changes: [workspace.uri(path): [edit]]))
        if !actions.contains(action) { actions.append(action) }
      }
    }
    return actions
  }

  /// The path of a document that is open.
  func openPath(_ uri: String) throws(ResponseError) -> String {
    guard let path = path(uri), workspace.documents[path] != nil else {
      throw .invalidParameters("the document `\(uri.prefix(200))` is not open")
    }
    return path
  }
}
