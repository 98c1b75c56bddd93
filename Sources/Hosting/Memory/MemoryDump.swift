import Glibc

/// Writes the memory of an instance into a file that debuggers read: a core file (ELF, `ET_CORE`; System V ABI, chapters 4
/// and 5) with one segment for each region, and no notes, as the registers are not read.
public struct MemoryDump: Sendable, Hashable, Codable {
  /// The file.
  public var path: String
  /// How long it is. Pages that are all zero take no room on disk.
  public var bytes: UInt64
  /// How many bytes could not be read, and are zero in the file.
  public var unreadableBytes: UInt64

  /// No dump is longer than this.
  public static let maximumBytes: UInt64 = 2 << 30
  private static let page = 4096
  private static let step = 1 << 20

  /// Dumps memory into a new file that only its owner can read. Nothing is left of it where that fails.
  public static func write(_ memory: InstanceAddressSpace, to path: String) throws(HostingFault) -> MemoryDump {
    let header = try layout(memory.regions)
    unlink(path)
    let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw .failed("create \(path)", errno) }
    let file = Descriptor(number)
    do throws(HostingFault) {
      let unreadable = try fill(file.number, header, memory, path)
      return MemoryDump(path: path, bytes: header.end, unreadableBytes: unreadable)
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Where everything goes.
  private struct Layout {
    var bytes: [UInt8]
    /// Where the regions begin, and how long the file is.
    var start: UInt64
    var end: UInt64
  }

  private static func layout(_ regions: [InstanceAddressSpace.Region]) throws(HostingFault) -> Layout {
    let size = regions.reduce(UInt64(0)) { $0 + $1.bytes }
    let tables = UInt64(64 + 56 * regions.count)
    let start = (tables + UInt64(page) - 1) & ~UInt64(page - 1)
    guard size <= maximumBytes - start, regions.count < 0xFFFF else {
      throw .invalid(
        what: "the memory to dump", found: "\(size) bytes in \(regions.count) regions",
        expected: "at most \(maximumBytes - start) bytes in 65534 regions")
    }
    // Little-endian, 64 bits, version 1, System V; ET_CORE, x86-64.
    var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { header += $0 } }
    put(UInt16(4))
    put(UInt16(62))
    put(UInt32(1))
    for value: UInt64 in [0, 64, 0] { put(value) }
    put(UInt32(0))
    for value: UInt16 in [64, 56, UInt16(regions.count), 0, 0, 0] { put(value) }
    var offset = start
    for region in regions {
      put(UInt32(1))
      put(UInt32(4 | (region.isWritable ? 2 : 0) | (region.isExecutable ? 1 : 0)))
      for value in [offset, region.start, region.start, region.bytes, region.bytes, UInt64(page)] { put(value) }
      offset += region.bytes
    }
    return Layout(bytes: header, start: start, end: offset)
  }

  private static func fill(
    _ file: Int32, _ layout: Layout, _ memory: InstanceAddressSpace, _ path: String
  ) throws(HostingFault) -> UInt64 {
    guard ftruncate(file, Int(layout.end)) == 0 else { throw .failed("write \(path)", errno) }
    let code = layout.bytes.withUnsafeBytes { put($0, file, at: 0) }
    guard code == 0 else { throw .failed("write \(path)", code) }
    var unreadable: UInt64 = 0
    var offset = layout.start
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: page)
    defer { chunk.deallocate() }
    for region in memory.regions {
      var address = region.start
      while address < region.end {
        let wanted = Int(min(UInt64(step), region.end - address))
        let got = memory.read(address, into: UnsafeMutableRawBufferPointer(rebasing: chunk[..<wanted]))
        let code = putPages(UnsafeRawBufferPointer(rebasing: chunk[..<got]), file, at: offset)
        guard code == 0 else { throw .failed("write \(path)", code) }
        // A page that is not there is left out, and what comes after it is tried.
        let passed = got == wanted ? wanted : min(wanted, (got + page) & ~(page - 1))
        unreadable += UInt64(passed - got)
        address += UInt64(passed)
        offset += UInt64(passed)
      }
    }
    return unreadable
  }

  /// Writes pages but those that are all zero, which the file has already. Gives 0, or the `errno`.
  private static func putPages(_ bytes: UnsafeRawBufferPointer, _ file: Int32, at offset: UInt64) -> Int32 {
    for start in stride(from: 0, to: bytes.count, by: page) {
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + page, bytes.count)])
      guard part.contains(where: { $0 != 0 }) else { continue }
      let code = put(part, file, at: offset + UInt64(start))
      guard code == 0 else { return code }
    }
    return 0
  }

  private static func put(_ bytes: UnsafeRawBufferPointer, _ file: Int32, at offset: UInt64) -> Int32 {
    var written = 0
    while written < bytes.count {
      let count = pwrite(file, bytes.baseAddress.map { $0 + written }, bytes.count - written, Int(offset) + written)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : ENOSPC }
      written += count
    }
    return 0
  }
}
