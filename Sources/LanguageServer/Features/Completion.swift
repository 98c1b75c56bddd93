import TOSCA

extension LanguageServer {
  /// The items that one answer has at most.
  static let completionLimit = 1_000

  /// What could be written at a position: the document is read with a marker there, and what the readers would have
  /// taken in its place is what they know to be right.
  mutating func completion(_ parameters: PositionParameters) throws(ResponseError) -> CompletionList {
    let path = try openPath(parameters.textDocument.uri)
    guard let document = workspace.documents[path] else { return CompletionList(isIncomplete: false, items: []) }
    let context = CompletionContext(document.text, at: document.index(of: parameters.position))
    let range = TextRange(
      start: document.position(of: context.word.lowerBound), end: document.position(of: context.word.upperBound))
    if context.keyname == "tosca_definitions_version" {
      return list(Self.versions.map { item($0, kind: 12, range, context) }, context)
    }
    let service = workspace.services(of: path).first
    let entry = service?.entry ?? path
    for group in context.attempts {
      var items: [CompletionItem] = []
      for attempt in group {
        var reader = workspace.reader(isAlone: !Workspace.hasTopology(workspace.document(entry)?.text ?? ""))
        reader.overlay[path] = attempt.text
        reader.completionMarker = CompletionContext.marker
        guard let index = workspace.read(entry, with: reader).index else { continue }
        if attempt.isKey, let (kind, names) = index.keynames {
          items += names.map { keyname($0, of: kind, range, context) }
        }
        items += index.candidates.map { candidate($0, isKey: attempt.isKey, range, context) }
        if !attempt.isKey, index.candidates.isEmpty {
          items += values(attempt, index, path, range, context)
        }
      }
      if !items.isEmpty { return list(items, context) }
    }
    return CompletionList(isIncomplete: false, items: [])
  }

  static let versions = [
    "tosca_2_0", "tosca_simple_yaml_1_3", "tosca_simple_yaml_1_2", "tosca_simple_yaml_1_1", "tosca_simple_yaml_1_0",
  ]

  /// The items that have in them what was typed, each once, the likelier ones first.
  private func list(_ items: [CompletionItem], _ context: CompletionContext) -> CompletionList {
    let typed = context.typed.lowercased()
    var seen = Set<String>()
    let fitting = items.filter { item in
      let label = item.label.lowercased()
      return (typed.isEmpty || label.contains(typed) || typed.contains { $0 == "/" })
        && seen.insert(item.label).inserted
    }
    let sorted = fitting.sorted { one, other in
      (one.label.lowercased().hasPrefix(typed) ? 0 : 1, one.label) < (
        other.label.lowercased().hasPrefix(typed) ? 0 : 1, other.label
      )
    }
    return CompletionList(
      isIncomplete: sorted.count > Self.completionLimit, items: Array(sorted.prefix(Self.completionLimit)))
  }

  private func keyname(_ name: String, of kind: String, _ range: TextRange, _ context: CompletionContext)
    -> CompletionItem
  {
    let ending = context.hasColon ? "" : KeynameMeaning.hasBlock(name) ? ":" : ": "
    var item = item(name, kind: 14, range, context, text: name + ending)
    item.detail = "keyname of a \(kind)"
    item.documentation = KeynameMeaning.text(of: name, in: kind).map { MarkupContent(value: $0) }
    return item
  }

  private func candidate(
    _ candidate: ReadingIndex.Candidate, isKey: Bool, _ range: TextRange, _ context: CompletionContext
  ) -> CompletionItem {
    let kind =
      switch candidate.kind {
      case _ where candidate.kind.isType: 7
      case .property, .attribute: 10
      case .input, .output, .parameter: 6
      case .function, .operation: 3
      case .interface: 8
      case .file: 17
      case .capability, .requirement: 5
      default: 18
      }
    let ending = isKey && !context.hasColon ? ": " : ""
    var item = item(candidate.name, kind: kind, range, context, text: candidate.name + ending)
    item.detail = candidate.kind.title + (candidate.type.map { " " + $0 } ?? "")
    item.documentation = candidate.description.map { MarkupContent(value: $0) }
    return item
  }

  /// The words that a keyname takes, where they are few.
  private func values(
    _ attempt: CompletionContext.Attempt, _ index: ReadingIndex, _ path: String, _ range: TextRange,
    _ context: CompletionContext
  ) -> [CompletionItem] {
    let marked = Document(attempt.text, encoding: .utf32)
    guard let found = attempt.text.firstRange(of: CompletionContext.marker) else { return [] }
    let (line, column) = marked.place(of: marked.position(of: found.lowerBound))
    let files = Set(index.entities.map(\.place.file)).filter { FileURI.resolved($0) == path }
    for file in files {
      if let (_, entry) = index.value(at: file, line: line, column: column) {
        return KeynameMeaning.words(of: entry.keyname).map { item($0, kind: 12, range, context) }
      }
    }
    return []
  }

  private func item(
    _ label: String, kind: Int, _ range: TextRange, _ context: CompletionContext, text: String? = nil
  ) -> CompletionItem {
    CompletionItem(label: label, kind: kind, textEdit: TextEdit(range: range, newText: text ?? label))
  }
}
