import Interchange
import LibraryOS

@testable import Network

/// A host that composes its own frames, for what no stack of ours would send.
final class RawPeer {
  let clock = ManualClock()
  let host: SimulatedHost
  let address: IPv4Address
  let hardware: EthernetAddress

  /// `knowsUs`: the host under test has this peer's hardware address already.
  init(
    number: UInt8 = 1, limits: NetworkLimits = NetworkLimits(), knowsUs: Bool = true, extra: [Parameter] = []
  ) throws {
    host = try SimulatedHost(number: 2, clock: clock, seed: 5, limits: limits, extra: extra)
    address = IPv4Address(10, 77, 0, number)
    hardware = EthernetAddress(raw: 0x0200_0000_0000 | UInt64(number))
    if knowsUs { _ = exchange(arp(.request, sender: address, target: host.address)) }
  }

  /// Hands a frame over, flushes, and returns what the host sent.
  @discardableResult
  func exchange(_ frame: [UInt8]) -> [[UInt8]] {
    host.receive(frame, at: clock.now)
    return flush()
  }

  /// What the host sends on its own.
  func flush() -> [[UInt8]] {
    host.stack.flush(at: clock.now)
    return host.takeFrames()
  }

  /// Lets time pass, timer by timer, and returns what the host sent meanwhile.
  func pass(_ time: TimeSpan) -> [[UInt8]] {
    let end = clock.now + time
    var frames = flush()
    while let deadline = host.stack.deadline, deadline <= end {
      clock.now = max(clock.now, deadline)
      host.stack.expire(at: clock.now)
      frames.append(contentsOf: host.takeFrames())
    }
    clock.now = end
    return frames
  }

  /// Exchanges a TCP segment and returns the segments the host answers with.
  @discardableResult
  func exchange(
    _ flags: TCPFlags, from port: UInt16 = 40000, to target: UInt16 = 80, seq: UInt32, ack: UInt32 = 0,
    window: Int = 65535, payload: [UInt8] = [], maximumSegmentSize: Int = 1460, windowScale: Int? = nil,
    options: TCPOptions = TCPOptions(), sacked: [Range<UInt32>] = []
  ) -> [SentSegment] {
    SentSegment.all(
      in: exchange(
        tcp(
          flags, from: port, to: target, seq: seq, ack: ack, window: window, payload: payload,
          maximumSegmentSize: maximumSegmentSize, windowScale: windowScale, options: options, sacked: sacked)))
  }

  // MARK: Frames

  func frame(type: UInt16, destination: EthernetAddress? = nil, _ payload: [UInt8]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: EthernetHeader.length)
    bytes.withUnsafeMutableBytes {
      EthernetHeader(destination: destination ?? host.hardware, source: hardware, type: type)
        .write(to: $0.baseAddress.unsafelyUnwrapped)
    }
    return bytes + payload
  }

  func arp(
    _ operation: ARPPacket.Operation, sender: IPv4Address, target: IPv4Address, hardware: EthernetAddress? = nil
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: ARPPacket.length)
    bytes.withUnsafeMutableBytes {
      ARPPacket(
        operation: operation, senderHardware: hardware ?? self.hardware, senderAddress: sender,
        targetHardware: EthernetAddress(raw: 0), targetAddress: target
      ).write(to: $0.baseAddress.unsafelyUnwrapped)
    }
    return frame(type: EtherType.arp, destination: operation == .request ? .broadcast : host.hardware, bytes)
  }

  func ipv4(
    _ protocolNumber: UInt8, _ payload: [UInt8], source: IPv4Address? = nil, destination: IPv4Address? = nil
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: IPv4Packet.headerLength)
    bytes.withUnsafeMutableBytes {
      IPv4Packet.writeHeader(
        to: $0.baseAddress.unsafelyUnwrapped, source: source ?? address, destination: destination ?? host.address,
        protocolNumber: protocolNumber, payloadLength: payload.count)
    }
    return frame(type: EtherType.ipv4, bytes + payload)
  }

  func echoRequest(_ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [8, 0, 0, 0, 0x12, 0x34, 0, 1] + payload
    bytes.withUnsafeMutableBytes {
      var checksum = InternetChecksum()
      checksum.add(UnsafeRawBufferPointer($0))
      $0.storeBytes(of: checksum.storedField, toByteOffset: 2, as: UInt16.self)
    }
    return ipv4(ProtocolNumber.icmp, bytes)
  }

  /// A router's word that a segment from port 80 was too large.
  func fragmentationNeeded(_ limit: Int, sequence: UInt32, to port: UInt16) -> [UInt8] {
    var quoted = [UInt8](repeating: 0, count: IPv4Packet.headerLength)
    quoted.withUnsafeMutableBytes {
      IPv4Packet.writeHeader(
        to: $0.baseAddress.unsafelyUnwrapped, source: host.address, destination: address,
        protocolNumber: ProtocolNumber.tcp, payloadLength: 1480)
    }
    quoted += [0, 80, UInt8(port >> 8), UInt8(port & 255)]
    quoted += (0..<4).map { UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * $0)) }
    var bytes: [UInt8] = [3, 4, 0, 0, 0, 0, UInt8(limit >> 8), UInt8(limit & 255)] + quoted
    bytes.withUnsafeMutableBytes {
      var checksum = InternetChecksum()
      checksum.add(UnsafeRawBufferPointer($0))
      $0.storeBytes(of: checksum.storedField, toByteOffset: 2, as: UInt16.self)
    }
    return ipv4(ProtocolNumber.icmp, bytes)
  }

  func tcp(
    _ flags: TCPFlags, from port: UInt16 = 40000, to target: UInt16 = 80, seq: UInt32, ack: UInt32 = 0,
    window: Int = 65535, payload: [UInt8] = [], maximumSegmentSize: Int = 1460, windowScale: Int? = nil,
    options: TCPOptions = TCPOptions(), sacked: [Range<UInt32>] = [], source: IPv4Address? = nil
  ) -> [UInt8] {
    var optionsLength = 0
    var options = options
    if flags.contains(.synchronize) {
      options.maximumSegmentSize = maximumSegmentSize
      options.windowScale = windowScale
    }
    var bytes = [UInt8](repeating: 0, count: TCPSegment.headerLength + 40)
    bytes.withUnsafeMutableBytes {
      let start = $0.baseAddress.unsafelyUnwrapped
      var length = options.write(to: start + TCPSegment.headerLength)
      if !sacked.isEmpty {
        start.store(number32: 0x0101_0500 | UInt32(2 + 8 * sacked.count), at: TCPSegment.headerLength + length)
        length += 4
        for block in sacked {
          start.store(number32: block.lowerBound, at: TCPSegment.headerLength + length)
          start.store(number32: block.upperBound, at: TCPSegment.headerLength + length + 4)
          length += 8
        }
      }
      optionsLength = length
    }
    bytes = bytes.prefix(TCPSegment.headerLength + optionsLength) + payload
    bytes.withUnsafeMutableBytes {
      _ = TCPSegment.writeHeader(
        to: $0.baseAddress.unsafelyUnwrapped, source: Endpoint(source ?? address, port: port),
        destination: Endpoint(host.address, port: target), sequence: SequenceNumber(seq),
        acknowledgment: SequenceNumber(ack), flags: flags, window: window, optionsLength: optionsLength,
        payloadLength: payload.count)
    }
    return ipv4(ProtocolNumber.tcp, bytes, source: source)
  }

  /// Opens a connection to `target` and returns the host's initial sequence number.
  func handshake(
    from port: UInt16 = 40000, to target: UInt16 = 80, seq: UInt32 = 1000, window: Int = 65535,
    maximumSegmentSize: Int = 1460
  ) -> UInt32 {
    let answers = exchange(
      .synchronize, from: port, to: target, seq: seq, window: window, maximumSegmentSize: maximumSegmentSize)
    guard let answer = answers.first, answer.flags == [.synchronize, .acknowledge] else { return 0 }
    exchange(.acknowledge, from: port, to: target, seq: seq &+ 1, ack: answer.seq &+ 1, window: window)
    return answer.seq
  }
}

/// A TCP segment the host sent, taken apart and its checksums checked.
struct SentSegment {
  var seq: UInt32
  var ack: UInt32
  var flags: TCPFlags
  var window: Int
  var maximumSegmentSize: Int?
  var windowScale: Int?
  var permitsSelectiveAcknowledgment: Bool
  var timestamp: TCPOptions.Timestamp?
  var sacked: [Range<UInt32>] = []
  var payload: [UInt8]

  init?(_ frame: [UInt8]) {
    let parsed: SentSegment? = frame.withUnsafeBytes { bytes in
      guard let header = EthernetHeader(bytes), header.type == EtherType.ipv4,
        let datagram = try? IPv4Packet(bytes.suffix(from: EthernetHeader.length)),
        datagram.protocolNumber == ProtocolNumber.tcp, let segment = TCPSegment(datagram.whole)
      else { return nil }
      return SentSegment(segment)
    }
    guard let parsed else { return nil }
    self = parsed
  }

  private init(_ segment: TCPSegment) {
    seq = segment.sequence.raw
    ack = segment.acknowledgment.raw
    flags = segment.flags
    window = segment.window
    maximumSegmentSize = segment.maximumSegmentSize
    windowScale = segment.windowScale
    permitsSelectiveAcknowledgment = segment.options.permitsSelectiveAcknowledgment
    timestamp = segment.options.timestamp
    payload = Array(segment.payload)
    var index = 0
    while let block = segment.options.block(index) {
      sacked.append(block.start.raw..<block.end.raw)
      index += 1
    }
  }

  static func all(in frames: [[UInt8]]) -> [SentSegment] { frames.compactMap { SentSegment($0) } }
}

extension IPv4Packet {
  /// What the layers above get of it.
  var whole: IPPacket {
    IPPacket(
      source: IPAddress(source), destination: IPAddress(destination), protocolNumber: protocolNumber, payload: payload)
  }
}
