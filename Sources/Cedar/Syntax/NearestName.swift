/// Finds what somebody probably meant by a name that is not known.
package enum NearestName {
  /// The known name nearest to one that is not known, if it is near: a third of its characters may differ.
  package static func nearest(_ name: String, _ known: some Sequence<String>) -> String? {
    let limit = max(1, name.count / 3)
    return known.map { (distance($0.lowercased(), name.lowercased()), $0) }.filter { $0.0 <= limit }
      .min { $0 < $1 }?.1
  }

  /// How many characters must be put in, taken out, replaced or swapped with their neighbour.
  private static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    guard max(a.count, b.count) <= 64 else { return .max }
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforePrevious[j - 1] + 1) }
        row.append(best)
      }
      (beforePrevious, previous) = (previous, row)
    }
    return previous[b.count]
  }
}
