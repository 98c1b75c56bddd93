/// The parts of a 64-bit, little-endian ELF file (System V ABI, chapters 4 and 5) that say what an image is: its segments
/// and its sections. No offset or length in the file is trusted.
public struct ELFFile: Sendable {
  /// A part of the file that is mapped when the image starts.
  public struct Segment: Hashable, Sendable {
    /// The kind (`p_type`): 1 for what is loaded.
    public var type: UInt32
    /// Readable, writable, executable (`p_flags`).
    public var flags: UInt32
    /// Where it stands in the file.
    public var offset: UInt64
    /// Its size in the file.
    public var fileBytes: UInt64
    /// Where it is mapped.
    public var address: UInt64
    /// Its size in memory.
    public var memoryBytes: UInt64

    /// Whether it is loaded.
    public var isLoaded: Bool { type == 1 }
    /// Whether it can be executed.
    public var isExecutable: Bool { flags & 1 != 0 }
    /// Whether it can be written.
    public var isWritable: Bool { flags & 2 != 0 }
  }

  /// A named part of the file.
  public struct Section: Hashable, Sendable {
    /// The name.
    public var name: String
    /// The kind (`sh_type`).
    public var type: UInt32
    /// The attributes (`sh_flags`).
    public var flags: UInt64
    /// Where it is in memory.
    public var address: UInt64
    /// Where it stands in the file.
    public var offset: UInt64
    /// Its size.
    public var bytes: UInt64

    /// Whether it takes no room in the file.
    public var isEmptyInFile: Bool { type == 8 }
  }

  /// Why a file is not one.
  public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// It does not start as one.
    case notELF
    /// It is one for another machine, or of another width or byte order.
    case foreign
    /// A table or name is outside the file.
    case truncated

    /// What is wrong: lower case, no final period.
    public var description: String {
      switch self {
      case .notELF: "this is no ELF file"
      case .foreign: "this ELF file is not for x86-64"
      case .truncated: "this ELF file refers to what it does not contain"
      }
    }
  }

  /// What can be mapped.
  public let segments: [Segment]
  /// The named parts.
  public let sections: [Section]
  private let bytes: [UInt8]

  /// Reads a file's headers.
  public init(_ bytes: [UInt8]) throws(Fault) {
    guard bytes.count >= 64, Array(bytes[0..<4]) == [0x7F, 0x45, 0x4C, 0x46] else { throw .notELF }
    guard bytes[4] == 2, bytes[5] == 1 else { throw .foreign }
    let reader = Reader(bytes: bytes)
    guard try reader.integer(UInt16.self, at: 18) == 62 else { throw .foreign }
    self.bytes = bytes
    segments = try reader.segments()
    sections = try reader.sections()
  }

  /// The section of that name.
  public func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// What is in a section; `nil` if the file does not have all of it.
  public func contents(of section: Section) -> ArraySlice<UInt8>? {
    section.isEmptyInFile ? [] : contents(at: section.offset, count: section.bytes)
  }

  /// A stretch of the file; `nil` if the file does not have all of it.
  func contents(at offset: UInt64, count: UInt64) -> ArraySlice<UInt8>? {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard !overflow, end <= UInt64(bytes.count) else { return nil }
    return bytes[Int(offset)..<Int(end)]
  }

  /// How many bytes can be executed.
  public var executableBytes: Int {
    segments.filter { $0.isLoaded && $0.isExecutable }.reduce(0) { $0 &+ Int(truncatingIfNeeded: $1.memoryBytes) }
  }

  /// How many segments can be both written and executed.
  public var writableExecutableSegments: Int {
    segments.count { $0.isWritable && $0.isExecutable && ($0.isLoaded || $0.memoryBytes > 0) }
  }
}

extension ELFFile {
  /// Reads tables, with every offset checked.
  private struct Reader {
    let bytes: [UInt8]

    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: UInt64) throws(Fault) -> Integer {
      let width = UInt64(Integer.bitWidth / 8)
      guard offset <= UInt64(bytes.count), width <= UInt64(bytes.count) - offset else { throw .truncated }
      var value: Integer = 0
      for index in 0..<width {
        value |= Integer(truncatingIfNeeded: bytes[Int(offset + index)]) << Integer(8 * index)
      }
      return value
    }

    /// Where the entries of a table stand. No table is larger than the file.
    private func entries(start: UInt64, size: UInt16, count: UInt16, atLeast: UInt16) throws(Fault) -> [UInt64] {
      guard count > 0 else { return [] }
      let (end, overflow) = start.addingReportingOverflow(UInt64(size) * UInt64(count))
      guard size >= atLeast, !overflow, end <= UInt64(bytes.count) else { throw .truncated }
      return (0..<UInt64(count)).map { start + $0 * UInt64(size) }
    }

    func segments() throws(Fault) -> [Segment] {
      let table = try entries(
        start: integer(UInt64.self, at: 32), size: integer(UInt16.self, at: 54), count: integer(UInt16.self, at: 56),
        atLeast: 56)
      var segments: [Segment] = []
      for entry in table {
        segments.append(
          Segment(
            type: try integer(UInt32.self, at: entry), flags: try integer(UInt32.self, at: entry + 4),
            offset: try integer(UInt64.self, at: entry + 8), fileBytes: try integer(UInt64.self, at: entry + 32),
            address: try integer(UInt64.self, at: entry + 16), memoryBytes: try integer(UInt64.self, at: entry + 40)))
      }
      return segments
    }

    func sections() throws(Fault) -> [Section] {
      let table = try entries(
        start: integer(UInt64.self, at: 40), size: integer(UInt16.self, at: 58), count: integer(UInt16.self, at: 60),
        atLeast: 64)
      let nameIndex = Int(try integer(UInt16.self, at: 62))
      guard table.isEmpty || nameIndex < table.count else { throw .truncated }
      var sections: [Section] = []
      for entry in table {
        let names = try integer(UInt64.self, at: table[nameIndex] + 24)
        let (start, overflow) = names.addingReportingOverflow(UInt64(try integer(UInt32.self, at: entry)))
        guard !overflow else { throw .truncated }
        sections.append(
          Section(
            name: try name(at: start), type: try integer(UInt32.self, at: entry + 4),
            flags: try integer(UInt64.self, at: entry + 8), address: try integer(UInt64.self, at: entry + 16),
            offset: try integer(UInt64.self, at: entry + 24), bytes: try integer(UInt64.self, at: entry + 32)))
      }
      return sections
    }

    /// A text that a zero byte ends.
    private func name(at start: UInt64) throws(Fault) -> String {
      guard start < UInt64(bytes.count), let end = bytes[Int(start)...].firstIndex(of: 0) else { throw .truncated }
      return String(decoding: bytes[Int(start)..<end], as: UTF8.self)
    }
  }
}
