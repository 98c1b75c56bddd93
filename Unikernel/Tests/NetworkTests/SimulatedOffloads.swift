import LibraryOS

@testable import Network

/// What a network device with offloads does between a stack and its link (virtio 1.2, 5.1.6): it completes checksums, cuts
/// long segments, and joins segments of one flow that follow each other.
enum SimulatedOffloads {
  private static let headersLength = EthernetHeader.length + IPv4Packet.headerLength

  /// The frames on the link that one frame of the stack stands for.
  static func frames(of given: [UInt8]) -> [[UInt8]] {
    let frame = Array(given.dropFirst(VirtioNetHeader.length))
    guard given[0] & 1 == 1 else { return [frame] }
    let segmentSize = Int(given[4]) | Int(given[5]) << 8
    let isIPv6 = frame[12] == 0x86
    guard given[1] == (isIPv6 ? 4 : 1) else { return [completed(frame)] }
    let headersLength = EthernetHeader.length + InternetLayer.headerLength(isIPv4: !isIPv6)
    let headers = headersLength + Int(frame[headersLength + 12] >> 4) * 4
    var frames: [[UInt8]] = []
    var position = headers
    while position < frame.count {
      let end = min(position + segmentSize, frame.count)
      var part = Array(frame[..<headers]) + frame[position..<end]
      part.withUnsafeMutableBytes { bytes in
        let start = bytes.baseAddress.unsafelyUnwrapped
        let sequence = UnsafeRawBufferPointer(bytes).number32(at: headersLength + 4)
        start.store(number32: sequence &+ UInt32(position - headers), at: headersLength + 4)
        if isIPv6 {
          start.store(number16: UInt16(bytes.count - headersLength), at: 18)
        } else {
          start.store(number16: UInt16(bytes.count - EthernetHeader.length), at: 16)
        }
        // FIN and PSH are the last one's.
        if end < frame.count { bytes[headersLength + 13] &= ~9 }
      }
      frames.append(completed(part))
      position = end
    }
    return frames
  }

  private static func completed(_ frame: [UInt8]) -> [UInt8] {
    var frame = frame
    RawPeer.repair(&frame)
    return frame
  }

  /// What a stack gets of frames that arrive together.
  static func joined(_ frames: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var last: (headers: Int, next: UInt32, size: Int, count: Int)?
    for frame in frames {
      if let segment = textSegment(frame), let open = last, let index = result.indices.last,
        open.headers == segment.headers, open.next == segment.sequence, segment.size <= open.size,
        open.count + segment.size < 60_000, haveSameHeaders(result[index], frame, segment.headers)
      {
        result[index].append(contentsOf: frame[segment.headers...])
        result[index][VirtioNetHeader.length + headersLength + 13] |= frame[headersLength + 13]
        result[index].replaceSubrange(0..<6, with: [2, 1, 0, 0, UInt8(open.size & 255), UInt8(open.size >> 8)])
        let length = result[index].count - VirtioNetHeader.length - EthernetHeader.length
        result[index][VirtioNetHeader.length + 16] = UInt8(length >> 8)
        result[index][VirtioNetHeader.length + 17] = UInt8(length & 255)
        repairHeader(&result[index])
        last =
          segment.size < open.size || frame[headersLength + 13] & 9 != 0
          ? nil : (open.headers, segment.sequence &+ UInt32(segment.size), open.size, open.count + segment.size)
        continue
      }
      result.append([UInt8](repeating: 0, count: VirtioNetHeader.length) + frame)
      last = textSegment(frame).flatMap { segment in
        frame[headersLength + 13] & 9 != 0
          ? nil : (segment.headers, segment.sequence &+ UInt32(segment.size), segment.size, segment.size)
      }
    }
    return result
  }

  /// An intact segment with text and no flags but ACK, PSH and FIN.
  private static func textSegment(_ frame: [UInt8]) -> (headers: Int, sequence: UInt32, size: Int)? {
    guard SentSegment(frame) != nil, frame[headersLength + 13] & ~0x19 == 0 else { return nil }
    let headers = headersLength + Int(frame[headersLength + 12] >> 4) * 4
    guard frame.count > headers else { return nil }
    return frame.withUnsafeBytes {
      ($0.count > headers ? (headers, $0.number32(at: headersLength + 4), $0.count - headers) : nil)
    }
  }

  private static func haveSameHeaders(_ joined: [UInt8], _ frame: [UInt8], _ headers: Int) -> Bool {
    let first = joined[VirtioNetHeader.length...]
    let start = first.startIndex
    func equal(_ range: Range<Int>) -> Bool {
      first[(start + range.lowerBound)..<(start + range.upperBound)].elementsEqual(frame[range])
    }
    // Addresses and ports, acknowledgement, window, options.
    return equal(0..<14) && equal(26..<38) && equal(42..<46) && equal(48..<50) && equal(54..<headers)
  }

  private static func repairHeader(_ frame: inout [UInt8]) {
    var bare = Array(frame.dropFirst(VirtioNetHeader.length))
    RawPeer.repair(&bare)
    frame.replaceSubrange(VirtioNetHeader.length..., with: bare)
  }
}
