/// The number of insertions, deletions, substitutions and exchanges of neighbours that turn one text into the other
/// (optimal string alignment), counted in Unicode scalars; any number above `bound` where it is more than `bound`.
public func editDistance(_ one: String, _ other: String, bound: Int = .max) -> Int {
  // Most pairs are told apart by their lengths.
  let difference = abs(one.unicodeScalars.count - other.unicodeScalars.count)
  if difference > bound { return difference }
  let left = Array(one.unicodeScalars)
  let right = Array(other.unicodeScalars)
  if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
  var beforeLast = [Int](repeating: 0, count: right.count + 1)
  var last = Array(0...right.count)
  for row in 1...left.count {
    var current = [row]
    current.reserveCapacity(right.count + 1)
    for column in 1...right.count {
      let same = left[row - 1] == right[column - 1]
      var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
        best = min(best, beforeLast[column - 2] + 1)
      }
      current.append(best)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}

/// The name that the writer probably meant: the nearest of those known, if it is near enough (a third of its length,
/// one edit at least) or differs only in case; the last part of a dotted name counts where nothing else is near.
public func nearest(_ name: String, among known: some Sequence<String>) -> String? {
  guard !name.isEmpty, name.utf8.count <= 200 else { return nil }
  let bound = max(1, name.unicodeScalars.count / 3)
  var best: (distance: Int, name: String)?
  var sameEnding: String?
  let lowercased = name.lowercased()
  let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
  let lastPart = name.split(separator: ".").last ?? ""
  for candidate in known where candidate != name && candidate.utf8.count <= 200 {
    // Only outside ASCII a letter and its other case can have different lengths.
    let mayDifferInCase =
      candidate.utf8.count == name.utf8.count || !isASCII || !candidate.utf8.allSatisfy { $0 < 0x80 }
    if mayDifferInCase, candidate.lowercased() == lowercased { return candidate }
    let distance = editDistance(name, candidate, bound: bound)
    if distance <= bound, best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
      best = (distance, candidate)
    }
    if !lastPart.isEmpty, candidate.hasSuffix(lastPart), candidate.split(separator: ".").last == lastPart {
      sameEnding = min(sameEnding ?? candidate, candidate)
    }
  }
  return best?.name ?? sameEnding
}
