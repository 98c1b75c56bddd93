import LibraryOS

// SYN cookies (RFC 4987, 3.6): when too many handshakes are under way, a SYN is answered without keeping anything. What
// is to be known of it comes back with the last step of the handshake, in the sequence number and the timestamp.

/// Makes and checks initial sequence numbers that stand for a SYN.
struct SynchronizeCookies {
  /// How long one period is, in nanoseconds as a power of two (some 69 s); a cookie is good in its own and the next.
  private static let periodShift: UInt64 = 36
  /// The segment sizes that a cookie can tell, ascending. An end that takes less gets no cookie.
  private static let segmentSizes: InlineArray<8, Int> = [256, 536, 1200, 1360, 1400, 1440, 1448, 1460]
  /// The window scale that stands for none.
  private static let noScale: UInt32 = 15
  /// What the lowest bits of a timestamp say of the other end's SYN: its window scale, and whether it acknowledges
  /// selectively.
  private static let timestampBits: UInt32 = 5

  private var key: (UInt32, UInt32) = (0, 0)
  /// What is added to the clock in timestamps.
  private(set) var timestampOffset: UInt32 = 0
  private var lastMade: Instant?

  init() {}

  /// Cookies that only this image can make.
  init(_ random: inout RandomPool) {
    key = (random.next(), random.next())
    timestampOffset = random.next()
  }

  /// The answer to a SYN: the initial sequence number and the options. `nil` if the SYN cannot be told by a cookie.
  mutating func make(
    for segment: TCPSegment, _ flow: FlowKey, windowScale: Int, at now: Instant
  ) -> (sequence: SequenceNumber, options: TCPOptions)? {
    let offered = segment.options.maximumSegmentSize ?? TCPConnection.defaultSegment
    var size: UInt32?
    for index in 0..<8 where SynchronizeCookies.segmentSize(UInt32(index)) <= offered { size = UInt32(index) }
    guard let size else { return nil }
    lastMade = now
    var options = TCPOptions()
    options.maximumSegmentSize = TCPConnection.largestSegment(isIPv4: flow.high == 0)
    if let timestamp = segment.options.timestamp {
      // Without a timestamp there is no room for these, and neither is used.
      let scale = segment.options.windowScale.map { UInt32($0) } ?? SynchronizeCookies.noScale
      options.permitsSelectiveAcknowledgment = segment.options.permitsSelectiveAcknowledgment
      if segment.options.windowScale != nil { options.windowScale = windowScale }
      let told = scale << 1 | (options.permitsSelectiveAcknowledgment ? 1 : 0)
      options.timestamp = TCPOptions.Timestamp(value: stamp(telling: told, at: now), echo: timestamp.value)
    }
    let period = UInt32(truncatingIfNeeded: now.nanoseconds >> SynchronizeCookies.periodShift)
    return (SequenceNumber(cookie(flow, segment.sequence, period: period, size: size)), options)
  }

  /// What a SYN had said, if the acknowledgement of a segment is that of a cookie.
  func check(_ segment: TCPSegment, _ flow: FlowKey, at now: Instant) -> TCPOptions? {
    let life = TimeSpan(nanoseconds: 2 << SynchronizeCookies.periodShift)
    guard let lastMade, now - lastMade < life else { return nil }
    let sequence = segment.acknowledgment + -1
    let size = sequence.raw >> 24 & 7
    let period = UInt32(truncatingIfNeeded: now.nanoseconds >> SynchronizeCookies.periodShift)
    let age = (period &- (sequence.raw >> 27)) & 31
    guard age <= 1,
      cookie(flow, segment.sequence + -1, period: period &- age, size: size) == sequence.raw
    else { return nil }
    var options = TCPOptions()
    options.maximumSegmentSize = SynchronizeCookies.segmentSize(size)
    if let timestamp = segment.options.timestamp {
      let told = timestamp.echo & (1 << SynchronizeCookies.timestampBits &- 1)
      options.timestamp = timestamp
      options.permitsSelectiveAcknowledgment = told & 1 == 1
      let scale = told >> 1
      if scale != SynchronizeCookies.noScale { options.windowScale = Int(min(scale, 14)) }
    }
    return options
  }

  /// The latest timestamp that is not later than now and ends in these bits.
  private func stamp(telling told: UInt32, at now: Instant) -> UInt32 {
    let value = UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ timestampOffset
    let step = UInt32(1) << SynchronizeCookies.timestampBits
    let stamped = value & ~(step - 1) | told
    return stamped > value ? stamped &- step : stamped
  }

  /// Five bits of the period, three of the size, and 24 of a keyed hash (SipHash, as the standard library has it) over
  /// all that the cookie stands for.
  private func cookie(_ flow: FlowKey, _ sequence: SequenceNumber, period: UInt32, size: UInt32) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(key.0)
    hasher.combine(key.1)
    hasher.combine(flow)
    hasher.combine(sequence.raw)
    hasher.combine(period)
    hasher.combine(size)
    let hash = UInt32(truncatingIfNeeded: hasher.finalize()) & 0xFF_FFFF
    return (period & 31) << 27 | size << 24 | hash
  }

  private static func segmentSize(_ index: UInt32) -> Int { segmentSizes[Int(index & 7)] }
}
