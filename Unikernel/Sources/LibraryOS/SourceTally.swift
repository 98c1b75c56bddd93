/// How many places of a bounded table each source holds (`IPAddress.sourceKey`). A source is remembered while it holds
/// one, so that a million of them take no more memory than there are places. Open addressing with linear probing; the
/// seed keeps anybody outside from choosing sources that meet in one place.
public struct SourceTally: Sendable {
  private struct Entry {
    var source: UInt64
    /// 0: nobody is here.
    var count: Int
  }

  private var entries = [Entry](repeating: Entry(source: 0, count: 0), count: 16)
  private var sourceCount = 0
  private let seed: UInt64

  /// Nobody holds anything.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// How many sources there is memory for now: at most four times as many as ever held places at once.
  public var memoryBound: Int { entries.count }

  /// How many places a source holds.
  public func count(of source: UInt64) -> Int {
    entries[index(of: source)].count
  }

  /// A source takes one more.
  public mutating func add(_ source: UInt64) {
    if (sourceCount + 1) * 2 > entries.count { grow() }
    let index = index(of: source)
    if entries[index].count == 0 {
      entries[index].source = source
      sourceCount += 1
    }
    entries[index].count += 1
  }

  /// A source gives one back.
  public mutating func remove(_ source: UInt64) {
    var hole = index(of: source)
    guard entries[hole].count > 0 else { return }
    entries[hole].count -= 1
    guard entries[hole].count == 0 else { return }
    sourceCount -= 1
    // Whoever stands behind the hole, and would be looked for before it, moves into it.
    let mask = entries.count - 1
    var next = (hole + 1) & mask
    while entries[next].count > 0 {
      let distance = (next - home(of: entries[next].source)) & mask
      if distance >= (next - hole) & mask {
        entries[hole] = entries[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    entries[hole].count = 0
  }

  private func home(of source: UInt64) -> Int {
    Int(truncatingIfNeeded: source.scattered(by: seed)) & (entries.count - 1)
  }

  /// Where a source stands, or would.
  private func index(of source: UInt64) -> Int {
    var index = home(of: source)
    while entries[index].count > 0, entries[index].source != source { index = (index + 1) & (entries.count - 1) }
    return index
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: Entry(source: 0, count: 0), count: old.count * 2)
    for entry in old where entry.count > 0 { entries[index(of: entry.source)] = entry }
  }
}
