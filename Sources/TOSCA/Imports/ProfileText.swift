/// A file of a profile with the types that it declares found by their lines, so that a template that needs a few of them
/// need not have all of them read.
///
/// Only the plain layout is understood that profiles are written in: sections of types in the first column, a type's
/// name two columns in, whatever is said of it further in, no anchors. Other files are read whole.
struct ProfileText: Sendable {
  /// A type.
  struct Declaration: Sendable {
    /// Its kind.
    let kind: TypeKind
    /// Its full name.
    let name: String
    /// Its bytes, from its name to the line before the next.
    let bytes: Range<Int>
    /// The number of its first line, from 0.
    let line: Int
  }

  /// The file's bytes.
  let bytes: [UInt8]
  /// The file's text.
  let text: String
  /// The types, in the order written.
  private(set) var declarations: [Declaration] = []
  /// The file names that it imports.
  private(set) var imports: [String] = []
  /// The bytes outside the declarations, each with the number of its first line.
  private var others: [(bytes: Range<Int>, line: Int)] = []
  /// The lines that begin the sections of types.
  private var headings: [(kind: TypeKind, bytes: Range<Int>, line: Int)] = []

  /// Finds the declarations of a text; nil where it has another layout.
  init?(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    self.bytes = bytes
    self.text = text
    var section = Section.none
    var start = 0
    var line = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      guard let indent = Self.indent(of: bytes[start..<end]) else { return nil }
      switch (indent, section) {
      case (0, _):
        section = Self.section(bytes[start..<end])
        if case .types(let kind) = section {
          headings.append((kind, start..<end, line))
        } else {
          addOther(start..<end, line)
        }
      case (2, .types(let kind)):
        guard let name = Self.name(bytes[start..<end]) else { return nil }
        declarations.append(Declaration(kind: kind, name: name, bytes: start..<end, line: line))
      case (_, .types(let kind)):
        // Blank lines and remarks before the first type belong to no type.
        if let last = declarations.last, last.kind == kind, last.bytes.upperBound == start {
          declarations[declarations.count - 1] = Declaration(
            kind: kind, name: last.name, bytes: last.bytes.lowerBound..<end, line: last.line)
        } else {
          addOther(start..<end, line)
        }
      case (2, .imports):
        guard let file = Self.item(bytes[start..<end]) else { return nil }
        imports.append(file)
        addOther(start..<end, line)
      default: addOther(start..<end, line)
      }
      start = end
      line += 1
    }
  }

  /// The text without the declarations that are not wanted, and the number, from 0, that each of its lines has in the
  /// file.
  func keeping(_ isWanted: (Declaration) -> Bool) -> (bytes: [UInt8], lines: [UInt32]) {
    let wanted = declarations.filter(isWanted)
    // A section with nothing in it would be a mistake.
    let wantedHeadings = headings.filter { heading in wanted.contains { $0.kind == heading.kind } }
    let parts =
      others + wantedHeadings.map { (bytes: $0.bytes, line: $0.line) }
      + wanted.map { (bytes: $0.bytes, line: $0.line) }
    var kept: [UInt8] = []
    var lines: [UInt32] = []
    for part in parts.sorted(by: { $0.line < $1.line }) {
      var line = UInt32(truncatingIfNeeded: part.line)
      for byte in bytes[part.bytes] where byte == UInt8(ascii: "\n") {
        lines.append(line)
        line += 1
      }
      kept += bytes[part.bytes]
    }
    lines.append((lines.last ?? 0) + 1)
    return (kept, lines)
  }

  /// Calls a function with each word of a declaration that could be a full name: those with a dot.
  func words(of declaration: Declaration, _ body: (String) -> Void) {
    var start: Int?
    var hasDot = false
    for index in declaration.bytes {
      if Self.isNameByte(bytes[index]) {
        if start == nil { (start, hasDot) = (index, false) }
        if bytes[index] == UInt8(ascii: ".") { hasDot = true }
      } else if let first = start {
        if hasDot { body(String(decoding: bytes[first..<index], as: UTF8.self)) }
        start = nil
      }
    }
  }

  private enum Section {
    case none, imports
    case types(TypeKind)
  }

  private mutating func addOther(_ range: Range<Int>, _ line: Int) {
    if let last = others.last, last.bytes.upperBound == range.lowerBound {
      others[others.count - 1].bytes = last.bytes.lowerBound..<range.upperBound
    } else {
      others.append((range, line))
    }
  }

  /// The spaces that a line begins with, many for one that is blank or a remark; nil where its layout is not plain.
  private static func indent(of line: ArraySlice<UInt8>) -> Int? {
    var indent = 0
    for byte in line {
      switch byte {
      case UInt8(ascii: " "): indent += 1
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "#"): return .max
      case UInt8(ascii: "\t"), UInt8(ascii: "%"): return nil
      default:
        let hasMark = line.contains { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "<") }
        return hasMark || line.starts(with: "---".utf8) || line.starts(with: "...".utf8) ? nil : indent
      }
    }
    return .max
  }

  private static func section(_ line: ArraySlice<UInt8>) -> Section {
    guard let name = name(line) else { return .none }
    if name == "imports" { return .imports }
    return TypeKind.allCases.first { $0.section == name }.map { .types($0) } ?? .none
  }

  /// The keyname on a line that has nothing else.
  private static func name(_ line: ArraySlice<UInt8>) -> String? {
    let content = line.drop { $0 == UInt8(ascii: " ") }
    let name = content.prefix(while: isNameByte)
    let rest = content[name.endIndex...]
    guard !name.isEmpty, rest.first == UInt8(ascii: ":") else { return nil }
    let isAlone = rest.dropFirst().allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    return isAlone ? String(decoding: name, as: UTF8.self) : nil
  }

  /// The file name that is an item of a list.
  private static func item(_ line: ArraySlice<UInt8>) -> String? {
    let content = line.dropFirst(2)
    guard content.starts(with: "- ".utf8) else { return nil }
    let name = content.dropFirst(2).prefix { isNameByte($0) || $0 == UInt8(ascii: "/") }
    guard content[name.endIndex...].allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }) else {
      return nil
    }
    return String(decoding: name, as: UTF8.self)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
