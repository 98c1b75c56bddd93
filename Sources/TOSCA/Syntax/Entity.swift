/// A name, or another short text, with the place where it is written.
struct Name: Hashable, Sendable {
  /// The text.
  var text: String
  /// Where it is written.
  var place: Place
}

/// What reading the entities of one file needs to know.
final class SyntaxContext {
  /// Where findings go.
  let findings: FindingCollector
  /// The file's version.
  let version: TOSCAVersion
  /// The file.
  let file: UInt32
  /// What is let pass.
  let tolerances: Tolerance

  /// Whether the file is TOSCA 2.0, whose grammar differs in many places.
  let isVersion2: Bool
  /// The keynames that the entities being read asked for, those of the innermost last, each with its entity's number.
  fileprivate var asked: [(entity: UInt32, keyname: String)] = []
  fileprivate var entities: UInt32 = 0

  /// The context of a file.
  init(findings: FindingCollector, version: TOSCAVersion, file: UInt32, tolerances: Tolerance = []) {
    self.tolerances = tolerances
    self.findings = findings
    self.version = version
    self.file = file
    isVersion2 = version >= .tosca2_0
  }

  /// Whether an empty list stands where something else is asked for, and that is tolerated: operations are written so in
  /// descriptors of network functions.
  func isTolerablyEmpty(_ node: YAMLNode, _ what: String) -> Bool {
    guard tolerances.contains(.emptySections), node.items?.isEmpty == true else { return false }
    findings.report(
      "tolerated", .warning, at: node.place, "\(what) is an empty list; tolerated by `\(Tolerance.emptySections.name)`",
      expected: "`{}`, or nothing at all")
    return true
  }
}

/// A map that is being read as a TOSCA entity: keynames are asked for one by one, and `finish` reports those that
/// nobody asked for. A value that has the wrong form is reported and then treated as absent, so that reading goes on.
struct Entity {
  /// What it is, with its article: `a node template`.
  let what: String
  /// The map as written.
  let node: YAMLNode
  /// The file's context.
  let context: SyntaxContext
  /// Whether there is a map at all.
  let isMap: Bool
  private let entries: [YAMLEntry]
  /// The entries that were asked for, those before the 64th.
  private var taken: UInt64 = 0
  /// Its number in the file, and where the keynames that it asks for begin in the context.
  private let number: UInt32
  private let firstAsked: Int

  /// Starts to read a map; anything else is reported.
  init(_ node: YAMLNode, _ what: String, _ context: SyntaxContext, orNothing: Bool = false, orText: Bool = false) {
    self.what = what
    self.node = node
    self.context = context
    context.entities &+= 1
    number = context.entities
    firstAsked = context.asked.count
    if let entries = node.entries {
      self.entries = entries
      isMap = true
    } else if context.isTolerablyEmpty(node, what) {
      entries = []
      isMap = true
    } else {
      entries = []
      isMap = false
      if !(orNothing && node.isNull) {
        context.findings.report(
          "wrong-syntax", at: node.place, "\(what) cannot be \(node.kindDescription)",
          expected: orText ? "a string, or a map of its keynames" : "a map of its keynames")
      }
    }
  }

  /// The value of a keyname as it stands.
  mutating func take(_ keyname: String) -> YAMLNode? {
    context.asked.append((number, keyname))
    guard let position = position(of: keyname) else { return nil }
    if position < 64 { taken |= 1 << UInt64(position) }
    return entries[position].value
  }

  private func position(of keyname: String) -> Int? {
    var position = 0
    while position < entries.count {
      if case .scalar(let text, _) = entries[position].key.content, text == keyname { return position }
      position += 1
    }
    return nil
  }

  /// The keynames that were asked for.
  private var known: [String] {
    guard firstAsked <= context.asked.count else { return [] }
    return context.asked[firstAsked...].compactMap { $0.entity == number ? $0.keyname : nil }
  }

  /// Whether the file's version has a keyname that not every version has. Where it is written all the same, that is
  /// reported, and it is read only where that is tolerated.
  mutating func knows(
    _ keyname: String, from first: TOSCAVersion = .simple1_0, to last: TOSCAVersion = .tosca2_0
  ) -> Bool {
    if first <= context.version, context.version <= last { return true }
    // TOSCA 2.0 begins anew: what went before is unknown to it.
    guard !context.isVersion2, let place = key(keyname) else { return false }
    _ = take(keyname)
    let exists = context.version < first ? "exists since TOSCA \(first.number)" : "existed until TOSCA \(last.number)"
    context.findings.report(
      "other-version", at: place, "`\(keyname)` of \(what) \(exists), and this file is of \(context.version.number)",
      expected: context.version < first ? "a later `tosca_definitions_version`" : nil)
    return context.tolerances.contains(.otherVersions)
  }

  /// The keyname as written.
  func key(_ keyname: String) -> Place? { position(of: keyname).map { entries[$0].key.place } }

  /// Reports an entity that lacks a keyname.
  func reportMissing(_ keyname: String, at place: Place? = nil) {
    guard isMap else { return }
    let isMisspelt = entries.contains { !known.contains($0.name) && nearest($0.name, among: [keyname]) != nil }
    context.findings.report(
      "missing-key", at: place ?? node.place, "\(what) lacks `\(keyname)`", expected: "the keyname `\(keyname)`",
      suggestion: isMisspelt ? keyname : nil)
  }

  /// A value that must be a string.
  mutating func string(_ keyname: String) -> Name? {
    guard let value = take(keyname) else { return nil }
    return string(value, "`\(keyname)` of \(what)")
  }

  /// A value that may be any scalar and is kept as text, such as a version.
  mutating func text(_ keyname: String) -> Name? {
    guard let value = take(keyname) else { return nil }
    if let text = value.text, !value.isNull { return Name(text: text, place: value.place) }
    reportForm(value, "`\(keyname)` of \(what)", "a string")
    return nil
  }

  /// A value that must be a Boolean.
  mutating func boolean(_ keyname: String) -> Bool? {
    guard let value = take(keyname) else { return nil }
    if case .scalar(let text, .plain) = value.content {
      if context.isVersion2 {
        if text == "true" || text == "false" { return text == "true" }
      } else if let flag = CoreSchema.boolean(text) {
        return flag
      }
      if context.tolerances.contains(.oldBooleans), let flag = CoreSchema.oldBoolean(text) {
        context.findings.report(
          "tolerated", .warning, at: value.place, "`\(text)` is read as `\(flag)`", expected: "`\(flag)`")
        return flag
      }
    }
    reportForm(value, "`\(keyname)` of \(what)", "`true` or `false`")
    return nil
  }

  /// A value that must be a list of strings.
  mutating func strings(_ keyname: String) -> [Name]? {
    guard let value = take(keyname) else { return nil }
    guard let items = value.items else {
      reportForm(value, "`\(keyname)` of \(what)", "a list of strings")
      return nil
    }
    return items.compactMap { string($0, "an item of `\(keyname)`") }
  }

  /// A map from names to entities of one kind.
  mutating func map<Element>(
    _ keyname: String, read: (Name, YAMLNode) -> Element?
  ) -> OrderedMap<Element> {
    var result = OrderedMap<Element>()
    guard let value = take(keyname) else { return result }
    if value.isNull, context.tolerances.contains(.emptySections) {
      context.findings.report(
        "tolerated", .warning, at: value.place, "`\(keyname)` of \(what) has nothing in it", expected: "`{}`")
      return result
    }
    guard let entries = value.entries ?? namesInList(value) else {
      reportForm(value, "`\(keyname)` of \(what)", "a map of names")
      return result
    }
    result.reserveCapacity(entries.count)
    for entry in entries {
      guard let name = string(entry.key, "a name in `\(keyname)`") else { continue }
      if context.isVersion2, name.text.isEmpty {
        reportForm(entry.key, "a name in `\(keyname)`", "a name that is not empty")
        continue
      }
      context.findings.recorder?.names(keyname, of: what, name, entry.value)
      result[name.text] = read(name, entry.value)
    }
    return result
  }

  /// A list of maps with one name each, as requirements and policies are written.
  mutating func list<Element>(_ keyname: String, read: (Name, YAMLNode) -> Element?) -> [Element] {
    guard let value = take(keyname) else { return [] }
    if value.isNull, context.tolerances.contains(.emptySections) {
      context.findings.report(
        "tolerated", .warning, at: value.place, "`\(keyname)` of \(what) has nothing in it", expected: "`[]`")
      return []
    }
    guard let items = value.items else {
      reportForm(value, "`\(keyname)` of \(what)", "a list of maps with one name each")
      return []
    }
    var result: [Element] = []
    for item in items.map(withoutKeynamesBeside) {
      guard let entries = item.entries, entries.count == 1, let entry = entries.first else {
        reportForm(item, "an item of `\(keyname)`", "a map with one name")
        continue
      }
      guard let name = string(entry.key, "a name in `\(keyname)`") else { continue }
      context.findings.recorder?.names(keyname, of: what, name, entry.value)
      if let element = read(name, entry.value) { result.append(element) }
    }
    return result
  }

  /// The entries of a list of maps with one name each, where a map of names is asked for and that is tolerated.
  private func namesInList(_ value: YAMLNode) -> [YAMLEntry]? {
    guard context.tolerances.contains(.flatItems), let items = value.items else { return nil }
    guard items.allSatisfy({ $0.entries?.isEmpty == false }) else { return nil }
    let entries = items.flatMap { withoutKeynamesBeside($0).entries ?? [] }
    context.findings.report(
      "tolerated", .warning, at: value.place,
      "a list stands where \(what) has a map of names; tolerated by `\(Tolerance.flatItems.name)`",
      expected: "a map of names")
    return entries
  }

  /// An item whose keynames stand beside its name instead of below it, brought into form where that is tolerated.
  private func withoutKeynamesBeside(_ item: YAMLNode) -> YAMLNode {
    guard context.tolerances.contains(.flatItems), let entries = item.entries, entries.count > 1 else { return item }
    context.findings.report(
      "tolerated", .warning, at: entries[1].key.place,
      "`\(entries[1].name.excerpt)` stands beside the name of an item; tolerated by `\(Tolerance.flatItems.name)`",
      expected: "the keynames below the name")
    var first = entries[0]
    if first.value.isNull { first.value = YAMLNode(content: .mapping(Array(entries.dropFirst())), place: item.place) }
    return YAMLNode(content: .mapping([first]), place: item.place)
  }

  /// A lower and an upper bound, as of `occurrences`.
  mutating func bounds(_ keyname: String) -> Bounds? {
    guard let value = take(keyname) else { return nil }
    if let items = value.items, items.count == 2, case .scalar(let low, .plain) = items[0].content,
      let lower = CoreSchema.integer(low), lower >= 0, let high = items[1].text
    {
      if high == "UNBOUNDED" { return Bounds(lower: lower, upper: nil) }
      if case .scalar(_, .plain) = items[1].content, let upper = CoreSchema.integer(high), upper >= lower {
        return Bounds(lower: lower, upper: upper)
      }
    }
    if context.tolerances.contains(.laxScalars), let items = value.items ?? (value.text == nil ? nil : [value, value]),
      items.count == 2, let lower = items[0].text.flatMap(CoreSchema.integer), lower >= 0, let high = items[1].text
    {
      let upper = CoreSchema.integer(high)
      if high.lowercased() == "unbounded" || upper.map({ $0 >= lower }) == true {
        context.findings.report(
          "tolerated", .warning, at: value.place,
          "`\(keyname)` of \(what) is written in another way; tolerated by `\(Tolerance.laxScalars.name)`",
          expected: "a range such as `[0, 1]` or `[1, UNBOUNDED]`")
        return Bounds(lower: lower, upper: upper)
      }
    }
    if let items = value.items, items.count == 2, let lower = items[0].text.flatMap(CoreSchema.integer),
      let upper = items[1].text.flatMap(CoreSchema.integer), lower > upper
    {
      context.findings.report(
        "wrong-syntax", at: value.place, "the lower bound of `\(keyname)` is above the upper one",
        expected: "a range such as `[0, 1]` or `[1, UNBOUNDED]`")
      return nil
    }
    reportForm(value, "`\(keyname)` of \(what)", "a range such as `[0, 1]` or `[1, UNBOUNDED]`")
    return nil
  }

  /// `metadata`: scalars by name.
  mutating func metadata() -> OrderedMap<Name> {
    map("metadata") { [context] name, value in
      // Since 2.0 metadata may be any YAML; what is no scalar is kept by name only.
      if context.isVersion2, value.text == nil { return Name(text: "", place: value.place) }
      if let text = value.text { return Name(text: text, place: value.place) }
      context.findings.tolerating(.otherVersions) {
        context.findings.report(
          "wrong-syntax", at: value.place, "the metadata `\(name.text.excerpt)` cannot be \(value.kindDescription)",
          expected: "a string")
      }
      return nil
    }
  }

  /// Reports the keynames that were not asked for; those of `except` belong to somebody else.
  func finish(except: (String) -> Bool = { _ in false }) {
    defer { while let last = context.asked.last, last.entity >= number { context.asked.removeLast() } }
    context.findings.recorder?.entity(what, at: node.place, known: known, entries: entries)
    // Nearly always everything was asked for.
    if entries.count < 64, taken == (1 << UInt64(entries.count)) - 1 { return }
    let known = known
    for entry in entries where !known.contains(entry.name) && !except(entry.name) {
      if context.isVersion2, isCommonKeyname(entry) { continue }
      context.findings.report(
        "unknown-key", at: entry.key.place, "unknown keyname `\(entry.name.excerpt)` in \(what)",
        expected: known.isEmpty ? nil : "one of " + known.sorted().map { "`\($0)`" }.joined(separator: ", "),
        suggestion: nearest(entry.name, among: known))
    }
  }

  /// Whether an entry is one of the keynames that every entity of 2.0 has: `description` and `metadata` (5.3).
  private func isCommonKeyname(_ entry: YAMLEntry) -> Bool {
    switch entry.name {
    case "description": _ = string(entry.value, "`description` of \(what)")
    case "metadata":
      if entry.value.entries == nil { reportForm(entry.value, "`metadata` of \(what)", "a map of names") }
    default: return false
    }
    return true
  }

  /// The entries whose keynames were not asked for yet.
  var remaining: [YAMLEntry] {
    context.findings.recorder?.entity(what, at: node.place, known: known, entries: entries)
    if entries.count < 64, taken == (1 << UInt64(entries.count)) - 1 { return [] }
    let known = known
    return entries.filter { !known.contains($0.name) }
  }

  /// A node that must be a string.
  func string(_ value: YAMLNode, _ subject: @autoclosure () -> String) -> Name? {
    if case .scalar(let text, let style) = value.content {
      if CoreSchema.kind(of: text, style) == .string { return Name(text: text, place: value.place) }
      if context.tolerances.contains(.laxScalars), !value.isNull {
        context.findings.report(
          "tolerated", .warning, at: value.place,
          "\(subject()) is \(value.kindDescription); tolerated by `\(Tolerance.laxScalars.name)`", expected: "a string")
        return Name(text: text, place: value.place)
      }
    }
    reportForm(value, subject(), "a string")
    return nil
  }

  /// Reports a value of the wrong form.
  func reportForm(_ value: YAMLNode, _ subject: String, _ expected: String) {
    context.findings.report(
      "wrong-syntax", at: value.place, "\(subject) cannot be \(value.kindDescription)", expected: expected)
  }
}

/// A lower and an upper bound; no upper bound is `UNBOUNDED`.
struct Bounds: Hashable, Sendable {
  /// At least so many.
  var lower: Int
  /// At most so many.
  var upper: Int?

  /// How it is written.
  var text: String { "[\(lower), \(upper.map(String.init) ?? "UNBOUNDED")]" }
}
