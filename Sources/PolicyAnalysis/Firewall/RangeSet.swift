/// A set of whole numbers, as ranges in order that neither overlap nor touch: addresses, ports, protocols.
public struct RangeSet: Hashable, Sendable {
  /// The ranges.
  public private(set) var ranges: [ClosedRange<UInt128>]

  /// No number.
  public static let empty = RangeSet([])

  /// The numbers of all of these ranges.
  public init(_ ranges: [ClosedRange<UInt128>]) {
    var merged: [ClosedRange<UInt128>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = merged.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Whether there is no number in it.
  public var isEmpty: Bool { ranges.isEmpty }

  /// The numbers in both.
  public func intersection(_ other: RangeSet) -> RangeSet {
    var common: [ClosedRange<UInt128>] = []
    var (mine, theirs) = (0, 0)
    while mine < ranges.count, theirs < other.ranges.count {
      let (a, b) = (ranges[mine], other.ranges[theirs])
      let (low, high) = (max(a.lowerBound, b.lowerBound), min(a.upperBound, b.upperBound))
      if low <= high { common.append(low...high) }
      if a.upperBound < b.upperBound { mine += 1 } else { theirs += 1 }
    }
    return RangeSet(common)
  }

  /// The numbers in this one only.
  public func subtracting(_ other: RangeSet) -> RangeSet {
    var left: [ClosedRange<UInt128>] = []
    for range in ranges {
      var low = range.lowerBound
      var isOver = false
      for cut in other.ranges where cut.upperBound >= low && cut.lowerBound <= range.upperBound {
        if cut.lowerBound > low { left.append(low...(cut.lowerBound - 1)) }
        if cut.upperBound >= range.upperBound {
          isOver = true
          break
        }
        low = cut.upperBound + 1
      }
      if !isOver { left.append(low...range.upperBound) }
    }
    return RangeSet(left)
  }

  /// Whether every number is in the other set.
  public func isSubset(of other: RangeSet) -> Bool { subtracting(other).isEmpty }
}
