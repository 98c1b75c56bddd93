import Interchange
import LibraryOS
import LibraryOSTesting
import Network

/// A run of the stack under test against one input: a script of frames, time and what an application does. Segments can
/// answer with the sequence numbers that the image expects, so that all of TCP's states are reached.
final class Session {
  private final class Outbox {
    var frames: [[UInt8]] = []
  }

  static let connectionLimit = 24
  private let clock = ManualClock()
  private let outbox = Outbox()
  private let application = TestedApplication()
  private let stack: NetworkStack
  private let framing: LinkFraming
  private var peers: [Peer] = (0..<8).map { Peer(port: 40_000 + UInt16($0), imagePort: 80) }

  init(framing: LinkFraming) {
    self.framing = framing
    var limits = NetworkLimits()
    limits.connections = Session.connectionLimit
    limits.halfOpenConnections = 4
    limits.timeWaits = 4
    limits.sendBuffer = 16 << 10
    limits.receiveBuffer = 16 << 10
    limits.receiveMemory = 64 << 10
    stack = NetworkStack(clock: clock, random: RepeatableRandom(), limits: limits, framing: framing) {
      [outbox] in outbox.frames.append(Array($0))
    }
    do {
      try stack.prepare([
        Parameter(module: "network", name: "address", value: .text("10.77.0.2/24")),
        Parameter(module: "network", name: "mac", value: .bytes(Wire.imageHardware)),
      ])
    } catch {
      fatalError("the configuration is refused")
    }
    stack.commit()
    precondition(stack.listen(port: 80, acceptor: application))
    exchangeARP()
  }

  func run(_ input: inout FuzzInput) {
    var steps = 0
    while !input.isEmpty, steps < 400 {
      steps += 1
      step(&input)
      collect()
      precondition(stack.openConnections <= Session.connectionLimit)
    }
    end()
  }

  private func step(_ input: inout FuzzInput) {
    let operation = input.byte()
    switch operation & 15 {
    case 0:
      application.isChecked = false
      deliver(raw: input.bytes(Int(input.byte())))
    case 1, 2, 3, 4, 5: deliver(packet: segment(&input, operation >> 4))
    case 6:
      application.isChecked = false
      var packet = segment(&input, operation >> 4)
      for _ in 0...(input.byte() & 3) {
        let place = Int(input.byte()) % packet.count
        packet[place] = input.byte()
      }
      if operation & 0x80 != 0 { packet.removeLast(min(packet.count, Int(input.byte()))) }
      if operation & 0x40 != 0 { Wire.repair(&packet) }
      deliver(packet: packet)
    case 7: pass(.milliseconds(1 << Int(input.byte() & 15)))
    case 8: act(&input, operation >> 4)
    case 9: open(operation >> 4)
    case 10: stack.flush(at: clock.now)
    case 11: tooLarge(&input, operation >> 4)
    case 12: opening(operation >> 4, input.byte(), options: input.bytes(Int(operation >> 4)))
    case 13: exchangeARP()
    case 14: deliver(packet: Wire.ipv4(input.byte(), input.bytes(Int(input.byte()))))
    default:
      stack.flush(at: clock.now)
      collect()
      acknowledge(operation >> 4)
    }
  }

  // MARK: What arrives

  private func segment(_ input: inout FuzzInput, _ selector: UInt8) -> [UInt8] {
    let peer = Int(selector & 7)
    let flags = input.byte()
    let shape = input.byte()
    // Mostly near what is expected, seldom far away.
    var sequence = peers[peer].next
    if shape & 1 != 0 { sequence = sequence &+ UInt32(bitPattern: Int32(Int8(bitPattern: input.byte()))) }
    if shape & 2 != 0 { sequence = sequence &+ input.number32() }
    var acknowledgment = peers[peer].imageNext
    if shape & 4 != 0 { acknowledgment = acknowledgment &+ UInt32(bitPattern: Int32(Int8(bitPattern: input.byte()))) }
    if shape & 8 != 0 { acknowledgment = acknowledgment &+ input.number32() }
    let window = shape & 16 != 0 ? input.number16() : 0xFFFF
    var options: [UInt8] = []
    if shape & 32 != 0 { options = input.bytes(Int(input.byte() & 63)) }
    if shape & 64 != 0 {
      options = [1, 1, 8, 10] + Wire.big32(input.number32()) + Wire.big32(peers[peer].imageTimestamp) + options
    }
    var length = 0
    if shape & 128 != 0 {
      length = Int(input.byte())
      if length > 200 { length = (length - 200) * 26 }
    }
    if flags & 2 != 0 { begin(peer, sequence) }
    let payload = peers[peer].payload(at: sequence &+ UInt32(flags >> 1 & 1), length)
    let packet = Wire.tcp(
      from: peers[peer].port, to: peers[peer].imagePort, sequence: sequence, acknowledgment: acknowledgment,
      flags: flags & 0x3F, window: window, options: options, payload: payload)
    if shape & 3 == 0 { peers[peer].next = sequence &+ UInt32(length) &+ UInt32(flags >> 1 & 1) &+ UInt32(flags & 1) }
    return packet
  }

  /// A SYN and, where the image answers it, the acknowledgement: what a fuzzer would take long to find.
  private func opening(_ selector: UInt8, _ start: UInt8, options: [UInt8]) {
    let peer = Int(selector & 7)
    begin(peer, UInt32(start) << 24 &- 5)
    peers[peer].next = peers[peer].initial &+ 1
    deliver(
      packet: Wire.tcp(
        from: peers[peer].port, to: peers[peer].imagePort, sequence: peers[peer].initial, acknowledgment: 0, flags: 2,
        window: 0xFFFF, options: [2, 4, 5, 0xB4] + options, payload: []))
    stack.flush(at: clock.now)
    collect()
    acknowledge(selector)
  }

  /// A flow starts with a sequence number. One that starts twice with different ones may be two connections at once, which
  /// are not to be confused.
  private func begin(_ peer: Int, _ sequence: UInt32) {
    if peers[peer].hasBegun, peers[peer].initial != sequence { application.isChecked = false }
    peers[peer].hasBegun = true
    peers[peer].initial = sequence
  }

  private func acknowledge(_ selector: UInt8) {
    let peer = peers[Int(selector & 7)]
    deliver(
      packet: Wire.tcp(
        from: peer.port, to: peer.imagePort, sequence: peer.next, acknowledgment: peer.imageNext, flags: 16,
        window: 0xFFFF, options: [], payload: []))
  }

  /// An ICMP message that a datagram was too large.
  private func tooLarge(_ input: inout FuzzInput, _ selector: UInt8) {
    let peer = peers[Int(selector & 7)]
    var quoted: [UInt8] = [0x45, 0, 5, 0xDC, 0, 0, 0x40, 0, 64, 6, 0, 0]
    quoted += Wire.big32(Wire.imageAddress) + Wire.big32(Wire.peerAddress)
    quoted += Wire.big16(Int(peer.imagePort)) + Wire.big16(Int(peer.port))
    quoted += Wire.big32(peer.imageNext &- UInt32(input.byte()))
    var message: [UInt8] = [3, 4, 0, 0, 0, 0] + Wire.big16(Int(input.number16())) + quoted
    message.replaceSubrange(2..<4, with: Wire.big16(Wire.checksum(message)))
    deliver(packet: Wire.ipv4(1, message))
  }

  private func exchangeARP() {
    var message: [UInt8] = [0, 1, 8, 0, 6, 4, 0, 1] + Wire.peerHardware + Wire.big32(Wire.peerAddress)
    message += [0, 0, 0, 0, 0, 0] + Wire.big32(Wire.imageAddress)
    deliver(frame: Wire.ethernet(0x0806, message))
  }

  private func deliver(packet: [UInt8]) { deliver(frame: Wire.ethernet(0x0800, packet)) }

  private func deliver(frame: [UInt8]) {
    deliver(raw: (framing == .virtioNet ? [UInt8](repeating: 0, count: 10) : []) + frame)
  }

  private func deliver(raw: [UInt8]) {
    // A block of exactly this size, so that the sanitizer sees a byte read beyond its end.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: raw.count, alignment: 1)
    copy.copyBytes(from: raw)
    stack.receive(UnsafeRawBufferPointer(copy), at: clock.now)
    copy.deallocate()
  }

  // MARK: What the application does

  private func act(_ input: inout FuzzInput, _ selector: UInt8) {
    guard !application.connections.isEmpty else { return }
    let connection = application.connections[Int(input.byte()) % application.connections.count]
    switch selector & 7 {
    case 0, 1: connection.take(Int(input.number16()))
    case 2, 3, 4: connection.write(Int(input.number16()))
    case 5: connection.stream?.close()
    case 6:
      connection.stream?.abort()
      connection.stream = nil
    default:
      connection.write(300)
      connection.stream?.close()
    }
  }

  /// The image opens a connection; the peer listens to its SYN.
  private func open(_ selector: UInt8) {
    let connection = application.make(nil)
    connection.stream = stack.connect(
      to: Endpoint(IPv4Address(10, 77, 0, 1), port: 7000 + UInt16(selector & 7)), handler: connection)
  }

  // MARK: Time, and what leaves

  private func pass(_ time: TimeSpan) {
    let end = clock.now + time
    stack.flush(at: clock.now)
    var expirations = 0
    while let deadline = stack.deadline, deadline <= end {
      expirations += 1
      // Retransmissions back off; even many connections have few timers in an hour.
      precondition(expirations < 20_000, "the timers come to no rest")
      if deadline > clock.now { clock.advance(by: deadline - clock.now) }
      stack.expire(at: clock.now)
      collect()
    }
    clock.advance(by: end - clock.now)
  }

  private func collect() {
    precondition(outbox.frames.count < 5000, "one step made \(outbox.frames.count) frames")
    for frame in outbox.frames { observe(frame) }
    outbox.frames.removeAll(keepingCapacity: true)
  }

  private func observe(_ sent: [UInt8]) {
    let isOffloaded = framing == .virtioNet && sent[0] & 1 != 0
    let frame = framing == .virtioNet ? Array(sent.dropFirst(10)) : sent
    precondition(frame.count >= Wire.ethernetLength, "the image sent a short frame")
    guard Wire.read16(frame, 12) == 0x0800 else { return }
    let packet = Array(frame[Wire.ethernetLength...])
    precondition(packet.count >= 20 && packet[0] == 0x45, "the image sent a malformed header")
    precondition(Wire.checksum(Array(packet[..<20])) == 0, "the image sent a header with a wrong checksum")
    precondition(Wire.read32(packet, 12) == Wire.imageAddress, "the image sent from another's address")
    guard packet[9] == 6, Wire.read32(packet, 16) == Wire.peerAddress else { return }
    precondition(packet.count >= 40)
    if !isOffloaded { precondition(Wire.transportChecksum(packet, headerLength: 20) == 0, "a wrong TCP checksum") }
    observe(segment: Array(packet[20...]))
  }

  private func observe(segment: [UInt8]) {
    let source = UInt16(Wire.read16(segment, 0))
    let destination = UInt16(Wire.read16(segment, 2))
    let flags = segment[13]
    let length = Int(segment[12] >> 4) * 4
    precondition(length >= 20 && length <= segment.count)
    var index = peers.firstIndex { $0.port == destination && $0.imagePort == source }
    if index == nil, flags & 0x12 == 2 {
      // A connection that the image opens takes the place of the flow with that number.
      index = Int(destination & 7)
      peers[index ?? 0] = Peer(port: destination, imagePort: source)
      peers[index ?? 0].initial = 0x7FFF_FFF0
      peers[index ?? 0].hasBegun = true
      peers[index ?? 0].next = 0x7FFF_FFF0
    }
    guard let index else { return }
    var timestamp: UInt32?
    if length >= 32, segment[20] == 1, segment[21] == 1, segment[22] == 8 { timestamp = Wire.read32(segment, 24) }
    peers[index].learn(
      Wire.read32(segment, 4), flags: flags, payload: segment[length...], timestamp: timestamp,
      isChecked: application.isChecked)
  }

  /// Everything is let go: nothing may stay.
  private func end() {
    for connection in application.connections {
      connection.stream?.abort()
      connection.stream = nil
    }
    collect()
    pass(.seconds(4 * 3600))
    precondition(stack.openConnections == 0, "\(stack.openConnections) connections stayed")
  }
}
