import Glibc

/// A part of an image that must never change while it runs, as it stands in memory: whole pages.
public struct ReferenceSegment: Sendable, Hashable {
  /// What it is called: `text`, or `read-only data`.
  public var name: String
  /// Where it begins.
  public var address: UInt64
  /// What must be there.
  public var bytes: [UInt8]

  /// What must be at an address.
  public init(name: String, address: UInt64, bytes: [UInt8]) {
    self.name = name
    self.address = address
    self.bytes = bytes
  }
}

/// How the memory of an instance differs from its image.
public enum IntegrityViolation: Sendable, Hashable, Codable {
  /// A byte is another. The offset is from the segment's beginning.
  case altered(segment: String, offset: UInt64, address: UInt64)
  /// Memory of the image is not there.
  case missing(segment: String, offset: UInt64, address: UInt64)
  /// Memory that can be both written and executed, or code that is not the image's, as `/proc/PID/maps` shows it.
  case foreignCode(String)
  /// What must never be written can be.
  case writable(segment: String)

  /// For people: what, and where.
  public var summary: String {
    func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
    return switch self {
    case .altered(let segment, let offset, let address):
      "the \(segment) differs from the image at offset \(hexadecimal(offset)) (address \(hexadecimal(address)))"
    case .missing(let segment, let offset, let address):
      "the \(segment) is missing from offset \(hexadecimal(offset)) on (address \(hexadecimal(address)))"
    case .foreignCode(let mapping): "there is code that is not the image's: \(mapping)"
    case .writable(let segment): "the \(segment) can be written"
    }
  }

  /// The segment, and the offset in it, where the violation has one.
  public var place: (segment: String, offset: UInt64?)? {
    switch self {
    case .altered(let segment, let offset, _), .missing(let segment, let offset, _): (segment, offset)
    case .writable(let segment): (segment, nil)
    case .foreignCode: nil
    }
  }
}

/// Holds the memory of an instance against its image, byte for byte, from outside. The instance runs on meanwhile: a few
/// pages are read at a time, with pauses, so that it does not feel it.
public enum IntegrityCheck {
  /// How much is read at a time: 16 pages.
  static let slice = 16 * 4096
  /// How long is waited between two slices, in milliseconds.
  static let pauseMilliseconds = 2

  /// The first violation found; `nil` for none. Where the instance ends meanwhile, `gone` is thrown, or nothing found.
  public static func run(
    _ memory: InstanceAddressSpace, against segments: [ReferenceSegment], isMachine: Bool
  ) async throws(HostingFault) -> IntegrityViolation? {
    if !isMachine, let violation = mappings(memory, segments) { return violation }
    for segment in segments {
      var offset = 0
      while offset < segment.bytes.count {
        let end = min(offset + slice, segment.bytes.count)
        if let violation = compare(memory, segment, offset..<end) {
          // What has ended has no memory left, which is no violation.
          guard ProcessTable.isAlive(memory.process) else { throw .gone("process \(memory.process) has ended") }
          return violation
        }
        offset = end
        await Timer.pause(milliseconds: pauseMilliseconds)
      }
    }
    return nil
  }

  /// What the process may do with its memory. A virtual machine decides about that itself, in its page tables.
  private static func mappings(
    _ memory: InstanceAddressSpace, _ segments: [ReferenceSegment]
  ) -> IntegrityViolation? {
    for region in memory.regions where region.isExecutable {
      let isImages = segments.contains {
        $0.address <= region.start && region.end <= $0.address + UInt64($0.bytes.count)
      }
      guard region.isWritable || !isImages else { continue }
      return .foreignCode("\(String(region.start, radix: 16))-\(String(region.end, radix: 16))")
    }
    for segment in segments {
      let end = segment.address + UInt64(segment.bytes.count)
      if memory.regions.contains(where: { $0.isWritable && $0.start < end && segment.address < $0.end }) {
        return .writable(segment: segment.name)
      }
    }
    return nil
  }

  private static func compare(
    _ memory: InstanceAddressSpace, _ segment: ReferenceSegment, _ range: Range<Int>
  ) -> IntegrityViolation? {
    withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 16) { buffer in
      let address = segment.address + UInt64(range.lowerBound)
      let count = memory.read(address, into: buffer)
      return segment.bytes.withUnsafeBytes { expected in
        let own = UnsafeRawBufferPointer(rebasing: expected[range])
        if let start = own.baseAddress, let read = buffer.baseAddress, memcmp(start, read, count) != 0,
          let index = (0..<count).first(where: { own[$0] != buffer[$0] })
        {
          return .altered(
            segment: segment.name, offset: UInt64(range.lowerBound + index), address: address + UInt64(index))
        }
        guard count == range.count else {
          return .missing(
            segment: segment.name, offset: UInt64(range.lowerBound + count), address: address + UInt64(count))
        }
        return nil
      }
    }
  }
}
