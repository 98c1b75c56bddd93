import CYAML

/// Why a text could not be composed. What was wrong is in the findings.
struct YAMLFault: Error {}

/// Composes the one document of a text from libyaml's events, with the place of everything, within bounds: the depth of
/// nesting and the number of nodes that aliases add (each alias counts as large as what it stands for, so that nested
/// aliases cannot multiply unseen).
struct YAMLComposer {
  private let findings: FindingCollector
  private let limits: Limits
  private let file: UInt32
  private let plainStyle: YAMLNode.ScalarStyle
  /// The numbers that the lines have in the file, from 0, where the text is a part of it.
  private let lines: [UInt32]
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private var event = yaml_event_t()
  private var texts = ScalarTexts()
  private let items = NodeStack<YAMLNode>()
  private let entries = NodeStack<YAMLEntry>()
  private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
  private var aliased = 0
  /// Whether the text says, as far as it was read, that it is one of TOSCA 2.0.
  private var isVersion2 = false

  /// Composes a text. A plain scalar of a command line value has the style `argument`. Where the text is a part of a
  /// file, `lines` has the number that each line has in it.
  /// - Returns: the root node, or nil where the text holds no document.
  static func compose(
    _ bytes: [UInt8], file: UInt32, limits: Limits, findings: FindingCollector,
    plainStyle: YAMLNode.ScalarStyle = .plain, lines: [UInt32] = []
  ) throws(YAMLFault) -> YAMLNode? {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else { throw YAMLFault() }
    defer { yaml_parser_delete(parser) }
    // The parser keeps the pointer, so it is the parser that must not outlive the buffer.
    let result = bytes.withUnsafeBufferPointer { buffer -> Result<YAMLNode?, YAMLFault> in
      var empty: UInt8 = 0
      if let base = buffer.baseAddress {
        yaml_parser_set_input_string(parser, base, buffer.count)
      } else {
        yaml_parser_set_input_string(parser, &empty, 0)
      }
      var composer = YAMLComposer(
        findings: findings, limits: limits, file: file, plainStyle: plainStyle, lines: lines, parser: parser)
      do throws(YAMLFault) { return .success(try composer.document(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private init(
    findings: FindingCollector, limits: Limits, file: UInt32, plainStyle: YAMLNode.ScalarStyle, lines: [UInt32],
    parser: UnsafeMutablePointer<yaml_parser_t>
  ) {
    self.findings = findings
    self.limits = limits
    self.file = file
    self.plainStyle = plainStyle
    self.lines = lines
    self.parser = parser
  }

  private mutating func document(_ bytes: [UInt8]) throws(YAMLFault) -> YAMLNode? {
    defer { yaml_event_delete(&event) }
    try next(bytes)
    guard event.type == YAML_STREAM_START_EVENT else { throw YAMLFault() }
    try next(bytes)
    if event.type == YAML_STREAM_END_EVENT { return nil }
    try next(bytes)
    let root = try node(depth: 0, bytes).node
    try next(bytes)
    try next(bytes)
    if event.type == YAML_DOCUMENT_START_EVENT {
      findings.report(
        "several-documents", at: place, "a second YAML document begins here", expected: "one document in the file")
      throw YAMLFault()
    }
    return root
  }

  /// The place of the current event.
  private var place: Place {
    let start = event.start_mark
    let end = event.end_mark
    var place = Place(
      file: file, line: UInt32(truncatingIfNeeded: start.line + 1),
      column: UInt32(truncatingIfNeeded: start.column + 1),
      endLine: UInt32(truncatingIfNeeded: end.line + 1), endColumn: UInt32(truncatingIfNeeded: end.column + 1))
    if !lines.isEmpty {
      place.line = number(of: Int(start.line))
      // What ends before the first column ends with the line above.
      place.endLine = end.column == 0 && end.line > start.line ? number(of: end.line - 1) + 1 : number(of: end.line)
    }
    return place
  }

  private func number(of line: Int) -> UInt32 { lines.indices.contains(line) ? lines[line] + 1 : UInt32(line + 1) }

  private mutating func next(_ bytes: [UInt8]) throws(YAMLFault) {
    yaml_event_delete(&event)
    guard yaml_parser_parse(parser, &event) == 1 else {
      reportProblem(bytes)
      throw YAMLFault()
    }
  }

  private func reportProblem(_ bytes: [UInt8]) {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
    var mark = parser.pointee.problem_mark
    if mark.line == 0, mark.column == 0 { mark = parser.pointee.mark }
    let line = UInt32(truncatingIfNeeded: mark.line + 1)
    let column = UInt32(truncatingIfNeeded: mark.column + 1)
    let place = Place(file: file, line: line, column: column, endLine: line, endColumn: column + 1)
    if Self.hasTab(bytes, line: mark.line, upTo: mark.column) {
      findings.report(
        "not-yaml", at: place, "a tab stands where YAML counts spaces", expected: "spaces before the first character")
      return
    }
    var related: [(Place, String)] = []
    if let context = parser.pointee.context, parser.pointee.context_mark.line + 1 < mark.line + 1 {
      let contextLine = UInt32(truncatingIfNeeded: parser.pointee.context_mark.line + 1)
      let contextColumn = UInt32(truncatingIfNeeded: parser.pointee.context_mark.column + 1)
      related = [
        (
          Place(
            file: file, line: contextLine, column: contextColumn, endLine: contextLine, endColumn: contextColumn + 1),
          String(cString: context)
        )
      ]
    }
    findings.report("not-yaml", at: place, "this is not YAML: \(problem)", related: related)
  }

  /// Whether only white space with a tab in it stands before a column of a line.
  private static func hasTab(_ bytes: [UInt8], line: Int, upTo column: Int) -> Bool {
    var current = 0
    var index = 0
    while index < bytes.count, current < line {
      if bytes[index] == UInt8(ascii: "\n") { current += 1 }
      index += 1
    }
    let start = bytes[index...].prefix(column + 1).prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return start.contains(UInt8(ascii: "\t"))
  }

  /// The node of the current event and everything in it, with the number of nodes it stands for.
  private mutating func node(depth: Int, _ bytes: [UInt8]) throws(YAMLFault) -> (node: YAMLNode, size: Int) {
    guard depth <= limits.depth else {
      findings.report(
        "too-deep", at: place, "lists and maps nest more than \(limits.depth) deep here",
        expected: "at most \(limits.depth) levels")
      throw YAMLFault()
    }
    switch event.type {
    case YAML_ALIAS_EVENT: return try alias()
    case YAML_SCALAR_EVENT: return scalar()
    case YAML_SEQUENCE_START_EVENT: return try sequence(depth: depth, bytes)
    case YAML_MAPPING_START_EVENT: return try mapping(depth: depth, bytes)
    default: throw YAMLFault()
    }
  }

  private mutating func alias() throws(YAMLFault) -> (YAMLNode, Int) {
    let name = Self.string(event.data.alias.anchor)
    guard let anchor = anchors[name] else {
      findings.report(
        "unknown-anchor", at: place, "no anchor `\(name.excerpt)` is complete before this alias",
        expected: "an anchor `&\(name.excerpt)` on an earlier value",
        suggestion: nearest(name, among: anchors.keys))
      throw YAMLFault()
    }
    try count(anchor.size)
    var node = anchor.node
    node.place = place
    return (node, anchor.size)
  }

  /// Counts nodes that an alias or a merge adds.
  private mutating func count(_ size: Int) throws(YAMLFault) {
    aliased += size
    guard aliased <= limits.aliasedNodes else {
      findings.report(
        "alias-bomb", at: place, "the aliases of this file stand for more than \(limits.aliasedNodes) values",
        expected: "aliases that do not multiply")
      throw YAMLFault()
    }
  }

  private mutating func scalar() -> (YAMLNode, Int) {
    let data = event.data.scalar
    let text = texts.text(UnsafeBufferPointer(start: data.value, count: data.length))
    var style: YAMLNode.ScalarStyle = data.style == YAML_PLAIN_SCALAR_STYLE ? plainStyle : .quoted
    if let tag = data.tag.map({ Self.string($0) }) {
      if tag == "tag:yaml.org,2002:str" || tag == "!" {
        style = .quoted
      } else {
        check(tag: tag)
        // What it is, the tag says, and not the quotes.
        if ["int", "float", "bool", "null"].contains(where: { tag == Self.core + $0 }) { style = plainStyle }
      }
    }
    let node = YAMLNode(content: .scalar(text, style), place: place)
    remember(data.anchor, node, size: 1)
    return (node, 1)
  }

  private mutating func sequence(depth: Int, _ bytes: [UInt8]) throws(YAMLFault) -> (YAMLNode, Int) {
    let start = place
    let flow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
    let anchor = event.data.sequence_start.anchor.map { Self.string($0) }
    if let tag = event.data.sequence_start.tag { check(tag: Self.string(tag)) }
    let first = items.count
    var size = 1
    var lastPlace = start
    try next(bytes)
    while event.type != YAML_SEQUENCE_END_EVENT {
      let item = try node(depth: depth + 1, bytes)
      lastPlace = item.node.place
      size += item.size
      items.push(item.node)
      try next(bytes)
    }
    let end = flow ? place : lastPlace
    let result = YAMLNode(content: .sequence(items.take(from: first)), place: start.through(end))
    if let anchor { anchors[anchor] = (result, size) }
    return (result, size)
  }

  private mutating func mapping(depth: Int, _ bytes: [UInt8]) throws(YAMLFault) -> (YAMLNode, Int) {
    let start = place
    let flow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
    let anchor = event.data.mapping_start.anchor.map { Self.string($0) }
    if let tag = event.data.mapping_start.tag { check(tag: Self.string(tag)) }
    let first = entries.count
    var merged: [YAMLEntry] = []
    var keys = MappingKeys()
    var size = 1
    var lastPlace = start
    try next(bytes)
    while event.type != YAML_MAPPING_END_EVENT {
      let key = try node(depth: depth + 1, bytes)
      try next(bytes)
      let value = try node(depth: depth + 1, bytes)
      size += key.size + value.size
      if key.node.text == "tosca_definitions_version", value.node.text == "tosca_2_0" { isVersion2 = true }
      lastPlace = value.node.place.endLine >= key.node.place.endLine ? value.node.place : key.node.place
      if case .scalar("<<", .plain) = key.node.content {
        merged += mergeable(value.node)
      } else if let earlier = keys.place(of: key.node.content, among: entries, from: first) {
        findings.report(
          "duplicate-key", at: key.node.place, "the key `\((key.node.text ?? "…").excerpt)` is already in this map",
          expected: "each key once", related: [(earlier, "it is first given here")])
      } else {
        entries.push(YAMLEntry(key: key.node, value: value.node))
      }
      try next(bytes)
    }
    for entry in merged where keys.place(of: entry.key.content, among: entries, from: first) == nil {
      entries.push(entry)
    }
    let end = flow ? place : lastPlace
    let result = YAMLNode(content: .mapping(entries.take(from: first)), place: start.through(end))
    if let anchor { anchors[anchor] = (result, size) }
    return (result, size)
  }

  /// The entries that a merge key (`<<`, YAML 1.1's merge type) adds: of a map, or of a list of maps, nearest first.
  private func mergeable(_ value: YAMLNode) -> [YAMLEntry] {
    switch value.content {
    case .mapping(let entries): return entries
    case .sequence(let items) where items.allSatisfy { $0.entries != nil }: return items.flatMap { $0.entries ?? [] }
    default:
      findings.report(
        "wrong-syntax", at: value.place, "a merge key needs a map: found \(value.kindDescription)",
        expected: "an alias of a map, or a list of such")
      return []
    }
  }

  private mutating func remember(_ anchor: UnsafeMutablePointer<yaml_char_t>?, _ node: YAMLNode, size: Int) {
    if let anchor { anchors[Self.string(anchor)] = (node, size) }
  }

  /// What YAML's own tags begin with.
  private static let core = "tag:yaml.org,2002:"

  /// Tags outside YAML's own are how other parsers are made to run code; TOSCA has no use for them, and 2.0 none for dates
  /// (2.0, 9.1.2.1).
  private func check(tag: String) {
    let known = ["str", "int", "float", "bool", "null", "seq", "map"] + (isVersion2 ? [] : ["timestamp"])
    if tag == "!" || (tag.hasPrefix(Self.core) && known.contains(String(tag.dropFirst(Self.core.count)))) { return }
    let written = tag.hasPrefix(Self.core) ? "!!" + tag.dropFirst(Self.core.count) : tag
    findings.report(
      "unknown-tag", at: place, "the YAML tag `\(written.excerpt)` has no meaning in TOSCA", expected: "no tag")
  }

  private static func string(_ pointer: UnsafeMutablePointer<yaml_char_t>) -> String {
    String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
  }
}
