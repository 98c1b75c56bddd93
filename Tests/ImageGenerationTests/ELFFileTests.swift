import Testing

@testable import ImageGeneration

@Suite("ELF files")
struct ELFFileTests {
  /// A file with one segment and the sections that are given.
  static func file(flags: UInt32 = 5, sections: [(name: String, contents: [UInt8])] = []) -> [UInt8] {
    var names: [UInt8] = [0]
    var data: [UInt8] = []
    var headers = Array(repeating: UInt8(0), count: 64)
    let dataStart = 64 + 56
    func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func header(_ name: Int, _ type: UInt64, _ offset: Int, _ size: Int) -> [UInt8] {
      bytes(UInt64(name), 4) + bytes(type, 4) + bytes(2, 8) + bytes(0, 8) + bytes(UInt64(offset), 8)
        + bytes(UInt64(size), 8) + bytes(0, 24)
    }
    for section in sections {
      headers += header(names.count, 1, dataStart + data.count, section.contents.count)
      names += Array(section.name.utf8) + [0]
      data += section.contents
    }
    let nameOffset = names.count
    names += Array(".shstrtab".utf8) + [0]
    headers += header(nameOffset, 3, dataStart + data.count, names.count)
    let sectionStart = dataStart + data.count + names.count
    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9)
    file += bytes(2, 2) + bytes(62, 2) + bytes(1, 4) + bytes(0x1000_0000, 8) + bytes(64, 8)
    file += bytes(UInt64(sectionStart), 8) + bytes(0, 4) + bytes(64, 2) + bytes(56, 2) + bytes(1, 2) + bytes(64, 2)
    file += bytes(UInt64(sections.count + 2), 2) + bytes(UInt64(sections.count + 1), 2)
    file += bytes(1, 4) + bytes(UInt64(flags), 4) + bytes(0, 8) + bytes(0x1000_0000, 16 / 2) + bytes(0x1000_0000, 8)
    file += bytes(300, 8) + bytes(400, 8) + bytes(0x1000, 8)
    return file + data + names + headers
  }

  @Test("segments and sections are read")
  func reading() throws {
    let file = try ELFFile(ELFFileTests.file(sections: [(".text", [1, 2, 3]), (".testudo.syscalls", [1, 0, 0, 0])]))
    #expect(file.segments.count == 1)
    #expect(file.segments[0].isLoaded && file.segments[0].isExecutable && !file.segments[0].isWritable)
    #expect(file.executableBytes == 400)
    #expect(file.writableExecutableSegments == 0)
    #expect(file.sections.map(\.name) == ["", ".text", ".testudo.syscalls", ".shstrtab"])
    let text = try #require(file.section(".text"))
    #expect(file.contents(of: text).map(Array.init) == [1, 2, 3])
  }

  @Test("what nothing may write to is given in whole pages, filled with zeros")
  func unchanging() throws {
    // The segment has 300 bytes of the file from its beginning on, and 400 in memory.
    let bytes = ELFFileTests.file(flags: 5, sections: [(".text", Array(repeating: 7, count: 300))])
    let segments = try ELFFile(bytes).unchangingSegments()
    try #require(segments.count == 1)
    #expect(segments[0].address == 0x1000_0000 && segments[0].isExecutable && segments[0].bytes.count == 4096)
    #expect(segments[0].bytes[..<300] == bytes[..<300] && segments[0].bytes[300...].allSatisfy { $0 == 0 })
    #expect(try ELFFile(ELFFileTests.file(flags: 6)).unchangingSegments().isEmpty)
    #expect(try ELFFile(bytes).unchangingSegments(limit: 399).isEmpty)
    // Sizes that the file does not hold.
    var cut = ELFFileTests.file(flags: 5)
    for index in 0..<4 { cut[64 + 32 + index] = 0xFF }
    #expect(try ELFFile(cut).unchangingSegments().isEmpty)
  }

  @Test("a segment that is written and executed is counted")
  func writableExecutable() throws {
    #expect(try ELFFile(ELFFileTests.file(flags: 7)).writableExecutableSegments == 1)
  }

  @Test("system calls are named, each once, and numbers without a name are kept")
  func systemCalls() throws {
    let numbers: [UInt8] = [
      0, 0, 0, 0, 1, 0, 0, 0, 0x0F, 1, 0, 0, 228, 0, 0, 0, 231, 0, 0, 0, 1, 0, 0, 0, 0xE8, 3, 0, 0,
    ]
    let file = try ELFFile(ELFFileTests.file(sections: [(".testudo.syscalls", numbers)]))
    #expect(
      SystemCalls.declared(in: file) == ["read", "write", "ppoll", "clock_gettime", "exit_group", "system call 1000"])
    #expect(SystemCalls.declared(in: try ELFFile(ELFFileTests.file())) == nil)
    #expect(SystemCalls.declared(in: try ELFFile(ELFFileTests.file(sections: [(".testudo.syscalls", [1])]))) == nil)
  }

  @Test("what is no ELF file for x86-64 is refused")
  func refusing() {
    #expect(throws: ELFFile.Fault.notELF) { try ELFFile([]) }
    #expect(throws: ELFFile.Fault.notELF) { try ELFFile(Array(repeating: 0, count: 200)) }
    var foreign = ELFFileTests.file()
    foreign[18] = 183
    #expect(throws: ELFFile.Fault.foreign) { try ELFFile(foreign) }
  }

  @Test("no file that is cut off or altered can crash the reader")
  func hostile() {
    let sound = ELFFileTests.file(sections: [(".text", [1, 2, 3]), (".testudo.syscalls", [1, 0, 0, 0])])
    for count in 0..<sound.count { _ = try? ELFFile(Array(sound[..<count])) }
    var generator = SelectorPropertyTests.Generator(state: 5)
    for _ in 0..<20_000 {
      var altered = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        altered[Int.random(in: 0..<altered.count, using: &generator)] =
          [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      }
      guard let file = try? ELFFile(altered) else { continue }
      for section in file.sections { _ = file.contents(of: section) }
      _ = (SystemCalls.declared(in: file), file.executableBytes, file.writableExecutableSegments)
    }
  }
}
