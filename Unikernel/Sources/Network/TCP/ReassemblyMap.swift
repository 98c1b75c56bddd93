/// Which bytes beyond the next expected one have arrived (RFC 9293, 3.10.7.4: segments out of order are held). The
/// bytes themselves lie in the receive buffer already. Bounded: a segment that would make one hole too many is not
/// taken, and comes again.
struct ReassemblyMap {
  /// The most separate runs of bytes.
  static let capacity = 32

  /// What a selective acknowledgement says (RFC 2018, 4): the run that the latest segment is in, then others.
  struct Blocks {
    fileprivate var blocks: InlineArray<3, (start: SequenceNumber, end: SequenceNumber)> =
      .init(repeating: (SequenceNumber(0), SequenceNumber(0)))
    private(set) var count = 0

    fileprivate mutating func append(_ start: SequenceNumber, _ end: SequenceNumber) {
      blocks[count] = (start, end)
      count += 1
    }

    func block(_ index: Int) -> (start: SequenceNumber, end: SequenceNumber) { blocks[index] }
  }

  private var runs: [(start: SequenceNumber, end: SequenceNumber)] = []
  private var latest = SequenceNumber(0)

  /// Whether nothing is held.
  @inline(__always)
  var isEmpty: Bool { runs.isEmpty }

  /// Notes that the bytes from `start` to before `end` are there; `false` if there is no room to note it.
  mutating func insert(_ start: SequenceNumber, _ end: SequenceNumber) -> Bool {
    var start = start
    var end = end
    var index = 0
    while index < runs.count, runs[index].end < start { index += 1 }
    // Runs from `index` on that touch the new one become part of it.
    var last = index
    while last < runs.count, runs[last].start <= end {
      start = min(start, runs[last].start)
      end = max(end, runs[last].end)
      last += 1
    }
    if last == index, runs.count >= ReassemblyMap.capacity { return false }
    runs.replaceSubrange(index..<last, with: CollectionOfOne((start: start, end: end)))
    latest = start
    return true
  }

  /// How many bytes are held from `next` on without a gap; runs up to there are forgotten.
  mutating func takeRun(at next: SequenceNumber) -> Int {
    var reached = next
    while let first = runs.first, first.start <= reached {
      reached = max(reached, first.end)
      runs.removeFirst()
    }
    return reached - next
  }

  /// What to tell the other end of what is held.
  var blocks: Blocks {
    var blocks = Blocks()
    for run in runs where run.start == latest { blocks.append(run.start, run.end) }
    for run in runs where run.start != latest && blocks.count < TCPOptions.maximumBlocks {
      blocks.append(run.start, run.end)
    }
    return blocks
  }

  /// Forgets everything.
  mutating func removeAll() {
    runs.removeAll()
  }
}
