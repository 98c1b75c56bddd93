import Glibc

/// The memory of an instance, seen from the host through `/proc/PID/mem` (proc(5)). Addresses are the image's own: those of
/// its process, or, in a virtual machine, physical ones.
public final class InstanceAddressSpace: Sendable {
  /// A stretch of memory that can be read.
  public struct Region: Sendable, Hashable {
    /// The first address.
    public var start: UInt64
    /// The address after the last.
    public var end: UInt64
    /// Whether the image may write to it, as the host sees it.
    public var isWritable: Bool
    /// Whether the image may execute it, as the host sees it.
    public var isExecutable: Bool

    /// How many bytes it has.
    public var bytes: UInt64 { end - start }
  }

  /// The image's process, or that of the emulator.
  public let process: Int32
  /// What there is, in the order of addresses.
  public let regions: [Region]
  /// Where the image's address 0 is in the process.
  private let base: UInt64
  private let descriptor: Descriptor

  /// Opens the memory of an image's process, or of a machine's emulator. The caller needs the right to trace it.
  init(process: Int32, isMachine: Bool) throws(HostingFault) {
    guard let text = Files.text("/proc/\(process)/maps") else { throw .gone("process \(process) is not there") }
    let mappings = text.split(separator: "\n").compactMap(ProcessMapping.init(line:))
    self.process = process
    if isMachine {
      let memory = try Self.machineMemory(of: process, among: mappings)
      base = memory.start
      // What a page of the guest may be used for is decided by its own page tables, which the host does not see here.
      regions = [Region(start: 0, end: memory.end - memory.start, isWritable: true, isExecutable: true)]
    } else {
      base = 0
      regions = mappings.filter { $0.isReadable && !$0.isKernels }.map {
        Region(start: $0.start, end: $0.end, isWritable: $0.isWritable, isExecutable: $0.isExecutable)
      }
    }
    descriptor = try Descriptor.open("/proc/\(process)/mem", O_RDONLY)
  }

  /// The machine's memory in its emulator: the one mapping that can be written, is no file's, and has the size that the
  /// emulator was told (`-m`).
  private static func machineMemory(
    of process: Int32, among mappings: [ProcessMapping]
  ) throws(HostingFault) -> ProcessMapping {
    let arguments = ProcessTable.arguments(of: process)
    guard let option = arguments.firstIndex(of: "-m"), option + 1 < arguments.count,
      arguments[option + 1].hasSuffix("M"),
      let megabytes = UInt64(arguments[option + 1].dropLast()), megabytes < 1 << 24
    else { throw .refused("process \(process) does not say how much memory its machine has") }
    let fitting = mappings.filter { $0.isWritable && $0.path.isEmpty && $0.end - $0.start == megabytes << 20 }
    guard fitting.count == 1 else {
      throw .refused(
        "process \(process) has \(fitting.count) mappings of \(megabytes) MiB, expected one: its machine's memory")
    }
    return fitting[0]
  }

  /// Reads memory into a buffer. Gives how many bytes could be read: fewer than were asked for where a page is not there.
  public func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let (place, overflow) = base.addingReportingOverflow(address)
    guard !overflow, let offset = Int(exactly: place) else { return 0 }
    var count = 0
    while count < buffer.count {
      let got = pread(
        descriptor.number, buffer.baseAddress.map { $0 + count }, buffer.count - count, offset + count)
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else { break }
      count += got
    }
    return count
  }
}

/// A line of `/proc/PID/maps`: `start-end perms offset device inode path`.
struct ProcessMapping: Sendable, Hashable {
  var start: UInt64
  var end: UInt64
  var permissions: String
  var path: String

  init?(line: Substring) {
    let fields = line.split(separator: " ", maxSplits: 5)
    guard fields.count >= 5 else { return nil }
    let ends = fields[0].split(separator: "-")
    guard ends.count == 2, let start = UInt64(ends[0], radix: 16), let end = UInt64(ends[1], radix: 16), start < end
    else { return nil }
    self.start = start
    self.end = end
    permissions = String(fields[1])
    path = fields.count == 6 ? String(fields[5].drop { $0 == " " }) : ""
  }

  var isReadable: Bool { permissions.hasPrefix("r") }
  var isWritable: Bool { permissions.dropFirst().hasPrefix("w") }
  var isExecutable: Bool { permissions.dropFirst(2).hasPrefix("x") }
  /// Whether the kernel put it there, and does not let it be read.
  var isKernels: Bool { path.hasPrefix("[v") }
}
