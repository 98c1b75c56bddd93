extension FirewallTable {
  /// What tables begin with: `TFW1`.
  static let mark: UInt32 = 0x3157_4654
  /// The field of nodes about the time.
  static let timeField = 6

  /// Reads a table, and refuses one that look-ups could not rely on: every way through it ends after at most
  /// `maximumDepth` nodes, ranges are in order, and indices say what the ranges do.
  public init(decoding bytes: [UInt8]) throws(DecodingFault) {
    var reader = ByteReader(bytes)
    guard try reader.readFixed(UInt32.self) == FirewallTable.mark else { throw .invalid }
    switch try reader.readByte() {
    case 0: defaultPasses = false
    case 1: defaultPasses = true
    default: throw .invalid
    }
    diagrams = Int(try reader.readByte())
    guard diagrams >= 1, diagrams <= FirewallTable.maximumDiagrams else { throw .tooLarge }
    let windowCount = Int(try reader.readFixed(UInt16.self))
    let wordCount = Int(try reader.readFixed(UInt32.self))
    guard windowCount <= FirewallTable.maximumWindows, wordCount <= FirewallTable.maximumWords else { throw .tooLarge }
    guard reader.remaining == 4 * (FirewallTable.classes * diagrams + wordCount) + 5 * windowCount else {
      throw .truncated
    }
    roots = []
    roots.reserveCapacity(FirewallTable.classes * diagrams)
    for _ in 0..<FirewallTable.classes * diagrams { roots.append(try reader.readFixed(UInt32.self)) }
    windows = []
    for _ in 0..<windowCount {
      let window = Window(
        days: try reader.readByte(), startMinute: try reader.readFixed(UInt16.self),
        endMinute: try reader.readFixed(UInt16.self))
      guard window.isValid else { throw .invalid }
      windows.append(window)
    }
    words = []
    words.reserveCapacity(wordCount)
    for _ in 0..<wordCount { words.append(try reader.readFixed(UInt32.self)) }
    let depths = try checkedDepths()
    for (index, root) in roots.enumerated() {
      _ = try FirewallTable.depth(of: root, depths)
      guard Reference(rawValue: root) != .none else { continue }
      hasRules |= 1 << UInt8(truncatingIfNeeded: index / (Kind.allCases.count * diagrams))
    }
  }

  /// How far each node is from the last rule below it, at the node's first word; 0 where no node begins. A node may lead
  /// only to nodes before it, so that no way is endless.
  private func checkedDepths() throws(DecodingFault) -> [UInt8] {
    var depths = [UInt8](repeating: 0, count: words.count)
    var at = 0
    while at < words.count {
      let head = NodeHead(rawValue: words[at])
      var deepest: UInt8 = 0
      var end: Int
      if head.field == FirewallTable.timeField {
        end = at + 4
        guard end <= words.count, head.rawValue == UInt32(FirewallTable.timeField), words[at + 1] < windows.count else {
          throw .invalid
        }
        deepest = max(
          try FirewallTable.depth(of: words[at + 2], depths), try FirewallTable.depth(of: words[at + 3], depths))
      } else {
        guard head.field < FirewallTable.timeField, head.rawValue >> 13 == 0, head.indexBits <= 21,
          at + 2 <= words.count
        else { throw .invalid }
        let count = Int(words[at + 1])
        let pairs = head.indexBits == 0 ? at + 2 : at + 3 + (1 << head.indexBits)
        guard count >= 2, count <= words.count, pairs + 2 * count <= words.count else { throw .truncated }
        end = pairs + 2 * count
        guard words[pairs] == 0 else { throw .invalid }
        for index in 0..<count {
          guard index == 0 || words[pairs + 2 * index - 2] < words[pairs + 2 * index] else { throw .invalid }
          deepest = max(deepest, try FirewallTable.depth(of: words[pairs + 2 * index + 1], depths))
        }
        if head.indexBits != 0 { try checkIndex(head, at: at, pairs: pairs, count: count) }
      }
      guard deepest < FirewallTable.maximumDepth else { throw .tooLarge }
      depths[at] = deepest + 1
      at = end
    }
    return depths
  }

  /// That the index of a node says of each part where it leads, or the ranges that it has.
  private func checkIndex(_ head: NodeHead, at: Int, pairs: Int, count: Int) throws(DecodingFault) {
    let base = words[at + 2]
    guard words[pairs + 2] == base, count <= IndexEntry.maximumRanges else { throw .invalid }
    var first = 0
    for part in 0..<1 << head.indexBits {
      let start = UInt64(base) + (UInt64(part) << UInt64(head.shift))
      let end = start + 1 << UInt64(head.shift)
      while first + 1 < count, UInt64(words[pairs + 2 * first + 2]) <= start { first += 1 }
      var last = first
      while last + 1 < count, UInt64(words[pairs + 2 * last + 2]) < end { last += 1 }
      let entry =
        first == last ? words[pairs + 2 * first + 1] : IndexEntry(ranges: first...last).rawValue
      guard words[at + 3 + part] == entry else { throw .invalid }
      first = last
    }
    // What lies beyond the index is in the last range.
    guard first == count - 1 else { throw .invalid }
  }

  private static func depth(of word: UInt32, _ depths: [UInt8]) throws(DecodingFault) -> UInt8 {
    let reference = Reference(rawValue: word)
    if reference.isLeaf {
      guard reference == .none || reference.payload >> 1 < UInt32(FirewallTable.maximumRules) else { throw .invalid }
      return 0
    }
    guard reference.offset < depths.count, depths[reference.offset] > 0 else { throw .invalid }
    return depths[reference.offset]
  }
}
