import Interchange
import LibraryOS
import Testing

@testable import Network

/// A clock that tests set.
final class ManualClock: Clock {
  var now = Instant(nanoseconds: 1_000_000_000)
  var wallMilliseconds: UInt64 { now.nanoseconds / 1_000_000 }
}

/// A generator whose numbers follow from its seed (SplitMix64), so that a failure can be repeated.
final class SeededRandom: RandomSource {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A number below `bound`.
  func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// What a link does to frames. Shares are per thousand.
struct LinkConditions: Sendable, CustomTestStringConvertible {
  var name: String
  var loss = 0
  var duplication = 0
  var reordering = 0
  var corruption = 0
  var delay = TimeSpan.milliseconds(1)

  static let perfect = LinkConditions(name: "perfect")
  static let lossy = LinkConditions(name: "5 % loss", loss: 50)
  static let terrible = LinkConditions(
    name: "loss, duplicates, reordering, corruption", loss: 100, duplication: 50, reordering: 200, corruption: 50,
    delay: .milliseconds(10))
  static let shuffled = LinkConditions(name: "40 % reordered", reordering: 400, delay: .milliseconds(2))
  static let distant = LinkConditions(name: "200 ms away", loss: 10, delay: .milliseconds(100))
  static let all = [perfect, lossy, shuffled, distant, terrible]

  var testDescription: String { name }
}

/// One end of the simulated link.
final class SimulatedHost {
  let stack: NetworkStack
  let address: IPv4Address
  let hardware: EthernetAddress
  var sent: [[UInt8]] = []
  fileprivate let outbox: Outbox

  fileprivate final class Outbox {
    var frames: [[UInt8]] = []
  }

  init(
    number: UInt8, clock: ManualClock, seed: UInt64, limits: NetworkLimits = NetworkLimits(),
    framing: LinkFraming = .ethernet, extra: [Parameter] = []
  ) throws {
    let outbox = Outbox()
    self.outbox = outbox
    address = IPv4Address(10, 77, 0, number)
    hardware = EthernetAddress(raw: 0x0200_0000_0000 | UInt64(number))
    stack = NetworkStack(clock: clock, random: SeededRandom(seed: seed), limits: limits, framing: framing) {
      outbox.frames.append(Array($0))
    }
    try stack.prepare(
      SimulatedHost.parameters(address: "10.77.0.\(number)/24", hardware: hardware) + extra)
    stack.commit()
  }

  static func parameters(address: String, hardware: EthernetAddress, gateway: String? = "10.77.0.254") -> [Parameter] {
    let bytes = (0..<6).map { UInt8(truncatingIfNeeded: hardware.raw >> UInt64(40 - 8 * $0)) }
    var parameters = [
      Parameter(module: "network", name: "address", value: .text(ByteString(address))),
      Parameter(module: "network", name: "mac", value: .bytes(bytes)),
    ]
    if let gateway {
      parameters.append(Parameter(module: "network", name: "gateway", value: .text(ByteString(gateway))))
    }
    return parameters
  }

  /// The settings that have IPv6 as well, with the address `fd00::number`.
  static func ipv6(_ number: UInt8, gateway: String? = nil, autoconfigures: Bool = false) -> [Parameter] {
    var parameters = [
      Parameter(module: "network", name: "ipv6-address", value: .text(ByteString("fd00::\(number)/64"))),
      Parameter(module: "network", name: "ipv6-autoconfiguration", value: .boolean(autoconfigures)),
    ]
    if let gateway {
      parameters.append(Parameter(module: "network", name: "ipv6-gateway", value: .text(ByteString(gateway))))
    }
    return parameters
  }

  func receive(_ frame: [UInt8], at now: Instant) {
    frame.withUnsafeBytes { stack.receive($0, at: now) }
  }

  func takeFrames() -> [[UInt8]] {
    let frames = outbox.frames
    outbox.frames = []
    sent.append(contentsOf: frames)
    return frames
  }

  func count(_ name: String) -> UInt64 {
    stack.counters.first { $0.name == ByteString("network." + name) }?.value ?? 0
  }
}

/// Two stacks and the link between them, in time that passes only here.
final class SimulatedNetwork {
  let clock = ManualClock()
  let random: SeededRandom
  var conditions: LinkConditions
  let hosts: [SimulatedHost]
  /// Drops a frame before the link sees it when it returns true.
  var isDropped: (Int, [UInt8]) -> Bool = { _, _ in false }
  private var inFlight: [(time: Instant, order: Int, target: Int, frame: [UInt8])] = []
  private var order = 0

  var client: SimulatedHost { hosts[0] }
  var server: SimulatedHost { hosts[1] }

  private let framing: LinkFraming

  init(
    _ conditions: LinkConditions = .perfect, seed: UInt64 = 1, limits: NetworkLimits = NetworkLimits(),
    framing: LinkFraming = .ethernet, usesIPv6: Bool = false
  ) throws {
    self.conditions = conditions
    self.framing = framing
    random = SeededRandom(seed: seed)
    hosts = [
      try SimulatedHost(
        number: 1, clock: clock, seed: seed &+ 100, limits: limits, framing: framing,
        extra: usesIPv6 ? SimulatedHost.ipv6(1) : []),
      try SimulatedHost(
        number: 2, clock: clock, seed: seed &+ 200, limits: limits, framing: framing,
        extra: usesIPv6 ? SimulatedHost.ipv6(2) : []),
    ]
  }

  private func carry() {
    for (index, host) in hosts.enumerated() {
      var frames = host.takeFrames()
      if framing == .virtioNet { frames = frames.flatMap { SimulatedOffloads.frames(of: $0) } }
      for frame in frames where !isDropped(index, frame) {
        if random.below(1000) < conditions.loss { continue }
        send(frame, to: 1 - index)
        if random.below(1000) < conditions.duplication { send(frame, to: 1 - index) }
      }
    }
  }

  private func send(_ frame: [UInt8], to target: Int) {
    var frame = frame
    // ARP has no checksum; Ethernet's own would catch this. The header of IPv6 has none either.
    if frame[12] == 0x86, frame[13] == 0xDD, frame.count > 54, random.below(1000) < conditions.corruption {
      frame[54 + random.below(frame.count - 54)] ^= 1 << UInt8(random.below(8))
    }
    if frame[12] == 8, frame[13] == 0, random.below(1000) < conditions.corruption {
      frame[14 + random.below(frame.count - 14)] ^= 1 << UInt8(random.below(8))
    }
    var time = clock.now + conditions.delay
    if random.below(1000) < conditions.reordering {
      time = time + TimeSpan(nanoseconds: conditions.delay.nanoseconds * UInt64(1 + random.below(4)))
    }
    order += 1
    inFlight.append((time, order, target, frame))
  }

  /// Lets time pass until `condition` holds or `limit` is over; returns whether it holds.
  @discardableResult
  func run(for limit: TimeSpan = .seconds(600), until condition: () -> Bool = { false }) -> Bool {
    let end = clock.now + limit
    for host in hosts { host.stack.flush(at: clock.now) }
    carry()
    while !condition() {
      var next: Instant?
      for time in inFlight.map(\.time) + hosts.compactMap(\.stack.deadline) {
        next = min(next ?? time, time)
      }
      guard let next, max(next, clock.now) <= end else {
        clock.now = end
        break
      }
      clock.now = max(next, clock.now)
      let arrived = inFlight.filter { $0.time <= clock.now }.sorted { ($0.time, $0.order) < ($1.time, $1.order) }
      inFlight.removeAll { $0.time <= clock.now }
      for (index, host) in hosts.enumerated() {
        var frames = arrived.filter { $0.target == index }.map(\.frame)
        if framing == .virtioNet { frames = SimulatedOffloads.joined(frames) }
        for frame in frames { host.receive(frame, at: clock.now) }
      }
      for host in hosts {
        if let deadline = host.stack.deadline, deadline <= clock.now { host.stack.expire(at: clock.now) }
        host.stack.flush(at: clock.now)
      }
      carry()
    }
    return condition()
  }
}

/// A user of one stream that writes down what happens to it.
final class StreamRecorder: StreamHandler {
  var stream: (any ByteStream)?
  var events: [String] = []
  var received: [UInt8] = []
  var closeReason: CloseReason?
  /// Still to be written.
  var outgoing: ArraySlice<UInt8> = []
  var closesWhenWritten = false
  var closesWhenEnded = false
  var reads = true
  var onReadable: ((StreamRecorder) -> Void)?

  func send(_ bytes: [UInt8], thenClose: Bool = false) {
    outgoing.append(contentsOf: bytes)
    closesWhenWritten = closesWhenWritten || thenClose
    pump()
  }

  func pump() {
    guard let stream else { return }
    while !outgoing.isEmpty {
      let taken = stream.write(outgoing)
      if taken == 0 { return }
      outgoing = outgoing.dropFirst(taken)
    }
    if closesWhenWritten { stream.close() }
  }

  func drain() {
    guard let stream else { return }
    while stream.readableCount > 0 { received.append(contentsOf: stream.read(limit: 5000)) }
  }

  func streamOpened(_ stream: any ByteStream) {
    self.stream = stream
    events.append("opened")
    pump()
  }

  func streamReadable(_ stream: any ByteStream) {
    if reads { drain() }
    if events.last != "readable" { events.append("readable") }
    onReadable?(self)
  }

  func streamWritable(_ stream: any ByteStream) {
    if events.last != "writable" { events.append("writable") }
    pump()
  }

  func streamEnded(_ stream: any ByteStream) {
    events.append("ended")
    if closesWhenEnded { stream.close() }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    events.append("closed")
    closeReason = reason
  }
}

/// Takes connections, each with a recorder.
final class RecordingAcceptor: StreamAcceptor {
  var recorders: [StreamRecorder] = []
  var refuses = false
  var configure: (StreamRecorder) -> Void = { _ in }

  func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
    guard !refuses else { return nil }
    let recorder = StreamRecorder()
    recorder.stream = stream
    recorder.events.append("accepted")
    configure(recorder)
    recorders.append(recorder)
    recorder.pump()
    return recorder
  }
}

/// Bytes that differ everywhere, so that a piece out of place shows.
func pattern(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  var state = seed
  for _ in 0..<count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes.append(UInt8(truncatingIfNeeded: state >> 33))
  }
  return bytes
}
