import Interchange

/// Makes the nodes of decision diagrams. Nodes that say the same are one.
struct DiagramBuilder {
  /// That a diagram took more than it may.
  struct TooLarge: Error {}

  /// The nodes, those below before those above.
  private(set) var words: [UInt32] = []
  private var known: [[UInt32]: UInt32] = [:]

  /// A diagram of some boxes, the earliest rule first, which asks for the fields in this order, of at most so many words.
  /// Whether it succeeds or not, what other diagrams can share stays.
  mutating func diagram(
    of boxes: [Box], order: [Int], limit: Int
  ) throws(TooLarge) -> FirewallTable.Reference {
    var work = Work(boxes: boxes, order: order, limit: words.count + limit, steps: 40 * limit + 100_000)
    return try build(Array(0..<Int32(boxes.count)), level: 0, &work)
  }

  /// Undoes everything since there were so many words.
  mutating func forget(after count: Int) {
    words.removeSubrange(count...)
    known = known.filter { Int($0.value) < count }
  }

  private struct Work {
    let boxes: [Box]
    let order: [Int]
    let limit: Int
    var steps: Int
    /// What sets of boxes led to, by the field from which on they were looked at.
    var done: [[Int32]: FirewallTable.Reference] = [:]
  }

  /// The diagram of a set of boxes, which are all that is left after the fields before `level`.
  private mutating func build(
    _ candidates: [Int32], level: Int, _ work: inout Work
  ) throws(TooLarge) -> FirewallTable.Reference {
    var level = level
    // What comes after a box that has everything never decides.
    var subset: [Int32] = []
    for candidate in candidates {
      subset.append(candidate)
      let box = work.boxes[Int(candidate)]
      if box.window < 0, work.order[level...].allSatisfy({ box.isFull($0) }) { break }
    }
    while level < work.order.count, subset.allSatisfy({ work.boxes[Int($0)].isFull(work.order[level]) }) { level += 1 }
    guard level < work.order.count else { return try leaf(subset, work) }
    let key = subset + [-1 - Int32(level)]
    if let reference = work.done[key] { return reference }
    let field = work.order[level]

    // Where the set of boxes changes: sorted beginnings, and ends.
    var changes: [(at: UInt64, box: Int32, begins: Bool)] = []
    for index in subset {
      let box = work.boxes[Int(index)]
      changes.append((UInt64(box.low[field]), index, true))
      changes.append((UInt64(box.high[field]) + 1, index, false))
    }
    changes.sort { $0.at < $1.at }
    var active: [Int32] = []
    var ranges: [(start: UInt32, reference: UInt32)] = []
    var position = 0
    var start: UInt64 = 0
    let end = UInt64(Box.greatest[field]) + 1
    while start < end {
      while position < changes.count, changes[position].at == start {
        let change = changes[position]
        let place = active.partition(before: change.box)
        if change.begins { active.insert(change.box, at: place) } else { active.remove(at: place) }
        position += 1
      }
      work.steps -= active.count + 1
      guard work.steps > 0 else { throw TooLarge() }
      let reference = try build(active, level: level + 1, &work).rawValue
      if ranges.last?.reference != reference { ranges.append((UInt32(start), reference)) }
      start = position < changes.count ? changes[position].at : end
    }
    let result = try node(field, ranges, work)
    work.done[key] = result
    return result
  }

  /// What is left when all fields have been asked for: rules with times, and the first one without.
  private mutating func leaf(_ subset: [Int32], _ work: Work) throws(TooLarge) -> FirewallTable.Reference {
    var reference = FirewallTable.Reference.none
    var conditional = 0
    for index in subset.reversed() {
      let box = work.boxes[Int(index)]
      if box.window < 0 {
        reference = box.verdict
        conditional = 0
        continue
      }
      conditional += 1
      guard conditional <= FirewallTable.maximumDepth - 8 else { throw TooLarge() }
      reference = try append(
        [
          FirewallTable.NodeHead(field: 6).rawValue, UInt32(box.window), box.verdict.rawValue, reference.rawValue,
        ], work)
    }
    return reference
  }

  private mutating func node(
    _ field: Int, _ ranges: [(start: UInt32, reference: UInt32)], _ work: Work
  ) throws(TooLarge) -> FirewallTable.Reference {
    if ranges.count == 1 { return FirewallTable.Reference(rawValue: ranges[0].reference) }
    var node = [FirewallTable.NodeHead(field: field).rawValue, UInt32(ranges.count)]
    // A few ranges are found faster without an index.
    if ranges.count > 4 {
      guard ranges.count <= FirewallTable.IndexEntry.maximumRanges else { throw TooLarge() }
      // At least twice as many parts as ranges, so that most lie in one range and lead on at once.
      let bits = Int.bitWidth - (ranges.count - 1).leadingZeroBitCount + 1
      let base = ranges[1].start
      let span = ranges[ranges.count - 1].start - base
      let shift = max(0, UInt32.bitWidth - span.leadingZeroBitCount - bits)
      node[0] = FirewallTable.NodeHead(field: field, indexBits: bits, shift: shift).rawValue
      node.append(base)
      var first = 0
      for part in 0..<1 << bits {
        let start = UInt64(base) + (UInt64(part) << UInt64(shift))
        let end = start + 1 << UInt64(shift)
        while first + 1 < ranges.count, UInt64(ranges[first + 1].start) <= start { first += 1 }
        var last = first
        while last + 1 < ranges.count, UInt64(ranges[last + 1].start) < end { last += 1 }
        node.append(
          first == last
            ? ranges[first].reference : FirewallTable.IndexEntry(ranges: first...last).rawValue)
        first = last
      }
    }
    for range in ranges { node += [range.start, range.reference] }
    return try append(node, work)
  }

  private mutating func append(_ node: [UInt32], _ work: Work) throws(TooLarge) -> FirewallTable.Reference {
    if let offset = known[node] { return FirewallTable.Reference(rawValue: offset) }
    guard words.count + node.count <= work.limit else { throw TooLarge() }
    let offset = words.count
    words += node
    known[node] = UInt32(offset)
    return FirewallTable.Reference(node: offset)
  }
}

extension [Int32] {
  /// Where an element is or belongs in ascending elements.
  fileprivate func partition(before element: Int32) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
