import TOSCA

extension LanguageServer {
  /// What can be renamed at a position; nil where nothing can.
  mutating func prepareRename(_ parameters: PositionParameters) throws(ResponseError) -> RenameTarget? {
    guard let name = try name(at: parameters.position, of: parameters.textDocument.uri),
      let declaration = name.service.index.declaration(named: name.target), name.service.owns(name.target.file),
      let edited = edit(name.place, of: declaration.name, to: declaration.name, in: name.service)
    else { return nil }
    return RenameTarget(range: edited.edit.range, placeholder: declaration.name)
  }

  /// The edits that give what stands at a position another name, everywhere.
  mutating func rename(_ parameters: RenameParameters) throws(ResponseError) -> WorkspaceEdit {
    guard let name = try name(at: parameters.position, of: parameters.textDocument.uri),
      let declaration = name.service.index.declaration(named: name.target)
    else { throw .failed("there is no name here that can be changed") }
    guard name.service.owns(name.target.file) else {
      throw .failed("`\(declaration.name)` is declared in a profile, which is not changed")
    }
    // Policies are named in properties, which are known only where the topology is.
    if declaration.kind == .policy, name.service.result.topology == nil {
      throw .failed("while the template has errors, not all that names `\(declaration.name)` is known")
    }
    let new = parameters.newName
    guard Finding.isPlain(new), !new.contains(":"), !new.hasPrefix("$") else {
      throw .failed("`\(new.prefix(100))` cannot be a name: expected letters, digits, `_`, `-` and `.`, a letter first")
    }
    guard new != declaration.name else { return WorkspaceEdit(changes: [:]) }
    if let other = conflict(new, declaration, name.service) {
      throw .failed("there is a \(declaration.kind.title) `\(new)` already, in line \(other.place.line)")
    }
    var changes: [String: [TextEdit]] = [:]
    let declared = NamedPlace(
      service: name.service, place: name.target, kind: declaration.kind, target: name.target)
    for use in [declared] + uses(of: name, inAllServices: true) {
      guard let change = edit(use.place, of: declaration.name, to: new, in: use.service) else {
        let file = use.service.paths[use.place.file] ?? use.place.file
        throw .failed(
          "`\(declaration.name)` is not written as it is in \(file), line \(use.place.line), so that it cannot be replaced"
        )
      }
      if changes[change.uri]?.contains(change.edit) != true { changes[change.uri, default: []].append(change.edit) }
    }
    return WorkspaceEdit(changes: changes)
  }

  /// A declaration of the same kind that has the new name, beside the one that is to have it.
  private func conflict(_ new: String, _ declaration: ReadingIndex.Declaration, _ service: Service)
    -> ReadingIndex.Declaration?
  {
    let isGlobal = declaration.kind.isType || [.nodeTemplate, .group, .policy, .input].contains(declaration.kind)
    let scope = service.index.declarations.filter { $0.place.file == declaration.place.file && $0 != declaration }
      .filter { declaration.place.isInside($0.extent) }.last?.extent
    return service.index.declarations.first { other in
      other.kind == declaration.kind && other.name == new
        && (isGlobal ? service.owns(other.place.file) : scope.map { other.place.isInside($0) } ?? true)
    }
  }

  /// The edit that changes a name where it is written. A name behind a prefix keeps it, and quotes stay.
  private func edit(_ place: SourceRange, of old: String, to new: String, in service: Service)
    -> (uri: String, edit: TextEdit)?
  {
    guard let path = service.paths[place.file], let document = workspace.document(path),
      let written = document.lines.text(of: place)
    else { return nil }
    var place = place
    var word = Substring(written)
    if let quote = word.first, quote == "\"" || quote == "'", word.count >= 2, word.last == quote {
      word = word.dropFirst().dropLast()
      place.column += 1
      place.endColumn -= 1
    }
    guard word == old || word.hasSuffix(":" + old), place.line == place.endLine else { return nil }
    place.column = place.endColumn - old.unicodeScalars.count
    return (workspace.uri(path), TextEdit(range: document.range(of: place), newText: new))
  }
}
