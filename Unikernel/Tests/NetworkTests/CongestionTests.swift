import LibraryOS
import Testing

@testable import Network

/// A window that is used in full, one round trip after the other.
private struct Growing {
  var cubic = CubicGrowth()
  var window: Int
  var now = Instant(nanoseconds: 1_000_000_000_000)
  let roundTrip: TimeSpan
  let segment = 1000

  /// Grows for so many seconds; gives the window after each round trip.
  mutating func run(seconds: Double) -> [Int] {
    var windows: [Int] = []
    let end = now + TimeSpan(nanoseconds: UInt64(seconds * 1e9))
    while now < end {
      let all = window
      var left = all
      while left > 0 {
        let bytes = min(left, 2 * segment)
        window += cubic.growth(of: window, bytes, segmentSize: segment, roundTrip: roundTrip, at: now)
        left -= bytes
      }
      now = now + roundTrip
      windows.append(window)
    }
    return windows
  }
}

@Suite("Congestion control")
struct CongestionTests {
  @Test("cube roots are whole and exact")
  func roots() {
    for number in [0, 1, 7, 8, 26, 27, 1_000_000, 999_999_999, 1_000_000_000, 20_480_000_000_000] {
      let root = CubicGrowth.cubeRoot(number)
      #expect(root * root * root <= number && (root + 1) * (root + 1) * (root + 1) > number)
    }
  }

  @Test("after a loss the window comes back in K, slower and slower, and then grows faster and faster")
  func cubic() {
    // W_max of 1000 segments, 700 left: K is the cube root of 300 / 0.4, which is 9.1 s.
    var growing = Growing(window: 700_000, roundTrip: .milliseconds(100))
    growing.cubic.reduce(from: 1_000_000)
    let until = growing.run(seconds: 9)
    #expect(abs(until[until.count - 1] - 1_000_000) < 10_000)
    #expect(until[20] - until[0] > 2 * (until[80] - until[60]))
    let after = growing.run(seconds: 9)
    #expect(after[80] - after[60] > 2 * (after[25] - after[5]))
    // As far above as it was below.
    #expect(abs(after[after.count - 1] - 1_300_000) < 30_000)
  }

  @Test("a second loss of a smaller window leaves room for others")
  func fastConvergence() {
    var growing = Growing(window: 560_000, roundTrip: .milliseconds(100))
    growing.cubic.reduce(from: 1_000_000)
    growing.cubic.reduce(from: 800_000)
    // W_max is 680 segments now: K is the cube root of 120 / 0.4, 6.7 s.
    let windows = growing.run(seconds: 6.7)
    #expect(abs(windows[windows.count - 1] - 680_000) < 10_000)
    #expect(windows[66] - windows[60] < 2000)
  }

  @Test("where round trips are short, the window grows as RFC 5681 has it at least")
  func friendly() {
    var growing = Growing(window: 14_000, roundTrip: .milliseconds(10))
    growing.cubic.reduce(from: 20_000)
    let windows = growing.run(seconds: 1)
    // Eleven round trips of 9/17 of a segment, then a segment each.
    #expect(abs(windows[9] - 19_000) <= 1500)
    #expect((95_000...115_000).contains(windows[99]))
  }

  @Test("time in which the window is not used does not count")
  func pause() {
    var used = Growing(window: 700_000, roundTrip: .milliseconds(100))
    used.cubic.reduce(from: 1_000_000)
    var paused = used
    _ = used.run(seconds: 2)
    _ = paused.run(seconds: 1)
    paused.now = paused.now + .seconds(60)
    paused.cubic.pause(at: paused.now)
    _ = paused.run(seconds: 1)
    #expect(abs(paused.window - used.window) < 10_000)
  }

  @Test("whatever the times and sizes, the window does not overflow, nor shrink")
  func extremes() {
    let random = SeededRandom(seed: 6)
    for _ in 0..<2000 {
      var cubic = CubicGrowth()
      cubic.reduce(from: random.below(4 << 20))
      var now = Instant(nanoseconds: 1)
      for _ in 0..<20 {
        now = now + TimeSpan(nanoseconds: random.next() >> UInt64(1 + random.below(60)))
        let growth = cubic.growth(
          of: 64 + random.below(4 << 20), random.below(1 << 20), segmentSize: 64 + random.below(1400),
          roundTrip: TimeSpan(nanoseconds: random.next() >> UInt64(1 + random.below(60))), at: now)
        #expect(growth >= 0)
        if random.below(4) == 0 { cubic.reduce(from: random.below(4 << 20)) }
        if random.below(4) == 0 { cubic.pause(at: now) }
      }
    }
  }

  /// Links on which the two are compared: loss per thousand, delay each way.
  static let links = [(1, 50), (10, 1), (10, 20), (10, 50), (50, 20)]

  /// How long two megabytes take, in milliseconds.
  private static func time(_ algorithm: CongestionAlgorithm, loss: Int, delay: Int, seed: UInt64) throws -> Int {
    var limits = NetworkLimits()
    limits.congestionControl = algorithm
    let network = try SimulatedNetwork(
      LinkConditions(name: "", loss: loss, delay: .milliseconds(delay)), seed: seed, limits: limits)
    let acceptor = RecordingAcceptor()
    #expect(network.server.stack.listen(port: 80, acceptor: acceptor))
    let recorder = StreamRecorder()
    recorder.stream = network.client.stack.connect(to: Endpoint(network.server.address, port: 80), handler: recorder)
    let start = network.clock.now
    recorder.send(pattern(2 << 20))
    #expect(network.run(for: .seconds(3600)) { acceptor.recorders.first?.received.count == 2 << 20 })
    return Int((network.clock.now - start).nanoseconds / 1_000_000)
  }

  @Test("over links that lose frames, CUBIC takes no longer than the other, and in all it takes less")
  func comparison() throws {
    var all = (cubic: 0, newReno: 0)
    for (loss, delay) in CongestionTests.links {
      var here = (cubic: 0, newReno: 0)
      for seed in UInt64(1)...12 {
        here.cubic += try CongestionTests.time(.cubic, loss: loss, delay: delay, seed: seed)
        here.newReno += try CongestionTests.time(.newReno, loss: loss, delay: delay, seed: seed)
      }
      print("congestion: loss \(loss)/1000, \(delay) ms: CUBIC \(here.cubic / 12) ms, NewReno \(here.newReno / 12) ms")
      #expect(here.cubic * 4 <= here.newReno * 5, "loss \(loss), delay \(delay)")
      all.cubic += here.cubic
      all.newReno += here.newReno
    }
    #expect(all.cubic < all.newReno)
  }
}
