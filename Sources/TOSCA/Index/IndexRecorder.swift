/// Collects what a `ReadingIndex` has, while a template is read. The phases tell it what they know through
/// `FindingCollector.recorder`, which is nil unless an index is asked for.
final class IndexRecorder {
  private struct Named {
    var kind: NameKind
    var name: Name
    var value: YAMLNode
  }

  private struct Use {
    var kind: NameKind
    var name: Name
    var target: Place?
  }

  /// A text that stands for what is to be completed; a name that contains it gets candidates.
  let marker: String?

  private var entities: [Place: (what: String, known: [String], entries: [YAMLEntry])] = [:]
  private var named: [Place: Named] = [:]
  private var uses: [Place: Use] = [:]
  private var order: [Place] = []
  private var candidates: [(kind: NameKind, name: String, place: Place?)] = []

  /// A recorder.
  init(marker: String?) { self.marker = marker }

  /// Whether a text has the completion marker in it.
  func isMarked(_ text: String) -> Bool { marker.map { text.contains($0) } ?? false }

  /// Notes an entity with the keynames that were asked for.
  func entity(_ what: String, at place: Place, known: [String], entries: [YAMLEntry]) {
    if entities.updateValue((what, known, entries), forKey: place) == nil { order.append(place) }
  }

  /// Notes the names under a keyname.
  func names(_ keyname: String, of what: String, _ name: Name, _ value: YAMLNode) {
    guard let kind = NameKind(declaredUnder: keyname, of: Self.kind(what)), !isMarked(name.text) else { return }
    if named[name.place] == nil { named[name.place] = Named(kind: kind, name: name, value: value) }
  }

  /// Notes the use of a name. Where the same name is looked up several times, one that finds something counts.
  /// - Parameters:
  ///   - target: Where the name is declared that it stands for; nil where it stands for nothing.
  ///   - known: The names that would be right, each with the place of its declaration.
  func reference(
    _ kind: NameKind, _ name: Name, target: Place?, known: () -> [(name: String, place: Place?)] = { [] }
  ) {
    guard !name.text.isEmpty else { return }
    if isMarked(name.text) { candidates += known().map { (kind, $0.name, $0.place) } }
    if let earlier = uses[name.place], earlier.target != nil || target == nil { return }
    uses[name.place] = Use(kind: kind, name: name, target: target)
  }

  /// The index of what was noted.
  func index(_ table: SourceTable) -> ReadingIndex {
    var result = ReadingIndex()
    for place in order {
      guard let (what, known, entries) = entities[place] else { continue }
      if result.keynames == nil, let marker, entries.contains(where: { $0.name.contains(marker) }) {
        result.keynames = (Self.kind(what), known.filter { name in !entries.contains { $0.name == name } })
      }
      result.entities.append(
        ReadingIndex.Entity(
          kind: Self.kind(what), place: table.range(place), keynames: known,
          entries: entries.map {
            ReadingIndex.Entity.Entry(
              keyname: $0.name, place: table.range($0.key.place), value: table.range($0.value.place))
          }))
    }
    result.declarations = named.values.sorted { Self.precedes($0.name.place, $1.name.place) }.map {
      declaration($0, table)
    }
    result.references = uses.values.sorted { Self.precedes($0.name.place, $1.name.place) }.map { use in
      ReadingIndex.Reference(
        kind: use.kind, text: use.name.text, place: table.range(use.name.place), target: use.target.map(table.range))
    }
    var seen = Set<String>()
    for (kind, name, place) in candidates where seen.insert("\(kind.rawValue) \(name)").inserted && !isMarked(name) {
      let declared = place.flatMap { named[$0] }.map { declaration($0, table) }
      result.candidates.append(
        ReadingIndex.Candidate(kind: kind, name: name, type: declared?.type, description: declared?.description))
    }
    return result
  }

  private func declaration(_ named: Named, _ table: SourceTable) -> ReadingIndex.Declaration {
    let value = named.value
    let isLater = Self.precedes(named.name.place, value.place) && value.place.file == named.name.place.file
    // The short form of a definition is its type.
    let type = value["type"]?.text ?? value["derived_from"]?.text ?? (named.kind.isType ? nil : value.text)
    return ReadingIndex.Declaration(
      kind: named.kind, name: named.name.text, place: table.range(named.name.place),
      extent: table.range(isLater ? named.name.place.through(value.place) : named.name.place),
      description: value["description"]?.text, type: type)
  }

  private static func kind(_ what: String) -> String {
    for article in ["a ", "an ", "the "] where what.hasPrefix(article) { return String(what.dropFirst(article.count)) }
    return what
  }

  private static func precedes(_ one: Place, _ other: Place) -> Bool {
    (one.file, one.line, one.column) < (other.file, other.line, other.column)
  }
}
