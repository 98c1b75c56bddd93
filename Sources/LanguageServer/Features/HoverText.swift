import TOSCA

extension LanguageServer {
  /// What is known of what stands at a position.
  mutating func hover(_ parameters: PositionParameters) throws(ResponseError) -> Hover? {
    let path = try openPath(parameters.textDocument.uri)
    guard let document = workspace.documents[path] else { return nil }
    let (line, column) = document.place(of: parameters.position)
    for service in workspace.services(of: path) {
      guard let file = service.names[path] else { continue }
      var parts: [String] = []
      var place: SourceRange?
      if let name = try name(at: parameters.position, of: parameters.textDocument.uri),
        let text = Self.text(of: name)
      {
        parts.append(text)
        place = name.place
      } else if let (kind, entry) = service.index.keyname(at: file, line: line, column: column),
        let meaning = KeynameMeaning.text(of: entry.keyname, in: kind)
      {
        parts.append("**\(entry.keyname)** of \(Self.article(kind)) \(kind)\n\n\(meaning)")
        place = entry.place
      }
      for finding in service.result.findings
      where finding.place.contains(file: file, line: line, column: column)
        && finding.place.line == finding.place.endLine
      {
        guard let kind = configuration.kinds.first(where: { $0.code == finding.code }) else { continue }
        parts.append("`\(kind.code)`: \(kind.summary)" + (kind.sections.map { " (\($0))" } ?? ""))
        place = place ?? finding.place
      }
      guard !parts.isEmpty else { continue }
      return Hover(
        contents: MarkupContent(value: parts.joined(separator: "\n\n---\n\n")),
        range: place.map { document.range(of: $0) })
    }
    return nil
  }

  private static func article(_ kind: String) -> String { "aeiou".contains(kind.first ?? "x") ? "an" : "a" }

  /// What a name stands for: its kind, type or derivation, description, and where it is declared.
  static func text(of name: NamedPlace) -> String? {
    guard let declaration = name.service.index.declaration(named: name.target) else {
      return name.kind == .file ? "**file** `\(name.target.file)`" : nil
    }
    var lines = ["**\(declaration.kind.title)** `\(declaration.name)`"]
    if declaration.kind.isType {
      let ancestors = ancestors(of: declaration, in: name.service.index)
      if !ancestors.isEmpty { lines.append("derives from " + ancestors.map { "`\($0)`" }.joined(separator: " → ")) }
    } else if let type = declaration.type {
      lines.append("of type `\(type)`")
    }
    if let description = declaration.description, !description.isEmpty { lines.append(description) }
    let file = declaration.place.file.split(separator: "/").suffix(3).joined(separator: "/")
    lines.append("declared in `\(file)`, line \(declaration.place.line)")
    return lines.joined(separator: "\n\n")
  }

  /// The types that a type derives from, nearest first.
  static func ancestors(of declaration: ReadingIndex.Declaration, in index: ReadingIndex) -> [String] {
    var result: [String] = []
    var current = declaration
    var seen: Set<SourceRange> = [declaration.place]
    while let written = current.type {
      let parent = index.references.first { reference in
        reference.kind == current.kind && reference.text == written && reference.place.isInside(current.extent)
      }?.target.flatMap { index.declaration(named: $0) }
      result.append(parent?.name ?? written)
      guard let parent, seen.insert(parent.place).inserted else { break }
      current = parent
    }
    return result
  }
}
