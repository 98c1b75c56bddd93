/// Makes one state of those that no text can tell apart (Hopcroft's algorithm), and puts states in an order that depends on
/// nothing but the automaton: those in which something is found last, and otherwise as a breadth-first walk meets them.
struct StateMinimization {
  private let table: StateTable
  /// The states, those of one block beside each other.
  private var order: [Int]
  /// Where each state is in `order`.
  private var location: [Int]
  /// The block of each state.
  private var blockOf: [Int]
  /// For each block, where it begins and ends in `order`.
  private var blocks: [Range<Int>] = []
  /// For each class and state, where in `sources` those begin that lead there.
  private var sourceStarts: [Int]
  private var sources: [Int]

  init(_ table: StateTable) {
    self.table = table
    let count = table.count
    // States in which the same is found begin as one block.
    let kinds = Dictionary(grouping: 0..<count) { UInt64(table.found[$0]) << 32 | UInt64(table.foundAtEnd[$0]) }
    order = []
    location = [Int](repeating: 0, count: count)
    blockOf = [Int](repeating: 0, count: count)
    for kind in kinds.keys.sorted() {
      let members = kinds[kind] ?? []
      for state in members {
        location[state] = order.count
        blockOf[state] = blocks.count
        order.append(state)
      }
      blocks.append((order.count - members.count)..<order.count)
    }
    sourceStarts = [Int](repeating: 0, count: table.classCount * count + 1)
    sources = [Int](repeating: 0, count: table.transitions.count)
    for state in 0..<count {
      for number in 0..<table.classCount {
        sourceStarts[number * count + table.transitions[state * table.classCount + number] + 1] += 1
      }
    }
    for index in 1..<sourceStarts.count { sourceStarts[index] += sourceStarts[index - 1] }
    var filled = sourceStarts
    for state in 0..<count {
      for number in 0..<table.classCount {
        let place = number * count + table.transitions[state * table.classCount + number]
        sources[filled[place]] = state
        filled[place] += 1
      }
    }
  }

  mutating func run(patternCount: Int, classes: [UInt8]) -> PatternAutomaton {
    refine()
    return renumbered(patternCount: patternCount, classes: classes)
  }

  private mutating func refine() {
    let count = table.count
    var pending = Array(blocks.indices)
    var isPending = [Bool](repeating: true, count: blocks.count)
    var marked = [Int](repeating: 0, count: blocks.count)
    while let splitter = pending.popLast() {
      isPending[splitter] = false
      let members = Array(order[blocks[splitter]])
      for number in 0..<table.classCount {
        var touched: [Int] = []
        for member in members {
          let place = number * count + member
          for index in sourceStarts[place]..<sourceStarts[place + 1] {
            let state = sources[index]
            let block = blockOf[state]
            if marked[block] == 0 { touched.append(block) }
            // What leads there is gathered at the beginning of its block.
            let place = blocks[block].lowerBound + marked[block]
            let other = order[place]
            let from = location[state]
            order[place] = state
            order[from] = other
            location[state] = place
            location[other] = from
            marked[block] += 1
          }
        }
        for block in touched {
          let range = blocks[block]
          let middle = range.lowerBound + marked[block]
          marked[block] = 0
          guard middle < range.upperBound else { continue }
          let fresh = blocks.count
          let (kept, split) =
            middle - range.lowerBound < range.upperBound - middle
            ? (middle..<range.upperBound, range.lowerBound..<middle)
            : (range.lowerBound..<middle, middle..<range.upperBound)
          blocks[block] = kept
          blocks.append(split)
          marked.append(0)
          for state in order[split] { blockOf[state] = fresh }
          // The smaller part is enough, unless both are due anyway.
          isPending.append(true)
          pending.append(fresh)
        }
      }
    }
  }

  private func renumbered(patternCount: Int, classes: [UInt8]) -> PatternAutomaton {
    let classCount = table.classCount
    var met = [Bool](repeating: false, count: blocks.count)
    var walk = [blockOf[0]]
    met[blockOf[0]] = true
    var next = 0
    func target(_ block: Int, _ number: Int) -> Int {
      blockOf[table.transitions[order[blocks[block].lowerBound] * classCount + number]]
    }
    while next < walk.count {
      let block = walk[next]
      next += 1
      for number in 0..<classCount {
        let target = target(block, number)
        if !met[target] {
          met[target] = true
          walk.append(target)
        }
      }
    }
    func found(_ block: Int) -> UInt32 { table.found[order[blocks[block].lowerBound]] }
    let sorted = walk.filter { found($0) == 0 } + walk.filter { found($0) != 0 }
    var numbers = [Int](repeating: 0, count: blocks.count)
    for (number, block) in sorted.enumerated() { numbers[block] = number }
    return PatternAutomaton(
      patternCount: patternCount, classes: classes, classCount: classCount,
      transitions: sorted.flatMap { block in
        (0..<classCount).map { UInt16(truncatingIfNeeded: numbers[target(block, $0)]) }
      },
      start: numbers[blockOf[0]], found: sorted.map(found),
      firstFound: sorted.firstIndex { found($0) != 0 } ?? sorted.count,
      foundAtEnd: sorted.map { table.foundAtEnd[order[blocks[$0].lowerBound]] })
  }
}
