// The header that virtio network devices and TAPs with IFF_VNET_HDR put before each frame (virtio 1.2, 5.1.6), in its
// form of 10 bytes. With it a checksum can be left to whoever needs it, and one frame can carry what leaves the machine
// as many segments.

/// How frames look between the stack and the platform.
public enum LinkFraming: Sendable {
  /// Bare Ethernet frames with complete checksums.
  case ethernet
  /// A virtio-net header before each frame; TCP checksums may be partial, and TCP segments up to 64 KiB long.
  case virtioNet
}

/// What is said of one frame.
struct VirtioNetHeader {
  /// How long it is.
  static let length = 10
  private static let needsChecksum: UInt8 = 1
  private static let dataIsValid: UInt8 = 2
  private static let noSegmentation: UInt8 = 0
  private static let tcpOverIPv4: UInt8 = 1
  private static let tcpOverIPv6: UInt8 = 4
  /// Set beside the kind of segmentation where ECN is in use.
  private static let congestionBit: UInt8 = 0x80

  /// Whether nobody needs to look at the checksum of the transport layer: it is partial, or was found right.
  var isChecksumTrusted = false
  /// Where the bytes that a partial checksum covers start in the frame, and where after that its field is.
  var partialChecksum: (start: Int, field: Int)?
  /// The payload of each TCP segment that the frame stands for; 0 where it is one.
  var segmentSize = 0
  /// Whether those segments are over IPv6.
  var isIPv6 = false

  /// What is said of a frame that is complete.
  init() {}

  /// Reads the header before a frame; `nil` if it is cut short or about something that was not offered.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= VirtioNetHeader.length else { return nil }
    isChecksumTrusted = bytes[0] & (VirtioNetHeader.needsChecksum | VirtioNetHeader.dataIsValid) != 0
    switch bytes[1] & ~VirtioNetHeader.congestionBit {
    case VirtioNetHeader.noSegmentation: break
    case VirtioNetHeader.tcpOverIPv4, VirtioNetHeader.tcpOverIPv6:
      isIPv6 = bytes[1] & ~VirtioNetHeader.congestionBit == VirtioNetHeader.tcpOverIPv6
      segmentSize = Int(bytes[4]) | Int(bytes[5]) << 8
      guard segmentSize > 0 else { return nil }
    default: return nil
    }
  }

  /// Writes the 10 bytes.
  @inline(__always)
  func write(to pointer: UnsafeMutableRawPointer) {
    // Little-endian: flags, kind of segmentation, length of the headers, segment size, start and place of the checksum.
    var first: UInt64 = 0
    var field: UInt16 = 0
    if let partialChecksum {
      first = UInt64(VirtioNetHeader.needsChecksum) | UInt64(UInt16(truncatingIfNeeded: partialChecksum.start)) << 48
      field = UInt16(truncatingIfNeeded: partialChecksum.field)
    }
    if segmentSize > 0 {
      let kind = isIPv6 ? VirtioNetHeader.tcpOverIPv6 : VirtioNetHeader.tcpOverIPv4
      first |= UInt64(kind) << 8 | UInt64(UInt16(truncatingIfNeeded: headersLength)) << 16
      first |= UInt64(UInt16(truncatingIfNeeded: segmentSize)) << 32
    }
    pointer.storeBytes(of: first.littleEndian, as: UInt64.self)
    pointer.storeBytes(of: field.littleEndian, toByteOffset: 8, as: UInt16.self)
  }

  /// The bytes of all headers, where the frame is to be cut into segments.
  var headersLength = 0
}
