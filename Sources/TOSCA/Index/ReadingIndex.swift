/// What is where in the files of a reading: each entity with the keynames it can have, each declared name, and each use
/// of a name with what it refers to. It is made on request only (`TemplateReader.isIndexing`), for editors.
public struct ReadingIndex: Sendable {
  /// A map that was read as a TOSCA entity.
  public struct Entity: Hashable, Sendable {
    /// A keyname with its value.
    public struct Entry: Hashable, Sendable {
      /// The keyname as written.
      public var keyname: String
      /// Where it is written.
      public var place: SourceRange
      /// Where its value is written.
      public var value: SourceRange
    }

    /// What it is: `node template`.
    public var kind: String
    /// Where the map is written.
    public var place: SourceRange
    /// The keynames that it can have in the file's version.
    public var keynames: [String]
    /// The keynames that it has.
    public var entries: [Entry]
  }

  /// A name that a file declares.
  public struct Declaration: Hashable, Sendable {
    /// What it is the name of.
    public var kind: NameKind
    /// The name.
    public var name: String
    /// Where the name is written.
    public var place: SourceRange
    /// From the name to the end of what it stands for.
    public var extent: SourceRange
    /// The description that is written with it.
    public var description: String?
    /// The type that is written with it, or the one it derives from.
    public var type: String?
  }

  /// The use of a name.
  public struct Reference: Hashable, Sendable {
    /// What it is the name of. For a name that refers to nothing, what it might have been.
    public var kind: NameKind
    /// The name as written, after unescaping.
    public var text: String
    /// Where it is written.
    public var place: SourceRange
    /// Where what it refers to is declared; nil for nothing. Of a file, its first character.
    public var target: SourceRange?

    /// The use of a name.
    public init(kind: NameKind, text: String, place: SourceRange, target: SourceRange?) {
      self.kind = kind
      self.text = text
      self.place = place
      self.target = target
    }
  }

  /// A name that would be right in a place.
  public struct Candidate: Hashable, Sendable {
    /// What it is the name of.
    public var kind: NameKind
    /// The name.
    public var name: String
    /// Its type, or the one it derives from.
    public var type: String?
    /// What it is, in its writer's words.
    public var description: String?
  }

  /// The entities, in the order of reading.
  public var entities: [Entity] = []
  /// The declarations, in the order of reading.
  public var declarations: [Declaration] = []
  /// The references, by place.
  public var references: [Reference] = []
  /// The names that would be right where the completion marker stands.
  public var candidates: [Candidate] = []
  /// The keynames that would be right where the completion marker stands as a keyname; nil where it does not.
  public var keynames: (kind: String, names: [String])?

  /// An index of nothing.
  public init() {}

  /// The reference at a place.
  public func reference(at file: String, line: Int, column: Int) -> Reference? {
    references.first { $0.place.contains(file: file, line: line, column: column) }
  }

  /// The declaration whose name is at a place.
  public func declaration(at file: String, line: Int, column: Int) -> Declaration? {
    declarations.first { $0.place.contains(file: file, line: line, column: column) }
  }

  /// The declaration that begins at a place.
  public func declaration(named place: SourceRange) -> Declaration? { declarations.first { $0.place == place } }

  /// The entity that has a keyname at a place, and the keyname.
  public func keyname(at file: String, line: Int, column: Int) -> (kind: String, entry: Entity.Entry)? {
    for entity in entities where entity.place.file == file {
      if let entry = entity.entries.first(where: { $0.place.contains(file: file, line: line, column: column) }) {
        return (entity.kind, entry)
      }
    }
    return nil
  }

  /// The innermost keyname whose value is at a place, with the entity that has it.
  public func value(at file: String, line: Int, column: Int) -> (kind: String, entry: Entity.Entry)? {
    var found: (kind: String, entry: Entity.Entry)?
    for entity in entities where entity.place.file == file {
      for entry in entity.entries where entry.value.contains(file: file, line: line, column: column) {
        if found.map({ entry.value.isInside($0.entry.value) }) ?? true { found = (entity.kind, entry) }
      }
    }
    return found
  }
}

extension SourceRange {
  /// Whether a position is in the range or just behind it.
  public func contains(file: String, line: Int, column: Int) -> Bool {
    file == self.file && (self.line, self.column) <= (line, column) && (line, column) <= (endLine, endColumn)
  }

  /// Whether all of the range is in another one.
  public func isInside(_ other: SourceRange) -> Bool {
    file == other.file && (other.line, other.column) <= (line, column)
      && (endLine, endColumn) <= (other.endLine, other.endColumn)
  }
}
