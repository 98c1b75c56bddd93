/// Reads a tarball: UStar (TOSCA 2.0, 17.1.1.1), with the long names of POSIX 2001 (pax) and of GNU tar.
struct TarReader {
  private let bytes: [UInt8]
  private let limits: Limits

  /// What records before an entry say of it.
  private struct Override {
    var path: String?
    var link: String?
    var size: Int?
  }

  /// The bytes that one record of long names may have.
  private static let recordLimit = 1 << 16

  /// The entries of a tarball.
  static func entries(
    of bytes: [UInt8], limits: Limits, problems: inout [ArchiveProblem]
  ) throws(ArchiveProblem) -> [ArchiveEntry] {
    try TarReader(bytes: bytes, limits: limits).read(&problems)
  }

  private func read(_ problems: inout [ArchiveProblem]) throws(ArchiveProblem) -> [ArchiveEntry] {
    var entries: [ArchiveEntry] = []
    var records = 0
    var override = Override()
    var position = 0
    while true {
      guard position <= bytes.count - 512 else {
        throw .damaged("the archive ends early: the two empty blocks at its end are missing")
      }
      if isEmpty(position, 512) {
        guard bytes.count - position >= 1024, isEmpty(position, bytes.count - position) else {
          throw .damaged("something follows the end of the archive, or the end is incomplete")
        }
        return entries
      }
      records += 1
      guard records <= limits.archiveEntries * 3, entries.count < limits.archiveEntries else {
        throw .tooManyEntries(limits.archiveEntries)
      }
      guard hasChecksum(at: position), let written = number(position + 124, 12) else {
        throw .damaged("the header of entry \(entries.count + 1) is damaged")
      }
      let kind = bytes[position + 156]
      let isRecord = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")].contains(kind)
      let hasContent = isRecord || ![1, 2, 3, 4, 5, 6].contains(Int(kind) - 48)
      let size = hasContent ? (isRecord ? written : override.size ?? written) : 0
      let start = position + 512
      guard size <= bytes.count - start else {
        throw .damaged("the archive ends early, within entry \(entries.count + 1)")
      }
      let content = start..<start + size
      position = min(start + (size + 511) / 512 * 512, bytes.count)
      if isRecord {
        guard size <= Self.recordLimit else { throw .damaged("a record of long names has more than 65536 bytes") }
        try read(record: kind, content, into: &override)
        continue
      }
      defer { override = Override() }
      do throws(ArchiveProblem) {
        entries.append(try entry(at: start - 512, kind, content, override))
      } catch {
        problems.append(error)
        guard problems.count <= limits.archiveEntries else { throw error }
      }
    }
  }

  private func entry(
    at header: Int, _ type: UInt8, _ content: Range<Int>, _ override: Override
  ) throws(ArchiveProblem) -> ArchiveEntry {
    let isStandard = bytes[(header + 257)...].starts(with: Array("ustar\0".utf8))
    let prefix = isStandard ? try text(header + 345, 155) : ""
    let short = try text(header, 100)
    let name = override.path ?? (prefix.isEmpty ? short : prefix + "/" + short)
    let link = if let long = override.link { long } else { try text(header + 157, 100) }
    let kind: ArchiveEntry.Kind
    switch type {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = name.hasSuffix("/") ? .folder : .file
    case UInt8(ascii: "1"): kind = .hardLink(link)
    case UInt8(ascii: "2"): kind = .symbolicLink(link)
    case UInt8(ascii: "3"), UInt8(ascii: "4"): kind = .special("a device")
    case UInt8(ascii: "5"): kind = .folder
    case UInt8(ascii: "6"): kind = .special("a pipe")
    case UInt8(ascii: "S"): throw .unsupported("the entry is sparse", entry: name)
    default:
      throw .unsupported("the entry is of the unknown kind `\(EntryName.shown(Unicode.Scalar(type)))`", entry: name)
    }
    let mode = number(header + 100, 8) ?? 0
    return ArchiveEntry(
      name: name, kind: kind, isExecutable: mode & 0o100 != 0, content: content, size: content.count)
  }

  /// Reads a record that says the next entry's long name, target or size.
  private func read(
    record kind: UInt8, _ content: Range<Int>, into override: inout Override
  ) throws(ArchiveProblem) {
    switch kind {
    case UInt8(ascii: "L"): override.path = try text(content.lowerBound, content.count)
    case UInt8(ascii: "K"): override.link = try text(content.lowerBound, content.count)
    default:
      let damaged = ArchiveProblem.damaged("a record of extended headers is damaged")
      var rest = bytes[content]
      while !rest.isEmpty {
        // Each is its own length in decimal, a space, a name, `=`, the value and a newline.
        guard let space = rest.firstIndex(of: UInt8(ascii: " ")), space - rest.startIndex <= 6,
          let length = Int(String(decoding: rest[rest.startIndex..<space], as: UTF8.self)),
          length > space - rest.startIndex + 1, length <= rest.count,
          rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
          let equals = rest[space...].prefix(rest.startIndex + length - space).firstIndex(of: UInt8(ascii: "="))
        else { throw damaged }
        let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
        guard
          let value = String(
            validating: rest[(equals + 1)..<(rest.startIndex + length - 1)], as: UTF8.self)
        else { throw damaged }
        rest = rest.dropFirst(length)
        switch key {
        case "path", "linkpath", "size":
          // For all entries at once they would make one file of many.
          guard kind == UInt8(ascii: "x") else { throw damaged }
          if key == "path" { override.path = value }
          if key == "linkpath" { override.link = value }
          if key == "size" {
            guard let size = Int(value), size >= 0 else { throw damaged }
            override.size = size
          }
        case _ where key.hasPrefix("GNU.sparse."): throw .unsupported("an entry is sparse")
        default: break
        }
      }
    }
  }

  private func isEmpty(_ start: Int, _ count: Int) -> Bool {
    bytes[start..<start + count].allSatisfy { $0 == 0 }
  }

  /// Text that ends at the first zero.
  private func text(_ start: Int, _ count: Int) throws(ArchiveProblem) -> String {
    let raw = bytes[start..<start + count].prefix { $0 != 0 }
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw EntryName.problem("is not UTF-8", String(decoding: raw, as: UTF8.self))
    }
    return text
  }

  /// An octal number, or one in base 256 as GNU tar writes large ones.
  private func number(_ start: Int, _ count: Int) -> Int? {
    let field = bytes[start..<start + count]
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80 else { return nil }
      var value = 0
      for byte in field.dropFirst() {
        guard value >> 55 == 0 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    var value = 0
    for digit in digits {
      guard (0x30...0x37).contains(digit) else { return nil }
      value = value << 3 | Int(digit - 0x30)
    }
    return value
  }

  private func hasChecksum(at position: Int) -> Bool {
    guard let written = number(position + 148, 8) else { return false }
    var sum = 8 * 0x20
    for index in position..<position + 512 where !(position + 148..<position + 156).contains(index) {
      sum += Int(bytes[index])
    }
    return sum == written
  }
}
