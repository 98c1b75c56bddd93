import LibraryOS

// What is out and not acknowledged, and what of it is lost: RACK (RFC 8985, 6) over what selective acknowledgements say
// (RFC 2018, 5; RFC 6675, 3). Where the other end gives none, duplicate acknowledgements are counted instead
// (RFC 6582, 3.2). Bounded by the send queue: each record stands for at least one piece of it, or a whole segment.

/// Bytes that left together.
struct SentRecord {
  var start: SequenceNumber
  var end: SequenceNumber
  var sent: Instant
  /// The other end has it, and said so out of turn.
  var isSacked = false
  /// It is taken for lost, and was not sent again since.
  var isLost = false
  var isRetransmitted = false

  var count: Int { end - start }
}

/// The records of one connection, in order and without gaps.
struct SentSegments {
  /// What an acknowledgement brought.
  struct Delivery {
    /// Bytes that are known to have arrived since the one before.
    var bytes = 0
    /// The round trip of the latest segment among them, if it was sent only once (RFC 6298, 3: Karn's algorithm).
    var roundTrip: TimeSpan?
    /// The other end got something twice (RFC 2883).
    var isDuplicateReported = false
  }

  /// Duplicates, or segments acknowledged out of turn, that make a loss sure (RFC 5681, 3.2; RFC 6675, 2).
  static let duplicateThreshold = 3

  private var records: [SentRecord] = []
  private var first = 0
  private var sackedBytes = 0
  private var lostBytes = 0
  private var duplicates = 0
  // RACK.segment, RACK.rtt, RACK.min_RTT, RACK.fack and RACK.reordering_seen of RFC 8985, 5.3.
  private var latest: (sent: Instant, end: SequenceNumber)?
  private var latestRoundTrip = TimeSpan(nanoseconds: 0)
  private var minimumRoundTrip = TimeSpan(nanoseconds: .max)
  private var forward: SequenceNumber?
  private var isReorderingSeen = false

  /// Whether everything is acknowledged.
  @inline(__always)
  var isEmpty: Bool { first == records.count }

  /// Whether something is to be sent again.
  @inline(__always)
  var hasLost: Bool { lostBytes > 0 }

  /// Bytes thought to be on their way (RFC 6675: pipe). `segmentSize`: what a duplicate acknowledgement stands for.
  func flight(segmentSize: Int) -> Int {
    guard first < records.count else { return 0 }
    let outstanding = records[records.count - 1].end - records[first].start
    return max(outstanding - sackedBytes - lostBytes - duplicates * segmentSize, 0)
  }

  /// Bytes sent and not acknowledged in turn.
  var outstanding: Int { isEmpty ? 0 : records[records.count - 1].end - records[first].start }

  // MARK: Sending

  /// Notes bytes that leave for the first time, behind all others.
  @inline(__always)
  mutating func append(_ start: SequenceNumber, _ end: SequenceNumber, at now: Instant) {
    records.append(SentRecord(start: start, end: end, sent: now))
  }

  /// The first lost bytes, at most `limit` of them: what is to be sent again next.
  func nextLost(limit: Int) -> (start: SequenceNumber, end: SequenceNumber)? {
    guard lostBytes > 0 else { return nil }
    var index = first
    while index < records.count, !records[index].isLost { index += 1 }
    guard index < records.count else { return nil }
    let start = records[index].start
    while index + 1 < records.count, records[index + 1].isLost, records[index].end - start < limit { index += 1 }
    return (start, start + min(records[index].end - start, limit))
  }

  /// The last `limit` bytes at most that are out and not known to have arrived (RFC 8985, 7.3).
  func last(limit: Int) -> (start: SequenceNumber, end: SequenceNumber)? {
    var index = records.count - 1
    while index >= first, records[index].isSacked { index -= 1 }
    guard index >= first else { return nil }
    let record = records[index]
    return (record.end + -min(record.count, limit), record.end)
  }

  /// Notes that these bytes, which are out, left again.
  mutating func resend(_ start: SequenceNumber, _ end: SequenceNumber, at now: Instant) {
    guard var index = index(of: start) else { return }
    if records[index].start < start {
      split(index, at: start)
      index += 1
    }
    while index < records.count, records[index].start < end {
      if records[index].end > end { split(index, at: end) }
      if records[index].isLost { lostBytes -= records[index].count }
      records[index].isLost = false
      records[index].isRetransmitted = true
      records[index].sent = now
      index += 1
    }
  }

  // MARK: Acknowledgements

  /// Everything before `sequence` arrived.
  mutating func acknowledge(upTo sequence: SequenceNumber, at now: Instant, _ delivery: inout Delivery) {
    var segments = 0
    while first < records.count, records[first].start < sequence {
      let end = min(records[first].end, sequence)
      let count = end - records[first].start
      if records[first].isSacked {
        sackedBytes -= count
      } else {
        if records[first].isLost { lostBytes -= count }
        arrived(first, upTo: end, at: now, &delivery)
      }
      segments += 1
      guard records[first].end <= sequence else {
        records[first].start = sequence
        break
      }
      first += 1
    }
    duplicates = max(duplicates - segments, 0)
    if first == records.count {
      records.removeAll(keepingCapacity: records.capacity <= 4)
      first = 0
    } else if first >= 64, first * 2 >= records.count {
      records.removeFirst(first)
      first = 0
    }
  }

  /// Bytes from `start` to before `end` arrived out of turn. Only whole segments count, so that nobody can cut records
  /// into crumbs.
  mutating func sack(
    _ start: SequenceNumber, _ end: SequenceNumber, segmentSize: Int, at now: Instant, _ delivery: inout Delivery
  ) {
    guard start < end, first < records.count, start >= records[first].start, end <= records[records.count - 1].end
    else { return }
    guard var index = index(of: start) else { return }
    while index < records.count, records[index].start < end {
      if !records[index].isSacked {
        if records[index].start < start {
          let offset = (start - records[index].start + segmentSize - 1) / segmentSize * segmentSize
          if offset < records[index].count { split(index, at: records[index].start + offset) }
          index += 1
          continue
        }
        if records[index].end > end {
          let offset = (end - records[index].start) / segmentSize * segmentSize
          guard offset > 0 else { return }
          split(index, at: records[index].start + offset)
        }
        if records[index].isLost { lostBytes -= records[index].count }
        records[index].isLost = false
        records[index].isSacked = true
        sackedBytes += records[index].count
        arrived(index, upTo: records[index].end, at: now, &delivery)
      }
      index += 1
    }
  }

  private mutating func arrived(
    _ index: Int, upTo end: SequenceNumber, at now: Instant, _ delivery: inout Delivery
  ) {
    let record = records[index]
    let roundTrip = now - record.sent
    delivery.bytes += end - record.start
    if record.isRetransmitted {
      // RFC 8985, 6.2, step 2: too early to be the answer to what was sent again.
      if roundTrip < minimumRoundTrip { return }
    } else {
      minimumRoundTrip = min(minimumRoundTrip, roundTrip)
      delivery.roundTrip = roundTrip
      if let forward, end < forward { isReorderingSeen = true }
    }
    if forward.map({ $0 < end }) ?? true { forward = end }
    if let latest, latest.sent > record.sent || latest.sent == record.sent && latest.end >= end { return }
    latest = (record.sent, end)
    latestRoundTrip = roundTrip
  }

  /// Marks what is lost (RFC 8985, 6.2, step 5). Returns whether something is newly so, and when to look again if
  /// something may soon be.
  mutating func detectLosses(
    smoothed: TimeSpan, segmentSize: Int, isRecovering: Bool, at now: Instant
  ) -> (isLost: Bool, wait: TimeSpan?) {
    guard let latest, first < records.count else { return (false, nil) }
    var patience = TimeSpan(nanoseconds: min(minimumRoundTrip.nanoseconds / 4, smoothed.nanoseconds))
    if !isReorderingSeen, isRecovering || sackedBytes >= SentSegments.duplicateThreshold * segmentSize {
      patience = TimeSpan(nanoseconds: 0)
    }
    let limit = TimeSpan(nanoseconds: latestRoundTrip.nanoseconds + patience.nanoseconds)
    var isLost = false
    var wait: TimeSpan?
    for index in first..<records.count where !records[index].isSacked && !records[index].isLost {
      let record = records[index]
      guard record.sent < latest.sent || record.sent == latest.sent && record.end < latest.end else { continue }
      let age = now - record.sent
      if age >= limit {
        lose(index)
        isLost = true
      } else {
        wait = max(wait ?? TimeSpan(nanoseconds: 0), TimeSpan(nanoseconds: limit.nanoseconds - age.nanoseconds))
      }
    }
    return (isLost, wait)
  }

  /// An acknowledgement came again from an end that does not acknowledge selectively. Whether the first segment is lost.
  mutating func duplicate(segmentSize: Int) -> Bool {
    duplicates += 1
    guard duplicates == SentSegments.duplicateThreshold else { return false }
    loseFirst(segmentSize: segmentSize)
    return true
  }

  /// The first segment is lost: so says a partial acknowledgement (RFC 6582, 3.2, step 3).
  mutating func loseFirst(segmentSize: Int) {
    guard first < records.count, !records[first].isLost else { return }
    if records[first].count > segmentSize { split(first, at: records[first].start + segmentSize) }
    lose(first)
  }

  /// Everything that is not known to have arrived is lost (RFC 6298, 5.4). An end that took back what it had
  /// acknowledged selectively (RFC 2018, 8) is believed nothing of it.
  mutating func loseAll() {
    duplicates = 0
    let isReneging = first < records.count && records[first].isSacked
    if isReneging { sackedBytes = 0 }
    for index in first..<records.count {
      if isReneging { records[index].isSacked = false }
      if !records[index].isSacked, !records[index].isLost { lose(index) }
    }
  }

  private mutating func lose(_ index: Int) {
    records[index].isLost = true
    lostBytes += records[index].count
  }

  /// The record that has the byte at `sequence`.
  private func index(of sequence: SequenceNumber) -> Int? {
    var low = first
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      if records[middle].end <= sequence { low = middle + 1 } else { high = middle }
    }
    return low < records.count && records[low].start <= sequence ? low : nil
  }

  private mutating func split(_ index: Int, at sequence: SequenceNumber) {
    var rest = records[index]
    guard sequence > rest.start, sequence < rest.end else { return }
    records[index].end = sequence
    rest.start = sequence
    records.insert(rest, at: index + 1)
  }
}
