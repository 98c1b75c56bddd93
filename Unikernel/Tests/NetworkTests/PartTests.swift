import LibraryOS
import Testing

@testable import Network

@Suite("The stack's parts")
struct PartTests {
  @Test("the checksum agrees with the plain definition for every length and alignment")
  func checksum() {
    let bytes = pattern(80)
    for start in 0..<9 {
      for length in 0..<70 {
        var expected = 0
        for index in 0..<length {
          expected += Int(bytes[start + index]) << (index % 2 == 0 ? 8 : 0)
        }
        while expected > 0xFFFF { expected = expected & 0xFFFF + expected >> 16 }
        var checksum = InternetChecksum()
        bytes.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[start..<(start + length)])) }
        #expect(Int(UInt16(bigEndian: checksum.storedField)) == ~expected & 0xFFFF)
      }
    }
  }

  @Test("the checksum of RFC 1071's example")
  func checksumExample() {
    let bytes: [UInt8] = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]
    var checksum = InternetChecksum()
    bytes.withUnsafeBytes { checksum.add($0) }
    #expect(~UInt16(bigEndian: checksum.storedField) == 0xDDF2)
  }

  @Test("sequence numbers compare across the wrap")
  func sequenceNumbers() {
    let high = SequenceNumber(0xFFFF_FFF0)
    let low = high + 0x20
    #expect(low.raw == 0x10)
    #expect(high < low)
    #expect(low - high == 0x20)
    #expect(high - low == -0x20)
    #expect(low + -0x20 == high)
  }

  @Test("a ring gives back what a plain queue would, through growth and wrapping")
  func ring() {
    let random = SeededRandom(seed: 3)
    var ring = ByteRing(limit: 16384)
    var model: [UInt8] = []
    for round in 0..<2000 {
      let bytes = pattern(random.below(3000), seed: UInt64(round))
      let taken = bytes.withUnsafeBytes { ring.append($0) }
      #expect(taken == min(bytes.count, 16384 - model.count))
      model += bytes[0..<taken]
      let offset = random.below(model.count + 1)
      let length = random.below(model.count - offset + 1)
      var copy = [UInt8](repeating: 0, count: length + 1)
      copy.withUnsafeMutableBytes { ring.copy(from: offset, count: length, to: $0.baseAddress.unsafelyUnwrapped) }
      #expect(Array(copy[0..<length]) == Array(model[offset..<(offset + length)]))
      let removed = random.below(model.count + 1)
      ring.remove(removed, isReleasable: true)
      model.removeFirst(removed)
      #expect(ring.count == model.count)
    }
  }

  @Test("bytes placed ahead are there once the gap is filled")
  func ringPlacement() {
    var ring = ByteRing(limit: 65536)
    let bytes = pattern(30_000)
    bytes[10_000...].withUnsafeBytes { ring.place($0, at: 10_000) }
    let first = bytes[..<10_000].withUnsafeBytes { ring.append($0) }
    #expect(first == 10_000)
    ring.extend(by: 20_000)
    var copy = [UInt8](repeating: 0, count: 30_000)
    copy.withUnsafeMutableBytes { ring.copy(from: 0, count: 30_000, to: $0.baseAddress.unsafelyUnwrapped) }
    #expect(copy == bytes)
  }

  @Test("the reassembly map agrees with a set of numbers")
  func reassembly() {
    for seed in 1...50 {
      let random = SeededRandom(seed: UInt64(seed))
      let base = SequenceNumber(0xFFFF_FF80)
      var map = ReassemblyMap()
      var model: Set<Int> = []
      for _ in 0..<40 {
        let start = 1 + random.below(250)
        let end = start + 1 + random.below(12)
        if map.insert(base + start, base + end) { model.formUnion(start..<end) }
      }
      #expect(map.takeRun(at: base) == 0)
      var next = 1
      while model.contains(next) { next += 1 }
      #expect(map.takeRun(at: base + 1) == next - 1)
    }
  }

  @Test("timers on the wheel fire once, in time, near and far")
  func wheel() throws {
    let random = SeededRandom(seed: 4)
    var wheel = TimerWheel()
    var due: [Int32] = []
    var now = Instant(nanoseconds: 5_000_000_000)
    wheel.advance(to: now, due: &due)
    var model: [Int: Instant] = [:]
    for slot in 0..<300 {
      let time = now + .milliseconds(random.below(100_000))
      wheel.schedule(slot, at: time)
      model[slot] = time
    }
    for slot in stride(from: 0, to: 300, by: 7) {
      wheel.cancel(slot)
      model[slot] = nil
    }
    for slot in stride(from: 1, to: 300, by: 11) where model[slot] != nil {
      wheel.schedule(slot, at: now + .milliseconds(50))
      model[slot] = min(model[slot] ?? now, now + .milliseconds(50))
    }
    let tick = TimeSpan.milliseconds(9)
    while let deadline = wheel.deadline {
      now = deadline
      due = []
      wheel.advance(to: now, due: &due)
      for slot in due {
        let removed = model.removeValue(forKey: Int(slot))
        let time = try #require(removed)
        #expect(time <= now && now - time <= tick)
      }
    }
    #expect(model.isEmpty)
  }

  @Test("the retransmission timeout follows RFC 6298")
  func timeout() {
    var timeout = RetransmissionTimeout()
    #expect(timeout.current == .seconds(1))
    timeout.sample(.milliseconds(400))
    // SRTT 400, RTTVAR 200.
    #expect(timeout.current == .milliseconds(1200))
    timeout.sample(.milliseconds(400))
    // RTTVAR 150.
    #expect(timeout.current == .milliseconds(1000))
    timeout.backOff()
    timeout.backOff()
    #expect(timeout.current == .seconds(4))
    timeout.resetBackoff()
    #expect(timeout.current == .seconds(1))
    for _ in 0..<100 { timeout.sample(.milliseconds(1)) }
    #expect(timeout.current == RetransmissionTimeout.minimum)
    for _ in 0..<100 { timeout.backOff() }
    #expect(timeout.current == RetransmissionTimeout.maximum)
  }

  @Test("congestion control: slow start doubles, a loss halves step by step, a timeout starts over")
  func congestion() {
    let iss = SequenceNumber(0)
    var control = CongestionControl(segmentSize: 1000, initial: iss, algorithm: .newReno)
    #expect(control.window == 10_000)
    control.acknowledge(upTo: iss + 10_001, bytes: 10_000, flight: 0, flightBefore: 10_000)
    #expect(control.window == 20_000)
    let una = iss + 10_001
    let highest = una + 20_000
    control.loss(outstanding: 20_000, highest: highest)
    #expect(control.isRecovering)
    // Another loss of the same window changes nothing.
    control.loss(outstanding: 5000, highest: highest + 9000)
    // Half as much leaves as arrives (RFC 6937).
    control.acknowledge(upTo: una, bytes: 3000, flight: 16_000, flightBefore: 20_000)
    #expect(control.window == 17_500)
    control.noteSent(1500)
    control.acknowledge(upTo: una, bytes: 4000, flight: 14_000, flightBefore: 20_000)
    #expect(control.window == 16_000)
    control.acknowledge(upTo: highest, bytes: 9000, flight: 0, flightBefore: 20_000)
    #expect(!control.isRepairing)
    #expect(control.window == 10_000)
    control.timeOut(outstanding: 8000, highest: highest + 8000, isFirst: true)
    #expect(control.window == 1000)
    control.loss(outstanding: 8000, highest: highest + 8000)
    #expect(control.window == 1000)
    control.acknowledge(upTo: highest + 8000, bytes: 8000, flight: 0, flightBefore: 8000)
    #expect(!control.isRepairing)
  }

  @Test("a record of TIME-WAIT is found until it is removed, through every reuse of its place")
  func timeWaits() {
    let random = SeededRandom(seed: 8)
    var pool = RandomPool(random)
    var table = TimeWaitTable(capacity: 32, hash: FlowHash(&pool))
    let now = Instant(nanoseconds: 0)
    var order: [FlowKey] = []
    for round in 0..<5000 {
      let key = FlowKey(remote: Endpoint(IPv4Address(10, 0, 0, 1), port: UInt16(round)), localPort: 80)
      table.insert(key, sndNxt: SequenceNumber(1), rcvNxt: SequenceNumber(2), window: 0, at: now)
      order.append(key)
      if random.below(3) == 0 {
        let victim = order[order.count - 1 - random.below(min(order.count, 10))]
        table.remove(victim)
        #expect(table.find(victim, at: now) == nil)
      } else {
        #expect(table.find(key, at: now) != nil)
      }
      #expect(table.count <= 32)
    }
  }
}

extension CongestionControl {
  /// Where time does not matter.
  fileprivate mutating func acknowledge(upTo sequence: SequenceNumber, bytes: Int, flight: Int, flightBefore: Int) {
    acknowledge(
      upTo: sequence, bytes: bytes, flight: flight, flightBefore: flightBefore, roundTrip: .milliseconds(10),
      at: Instant(nanoseconds: 0))
  }
}
