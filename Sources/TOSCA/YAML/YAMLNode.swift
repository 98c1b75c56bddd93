/// A place in one of the files of a reading, small enough to be kept on every node. `SourceTable` turns it into a
/// `SourceRange`.
struct Place: Hashable, Sendable {
  /// The file's number in the source table.
  var file: UInt32
  /// The first line, from 1.
  var line: UInt32
  /// The first column, from 1, in Unicode scalars.
  var column: UInt32
  /// The last line.
  var endLine: UInt32
  /// The column after the last one.
  var endColumn: UInt32

  /// The place from the start of this one to the end of another in the same file.
  func through(_ other: Place) -> Place {
    Place(file: file, line: line, column: column, endLine: other.endLine, endColumn: other.endColumn)
  }
}

/// A node of a YAML document with its place. Scalars stay text: what they are is for the TOSCA schema to say, because
/// YAML's own rules turn `1.10` into 1.1 and `017` into 15.
struct YAMLNode: Hashable, Sendable {
  /// What the node is.
  enum Content: Hashable, Sendable {
    /// Text, as written after unescaping.
    case scalar(String, ScalarStyle)
    /// A sequence.
    case sequence([YAMLNode])
    /// A mapping, in the order written, without duplicate keys.
    case mapping([YAMLEntry])
  }

  /// How a scalar was written, which decides what it may be read as.
  enum ScalarStyle: Hashable, Sendable {
    /// Without quotes: it may be read as a number, a Boolean or null.
    case plain
    /// With quotes, as a block, or tagged `!!str`: it is a string.
    case quoted
    /// A value from the command line, where quotes belong to the shell: it is whatever its schema asks for.
    case argument
  }

  /// What the node is.
  var content: Content
  /// Where it is written. An alias has its own place; what is inside it has the anchor's.
  var place: Place

  /// The text of a scalar.
  var text: String? { if case .scalar(let text, _) = content { text } else { nil } }
  /// The items of a sequence.
  var items: [YAMLNode]? { if case .sequence(let items) = content { items } else { nil } }
  /// The entries of a mapping.
  var entries: [YAMLEntry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// Whether nothing, or `null`, is written here.
  var isNull: Bool {
    if case .scalar(let text, .plain) = content { CoreSchema.isNull(text) } else { false }
  }

  /// The value under a key of a mapping.
  subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    var position = 0
    while position < entries.count {
      if case .scalar(let text, _) = entries[position].key.content, text == key { return entries[position].value }
      position += 1
    }
    return nil
  }

  /// A scalar that is a string, made by a function rather than written.
  static func string(_ text: String, at place: Place) -> YAMLNode {
    YAMLNode(content: .scalar(text, .quoted), place: place)
  }

  /// What was found, for messages: `a list`, `the integer `5``.
  var kindDescription: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a map"
    case .scalar(let text, let style):
      style == .plain && CoreSchema.isNull(text)
        ? "nothing" : "\(CoreSchema.kind(of: text, style).article) `\(text.excerpt)`"
    }
  }
}

extension YAMLNode {
  /// The node in a line, as flow style has it.
  var flowText: String {
    switch content {
    case .scalar(let text, let style): style == .quoted ? "\"\(text)\"" : text
    case .sequence(let items): "[" + items.map(\.flowText).joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{ " + entries.map { "\($0.key.flowText): \($0.value.flowText)" }.joined(separator: ", ") + " }"
    }
  }
}

/// A key and a value of a mapping.
struct YAMLEntry: Hashable, Sendable {
  /// The key. It is a scalar in every version before 2.0, where it may be a sequence.
  var key: YAMLNode
  /// The value.
  var value: YAMLNode

  /// The key's text; empty where the key is no scalar, which was reported when the document was read.
  var name: String { key.text ?? "" }
}

extension String {
  /// The text cut to what a message can hold on one line.
  var excerpt: String {
    if utf8.count <= 57, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
    let line = self.prefix { !$0.isNewline }
    return line.count > 60 ? line.prefix(57) + "…" : line.count < self.count ? line + "…" : self
  }
}
