/// The metadata file of an archive, `TOSCA.meta` (TOSCA 2.0, 17.2; Simple Profile 1.3, 6.2).
struct ArchiveMetadata {
  /// A line with what continues it.
  struct Field: Hashable {
    /// The keyname.
    var name: Name
    /// The value, without the white space around it.
    var value: Name
  }

  /// The first block, which is about the archive.
  private(set) var fields: [Field] = []
  /// Where the file begins.
  let start: Place

  /// The keynames that the standards define for the first block.
  static let keynames = [
    "TOSCA-Meta-File-Version", "CSAR-Version", "Created-By", "Entry-Definitions", "Other-Definitions",
  ]
  /// The bytes that the file may have.
  static let sizeLimit = 1 << 16
  /// How an archive's metadata file is named, where 1.x has it and where 1.3 and 2.0 allow it, too.
  static let paths = ["TOSCA-Metadata/TOSCA.meta", "TOSCA.meta"]

  /// Reads the file's text; what is wrong with its form is reported.
  init(_ text: String, file: UInt32, findings: FindingCollector) {
    start = findings.table.start(of: file)
    var isFirstBlock = true
    var known: [String: Place] = [:]
    var last: Int?
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let number = UInt32(index + 1)
      func place(_ range: Range<Substring.Index>) -> Place {
        let column = line[..<range.lowerBound].unicodeScalars.count + 1
        return Place(
          file: file, line: number, column: UInt32(column), endLine: number,
          endColumn: UInt32(column + line[range].unicodeScalars.count))
      }
      let content = Self.trimmed(line)
      if content.isEmpty {
        if last != nil || !known.isEmpty { isFirstBlock = false }
        (last, known) = (nil, [:])
        continue
      }
      if line.first == " " {
        guard let last else {
          findings.report(
            "wrong-syntax", at: place(content.startIndex..<content.endIndex),
            "this line continues none: it begins with a space", expected: "`KEYNAME: VALUE`")
          continue
        }
        if isFirstBlock { fields[last].value.text += " " + content }
        continue
      }
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        findings.report(
          "wrong-syntax", at: place(content.startIndex..<content.endIndex), "this line has no keyname",
          expected: "`KEYNAME: VALUE`")
        last = nil
        continue
      }
      let name = String(line[..<colon])
      let value = Self.trimmed(line[line.index(after: colon)...])
      let namePlace = place(line.startIndex..<colon)
      if !value.isEmpty, line[line.index(after: colon)] != " " {
        findings.report(
          "wrong-syntax", at: place(colon..<line.index(after: colon)), "no space follows the colon",
          expected: "`\(name.excerpt): \(String(value).excerpt)`")
      }
      if let earlier = known.updateValue(namePlace, forKey: name) {
        findings.report(
          "duplicate-key", at: namePlace, "the keyname `\(name.excerpt)` is already in this block",
          expected: "each keyname once", related: [(earlier, "it is first given here")])
        continue
      }
      last = isFirstBlock ? fields.count : 0
      if isFirstBlock {
        fields.append(
          Field(
            name: Name(text: name, place: namePlace),
            value: Name(text: String(value), place: place(value.startIndex..<value.endIndex))))
      }
    }
  }

  /// The value of a keyname of the first block.
  subscript(name: String) -> Name? { fields.first { $0.name.text == name }?.value }

  /// The version of the archive's format.
  var version: String? { self["CSAR-Version"]?.text }

  /// The file that is read first.
  var entryDefinitions: Name? { self["Entry-Definitions"].flatMap { $0.text.isEmpty ? nil : $0 } }

  /// The files whose service templates may substitute nodes: names with blanks stand in quotation marks. A list that
  /// ends within quotation marks is reported.
  func otherDefinitions(_ findings: FindingCollector) -> [Name] {
    guard let list = self["Other-Definitions"] else { return [] }
    var names: [Name] = []
    var current: String?
    var isQuoted = false
    for character in list.text {
      if character == "\"" {
        isQuoted.toggle()
        if current == nil { current = "" }
      } else if character == " ", !isQuoted {
        if let name = current { names.append(Name(text: name, place: list.place)) }
        current = nil
      } else {
        if current == nil { current = "" }
        current?.append(character)
      }
    }
    if let name = current { names.append(Name(text: name, place: list.place)) }
    if isQuoted {
      findings.report(
        "wrong-syntax", at: list.place, "`Other-Definitions` ends within quotation marks",
        expected: "file names with blanks between two quotation marks each")
    }
    return names
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}

extension ArchiveMetadata {
  /// Checks the first block against the version of the format that it claims.
  func check(_ findings: FindingCollector) {
    let known = Self.keynames
    for field in fields where !known.contains(field.name.text) {
      let near = nearest(field.name.text, among: known)
      let isReserved = field.name.text.lowercased().hasPrefix("tosca")
      guard near != nil || isReserved || version == "2.0" else { continue }
      findings.report(
        "unknown-key", near == nil ? .warning : .error, at: field.name.place,
        "unknown keyname `\(field.name.text.excerpt)` in the block about the archive",
        expected: "\(known.map { "`\($0)`" }.joined(separator: ", ")); others in a block of their own",
        suggestion: near)
    }
    checkVersions(findings)
    // 2.0 lets the entry be found as in an archive without this file.
    if version != "2.0", entryDefinitions == nil { reportMissing("Entry-Definitions", .error, findings) }
    if self["Created-By"]?.text.isEmpty ?? true {
      reportMissing("Created-By", version == "2.0" ? .warning : .error, findings)
    }
    for name in ["Entry-Definitions", "Other-Definitions"] {
      if let value = self[name], value.text.isEmpty, version == "2.0" {
        findings.report("wrong-syntax", at: value.place, "`\(name)` is empty", expected: "a file of the archive")
      }
    }
  }

  private func checkVersions(_ findings: FindingCollector) {
    let versions = ["1.0", "1.1", "2.0"]
    if let value = self["CSAR-Version"] {
      if !versions.contains(value.text) {
        findings.report(
          "unknown-version", at: value.place, "unknown version `\(value.text.excerpt)` of the archive's format",
          expected: "`1.0`, `1.1` or `2.0`")
      }
    } else {
      reportMissing("CSAR-Version", .error, findings)
    }
    if let value = self["TOSCA-Meta-File-Version"] {
      if version == "2.0" {
        findings.report(
          "unknown-key", .warning, at: fields.first { $0.value == value }?.name.place ?? value.place,
          "`TOSCA-Meta-File-Version` is a keyname of 1.x", expected: "`CSAR-Version` only (TOSCA 2.0, 17.2.1)")
      } else if value.text != "1.0", value.text != "1.1" {
        findings.report(
          "unknown-version", at: value.place, "unknown version `\(value.text.excerpt)` of the metadata file",
          expected: "`1.0`, or `1.1` since Simple Profile 1.3")
      }
    } else if version != "2.0", version != nil {
      reportMissing("TOSCA-Meta-File-Version", .error, findings)
    }
  }

  private func reportMissing(_ name: String, _ severity: Finding.Severity, _ findings: FindingCollector) {
    // A keyname that is nearly this one was reported with a suggestion.
    if fields.contains(where: { nearest($0.name.text, among: [name]) != nil && $0.name.text != name }) { return }
    findings.report(
      "missing-key", severity, at: start, "`TOSCA.meta` lacks `\(name)`", expected: "the keyname `\(name)`")
  }
}
