import Glibc
import Testing

@testable import Hosting

/// A program of one page of code and one of what is only read, at known addresses, that waits to be ended.
private enum Specimen {
  static let program: String? = {
    let folder = TestFolder.make("specimen")
    TestFolder.write(folder + "/a.S", Array(text.utf8))
    let result = TestFolder.run(
      "cc -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,separate-code -o \(folder)/a \(folder)/a.S")
    atexit { TestFolder.removeAll() }
    return result == 0 ? folder + "/a" : nil
  }()

  private static let text = """
    .text
    .globl _start
    _start: mov $34, %eax
            syscall
            jmp _start
            .zero 8000
    .section .rodata
            .ascii "never written"
            .zero 5000
    .data
            .quad 1
    .section .note.GNU-stack,"",@progbits
    """

  /// Calls `body` with the process of a running specimen.
  static func running(_ body: (Int32) async throws -> Void) async throws {
    let program = try #require(program)
    let process = try ChildProcess.start([program])
    defer { kill(process, SIGKILL) }
    // Until it is the specimen, it is a copy of this process.
    try #require(await eventually { Files.text("/proc/\(process)/maps")?.contains(program) == true })
    try await body(process)
  }

  /// What is in the regions of a process that nothing may write to.
  static func reference(_ memory: InstanceAddressSpace) -> [ReferenceSegment] {
    memory.regions.filter { !$0.isWritable }.map { region in
      var bytes = [UInt8](repeating: 0, count: Int(region.bytes))
      let count = bytes.withUnsafeMutableBytes { memory.read(region.start, into: $0) }
      #expect(count == bytes.count)
      return ReferenceSegment(
        name: region.isExecutable ? "text" : "read-only data", address: region.start, bytes: bytes)
    }
  }
}

@Suite(
  "Memory of instances", .enabled(if: isRoot, "needs root"),
  .enabled(if: Specimen.program != nil, "needs a C compiler"))
struct MemoryTests {
  private func overwrite(_ process: Int32, _ address: UInt64) throws {
    let file = open("/proc/\(process)/mem", O_RDWR)
    try #require(file >= 0)
    defer { close(file) }
    var byte: UInt8 = 0
    try #require(pread(file, &byte, 1, Int(address)) == 1)
    byte ^= 0x80
    try #require(pwrite(file, &byte, 1, Int(address)) == 1)
  }

  @Test("memory that is what it should be is found so, and one altered byte is named with its place")
  func altered() async throws {
    try await Specimen.running { process in
      let memory = try InstanceAddressSpace(process: process, isMachine: false)
      let reference = Specimen.reference(memory)
      #expect(try await IntegrityCheck.run(memory, against: reference, isMachine: false) == nil)
      let text = try #require(reference.first { $0.name == "text" })
      try overwrite(process, text.address + 0x1003)
      let found = try await IntegrityCheck.run(memory, against: reference, isMachine: false)
      #expect(found == .altered(segment: "text", offset: 0x1003, address: text.address + 0x1003))
      #expect(found?.summary.contains("offset 0x1003") == true)
      try overwrite(process, text.address + 0x1003)
      let data = try #require(reference.last { $0.name == "read-only data" })
      try overwrite(process, data.address + UInt64(data.bytes.count) - 1)
      let last = UInt64(data.bytes.count) - 1
      #expect(
        try await IntegrityCheck.run(memory, against: reference, isMachine: false)
          == .altered(segment: "read-only data", offset: last, address: data.address + last))
    }
  }

  @Test("code that is not the image's, memory that is not there, and memory that can be written are violations")
  func mappings() async throws {
    try await Specimen.running { process in
      let memory = try InstanceAddressSpace(process: process, isMachine: false)
      let reference = Specimen.reference(memory)
      let withoutText = reference.filter { $0.name != "text" }
      guard case .foreignCode? = try await IntegrityCheck.run(memory, against: withoutText, isMachine: false) else {
        Issue.record("the code is not the reference's, and passed")
        return
      }
      let missing = ReferenceSegment(name: "text", address: 0x1000, bytes: [1, 2, 3])
      #expect(
        try await IntegrityCheck.run(memory, against: reference + [missing], isMachine: false)
          == .missing(segment: "text", offset: 0, address: 0x1000))
      let data = try #require(memory.regions.first { $0.isWritable && !$0.isExecutable })
      let writable = ReferenceSegment(name: "read-only data", address: data.start, bytes: [1])
      #expect(
        try await IntegrityCheck.run(memory, against: reference + [writable], isMachine: false)
          == .writable(segment: "read-only data"))
    }
  }

  @Test("a dump is a core file for its owner only, in which every byte is at its address; none is over the bound")
  func dump() async throws {
    try await Specimen.running { process in
      let memory = try InstanceAddressSpace(process: process, isMachine: false)
      let path = TestFolder.make("dump") + "/a.core"
      let dump = try MemoryDump.write(memory, to: path)
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == Int(dump.bytes))
      let file = try #require(Files.read(path))
      #expect(Array(file[..<4]) == [0x7F, 0x45, 0x4C, 0x46] && file[16] == 4)
      func number(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(file[at + $1]) << (8 * UInt64($1)) } }
      for (index, region) in memory.regions.enumerated() {
        let header = 64 + 56 * index
        #expect(number(header + 16) == region.start && number(header + 32) == region.bytes)
        let wanted = Specimen.reference(memory).first { $0.address == region.start }
        let start = Int(number(header + 8))
        if let wanted { #expect(Array(file[start..<(start + wanted.bytes.count)]) == wanted.bytes) }
      }
    }
    // Far more than 2 GiB are mapped here, though little of it is there.
    let size = Int(MemoryDump.maximumBytes) + 4096
    let large = mmap(nil, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    try #require(large != MAP_FAILED)
    defer { munmap(large, size) }
    let path = TestFolder.make("dump") + "/b.core"
    #expect(throws: HostingFault.self) {
      try MemoryDump.write(try InstanceAddressSpace(process: getpid(), isMachine: false), to: path)
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test("a process that does not say how much memory its machine has is no machine")
  func noMachine() throws {
    #expect(throws: HostingFault.self) { try InstanceAddressSpace(process: getpid(), isMachine: true) }
  }

  @Test("lines of /proc/PID/maps are read")
  func maps() throws {
    let line: Substring = "55607f618000-55607fbaf000 r-xp 00407000 fe:00 16236636          /usr/bin/an emulator"
    let mapping = try #require(ProcessMapping(line: line))
    #expect(mapping.start == 0x5560_7f61_8000 && mapping.end == 0x5560_7fba_f000)
    #expect(mapping.isReadable && !mapping.isWritable && mapping.isExecutable && mapping.path == "/usr/bin/an emulator")
    #expect(ProcessMapping(line: "7fee82800000-7fee83e00000 rw-p 00000000 00:00 0")?.path == "")
    #expect(
      ProcessMapping(line: "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]")?.isKernels == true)
    for text: Substring in ["", "x-y r-xp 0 0 0", "2000-1000 rw-p 0 0:0 0"] {
      #expect(ProcessMapping(line: text) == nil)
    }
  }

  @Test("the host's counts of an interface are read, seen from the instance")
  func traffic() throws {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
          lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0   0
      tap3fa9:    418       5    0    0    0     0          0         0      732       8    0    0    0     0       0   0
      """
    let traffic = try #require(InterfaceTraffic(of: "tap3fa9", in: text))
    #expect(traffic.sentBytes == 418 && traffic.sentFrames == 5)
    #expect(traffic.receivedBytes == 732 && traffic.receivedFrames == 8)
    #expect(InterfaceTraffic(of: "tap3fa", in: text) == nil)
  }
}
