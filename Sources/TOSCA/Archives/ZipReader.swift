/// Reads the directory of a zip archive (ISO/IEC 21320-1, as TOSCA 2.0, 17.1.1.2, has it).
///
/// What the two descriptions of an entry, at its content and in the directory at the end, say differently is how one
/// archive shows different files to different programs. Such entries are refused, as are entries that share bytes.
struct ZipReader {
  private let data: LittleEndian
  private let limits: Limits

  /// Where the directory is.
  private struct Directory {
    var start: Int
    var size: Int
    var count: Int
  }

  /// An entry with all the bytes that are its own.
  private struct Located {
    var entry: ArchiveEntry
    var extent: Range<Int>
  }

  /// The entries of a zip archive.
  static func entries(
    of bytes: [UInt8], limits: Limits, problems: inout [ArchiveProblem]
  ) throws(ArchiveProblem) -> [ArchiveEntry] {
    try ZipReader(data: LittleEndian(bytes: bytes), limits: limits).read(&problems)
  }

  private func read(_ problems: inout [ArchiveProblem]) throws(ArchiveProblem) -> [ArchiveEntry] {
    let directory = try self.directory()
    guard directory.count <= limits.archiveEntries else { throw .tooManyEntries(limits.archiveEntries) }
    var located: [Located] = []
    var position = directory.start
    for _ in 0..<directory.count {
      guard let (result, next) = header(at: position, directory) else {
        throw .damaged("the archive's directory is damaged")
      }
      position = next
      do throws(ArchiveProblem) {
        located.append(try result.get())
      } catch {
        problems.append(error)
      }
    }
    guard position == directory.start + directory.size else {
      throw .damaged("the archive's directory has more in it than it says")
    }
    try checkOverlaps(located)
    return located.map(\.entry)
  }

  /// Finds the directory through the record at the archive's end.
  private func directory() throws(ArchiveProblem) -> Directory {
    let bytes = data.bytes
    var end = bytes.count - 22
    let lowest = max(0, end - 0xFFFF)
    while end >= lowest {
      if data.number(4, at: end) == 0x0605_4B50, data.number(2, at: end + 20) == bytes.count - end - 22 { break }
      end -= 1
    }
    guard end >= lowest, let disk = data.number(2, at: end + 4), let first = data.number(2, at: end + 6),
      let here = data.number(2, at: end + 8), var count = data.number(2, at: end + 10),
      var size = data.number(4, at: end + 12), var start = data.number(4, at: end + 16)
    else { throw .damaged("the archive ends early: its directory is missing") }
    var record = end
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      guard data.number(4, at: end - 20) == 0x0706_4B50, let large = data.number(8, at: end - 12),
        data.number(4, at: large) == 0x0606_4B50, let largeCount = data.number(8, at: large + 32),
        let largeSize = data.number(8, at: large + 40), let largeStart = data.number(8, at: large + 48)
      else { throw .damaged("the record at the archive's end is damaged") }
      (count, size, start, record) = (largeCount, largeSize, largeStart, large)
    } else if disk != 0 || first != 0 || here != count {
      throw .unsupported("this is one part of a split zip archive")
    }
    guard start <= record, size == record - start else {
      throw .damaged("the archive's directory is not where the archive says, or something stands before the archive")
    }
    return Directory(start: start, size: size, count: count)
  }

  /// The entry that a header of the directory describes, and where the next header begins; nil where there is none.
  private func header(
    at position: Int, _ directory: Directory
  ) -> (entry: Result<Located, ArchiveProblem>, next: Int)? {
    guard data.number(4, at: position) == 0x0201_4B50, let system = data.number(1, at: position + 5),
      let flags = data.number(2, at: position + 8), let method = data.number(2, at: position + 10),
      let checksum = data.number(4, at: position + 16), let packed = data.number(4, at: position + 20),
      let size = data.number(4, at: position + 24), let nameLength = data.number(2, at: position + 28),
      let extraLength = data.number(2, at: position + 30), let commentLength = data.number(2, at: position + 32),
      let attributes = data.number(4, at: position + 38), let offset = data.number(4, at: position + 42),
      let nameBytes = data.slice(position + 46, nameLength),
      let extra = data.slice(position + 46 + nameLength, extraLength)
    else { return nil }
    let next = position + 46 + nameLength + extraLength + commentLength
    guard next <= directory.start + directory.size else { return nil }
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      let shown = EntryName.shown(String(decoding: nameBytes, as: UTF8.self))
      return (.failure(EntryName.problem("is not UTF-8", shown)), next)
    }
    var header = Header(
      name: name, nameBytes: nameBytes, flags: flags, method: method, checksum: checksum, packed: packed, size: size,
      offset: offset, mode: system == 3 || system == 19 ? attributes >> 16 : 0, isDOSFolder: attributes & 0x10 != 0)
    return (Result { () throws(ArchiveProblem) in try locate(&header, extra, directory) }, next)
  }

  /// What the directory says of an entry.
  private struct Header {
    var name: String
    var nameBytes: ArraySlice<UInt8>
    var flags: Int
    var method: Int
    var checksum: Int
    var packed: Int
    var size: Int
    var offset: Int
    var mode: Int
    var isDOSFolder: Bool

    var kind: ArchiveEntry.Kind {
      switch mode & 0o170000 {
      case 0o120000: .symbolicLink(nil)
      case 0o040000: .folder
      case 0, 0o100000: name.hasSuffix("/") || name.isEmpty || isDOSFolder ? .folder : .file
      case 0o020000, 0o060000: .special("a device")
      case 0o010000: .special("a pipe")
      case 0o140000: .special("a socket")
      default: .special("neither a file nor a folder")
      }
    }
  }

  /// The entry of a header, once the description at its content agrees.
  private func locate(
    _ header: inout Header, _ extra: ArraySlice<UInt8>, _ directory: Directory
  ) throws(ArchiveProblem) -> Located {
    let name = EntryName.shown(header.name)
    guard header.flags & 0x2041 == 0 else {
      throw ArchiveProblem(
        "encrypted-archive", "the entry is encrypted", expected: "an archive without encryption", entry: header.name)
    }
    guard header.method == 0 || header.method == 8 else {
      let methods = [6: "imploded", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"]
      throw .unsupported(
        "the entry is compressed by method \(header.method)\(methods[header.method].map { " (\($0))" } ?? "")",
        entry: header.name)
    }
    try readLargeSizes(&header, extra)
    let damaged = ArchiveProblem.damaged("what the archive says at `\(name)` and in its directory differs", entry: name)
    guard data.number(4, at: header.offset) == 0x0403_4B50, let flags = data.number(2, at: header.offset + 6),
      data.number(2, at: header.offset + 8) == header.method, let checksum = data.number(4, at: header.offset + 14),
      let packed = data.number(4, at: header.offset + 18), let size = data.number(4, at: header.offset + 22),
      let nameLength = data.number(2, at: header.offset + 26), let extraLength = data.number(2, at: header.offset + 28),
      let nameBytes = data.slice(header.offset + 30, nameLength), nameBytes == header.nameBytes,
      flags & 0x2041 == 0
    else { throw damaged }
    // With bit 3 the sizes follow the content, and are zero here.
    if flags & 8 == 0 {
      guard checksum == header.checksum, packed == header.packed || packed == 0xFFFF_FFFF,
        size == header.size || size == 0xFFFF_FFFF
      else { throw damaged }
    }
    let start = header.offset + 30 + nameLength + extraLength
    guard start <= directory.start, header.packed <= directory.start - start else {
      throw .damaged("the entry's content ends beyond the archive's", entry: header.name)
    }
    guard header.method == 8 || header.packed == header.size else { throw damaged }
    let entry = ArchiveEntry(
      name: header.name, kind: header.kind, isExecutable: header.mode & 0o100 != 0,
      content: start..<start + header.packed, isDeflated: header.method == 8, size: header.size,
      checksum: UInt32(truncatingIfNeeded: header.checksum))
    return Located(entry: entry, extent: header.offset..<start + header.packed)
  }

  /// Sizes and places that need more than 32 bits stand in an extra field.
  private func readLargeSizes(_ header: inout Header, _ extra: ArraySlice<UInt8>) throws(ArchiveProblem) {
    let limit = 0xFFFF_FFFF
    guard header.size == limit || header.packed == limit || header.offset == limit else { return }
    let fields = LittleEndian(bytes: Array(extra))
    var position = 0
    while let kind = fields.number(2, at: position), let length = fields.number(2, at: position + 2) {
      if kind == 1 {
        var place = position + 4
        func next() throws(ArchiveProblem) -> Int {
          guard place + 8 <= position + 4 + length, let value = fields.number(8, at: place) else {
            throw .damaged("the entry's size is damaged", entry: header.name)
          }
          place += 8
          return value
        }
        if header.size == limit { header.size = try next() }
        if header.packed == limit { header.packed = try next() }
        if header.offset == limit { header.offset = try next() }
        return
      }
      position += 4 + length
    }
    throw .damaged("the entry's size is damaged", entry: header.name)
  }

  /// Entries that share bytes unpack to far more than the archive has.
  private func checkOverlaps(_ located: [Located]) throws(ArchiveProblem) {
    let sorted = located.sorted { $0.extent.lowerBound < $1.extent.lowerBound }
    for (one, next) in zip(sorted, sorted.dropFirst()) where next.extent.lowerBound < one.extent.upperBound {
      throw .bomb("the entry shares bytes with `\(EntryName.shown(one.entry.name))`", entry: next.entry.name)
    }
  }
}
