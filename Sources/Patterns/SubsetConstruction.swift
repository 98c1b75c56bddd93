/// Makes a deterministic automaton of nondeterministic ones: each of its states is the set of those that a text can lead to.
/// A search may begin at each byte, so that the first states of all expressions are in each set.
struct SubsetConstruction {
  /// What stands before a place in the text.
  private enum Before: UInt8 {
    case start
    case word
    case other
  }

  /// What stands after a place in the text.
  private enum After {
    case word
    case other
    case end
    /// It is not known yet: nothing that depends on it holds.
    case unknown
  }

  /// A state: what was consumed to get there, what stands before, and what was found on the way only because of the byte
  /// that led there.
  private struct Key: Hashable {
    var reached: [Int32]
    var before: Before
    var late: UInt32
  }

  /// What can be consumed from a set of states, and what is found in it.
  private struct Closure {
    var consuming: [Int] = []
    var accepted: UInt32 = 0
  }

  /// The class of each byte.
  private(set) var classes = [UInt8](repeating: 0, count: 256)
  private var classCount = 1
  private var steps: [Pattern.Step] = []
  private var starts: [Int] = []
  /// For an accepting step, which expression it accepts.
  private var patternOf: [Int: Int] = [:]
  /// For a consuming step, the classes that it consumes, one bit each.
  private var consumed: [Int: [UInt64]] = [:]
  private var looksAtWords = false
  private var wordClasses: [Bool] = []
  private var marks: [Int] = []
  private var round = 0

  init(_ patterns: [Pattern]) {
    for (index, pattern) in patterns.enumerated() {
      let offset = steps.count
      starts.append(offset)
      for step in pattern.steps {
        switch step {
        case .split(let one, let other): steps.append(.split(one + offset, other + offset))
        case .jump(let target): steps.append(.jump(target + offset))
        case .accept:
          patternOf[steps.count] = index
          steps.append(step)
        case .atBoundary:
          looksAtWords = true
          steps.append(step)
        case .consume, .atStart, .atEnd: steps.append(step)
        }
      }
    }
    marks = [Int](repeating: -1, count: steps.count)
    findClasses()
  }

  /// Bytes that each set has both or neither of are of one class.
  private mutating func findClasses() {
    var sets: [Pattern.CharacterSet: [Int]] = [:]
    for (index, step) in steps.enumerated() {
      if case .consume(let set) = step { sets[set, default: []].append(index) }
    }
    var signatures = [[UInt64]](repeating: [], count: 256)
    let all = Array(sets.keys)
    for byte in 0..<256 {
      var signature = [UInt64](repeating: 0, count: all.count / 64 + 1)
      for (index, set) in all.enumerated() where set.contains(UInt32(byte)) {
        signature[index / 64] |= 1 << (index % 64)
      }
      if looksAtWords, Pattern.CharacterSet.word.contains(UInt32(byte)) { signature.append(1) }
      signatures[byte] = signature
    }
    var numbers: [[UInt64]: UInt8] = [:]
    var representatives: [UInt32] = []
    for byte in 0..<256 {
      if let number = numbers[signatures[byte]] {
        classes[byte] = number
      } else {
        let number = UInt8(representatives.count)
        numbers[signatures[byte]] = number
        classes[byte] = number
        representatives.append(UInt32(byte))
      }
    }
    classCount = representatives.count
    wordClasses = representatives.map { Pattern.CharacterSet.word.contains($0) }
    for (set, indices) in sets {
      var bits = [UInt64](repeating: 0, count: 4)
      for (number, byte) in representatives.enumerated() where set.contains(byte) {
        bits[number / 64] |= 1 << (number % 64)
      }
      for index in indices { consumed[index] = bits }
    }
  }

  /// All states that a text can lead to.
  mutating func run(stateLimit: Int) throws(PatternAutomaton.Fault) -> StateTable {
    var table = StateTable(classCount: classCount)
    var numbers: [Key: Int] = [:]
    var pending: [Key] = []
    let first = Key(reached: [], before: .start, late: 0)
    numbers[first] = 0
    pending.append(first)
    // As many again as may remain, for those that turn out to be equal.
    let limit = min(PatternAutomaton.buildLimit, stateLimit * 8)
    var next = 0
    while next < pending.count {
      let key = pending[next]
      next += 1
      let sure = closure(key, .unknown).accepted
      table.found.append(key.late | sure)
      table.foundAtEnd.append(closure(key, .end).accepted)
      let other = closure(key, .other)
      let word = looksAtWords ? closure(key, .word) : other
      var reached = [[Int32]](repeating: [], count: classCount)
      for (isWord, closure) in looksAtWords ? [(true, word), (false, other)] : [(false, other)] {
        for state in closure.consuming {
          guard let bits = consumed[state] else { continue }
          for number in 0..<classCount where bits[number / 64] >> (number % 64) & 1 == 1 {
            if !looksAtWords || wordClasses[number] == isWord { reached[number].append(Int32(state + 1)) }
          }
        }
      }
      for number in 0..<classCount {
        let isWord = looksAtWords && wordClasses[number]
        let target = Key(
          reached: reached[number].sorted(), before: isWord ? .word : .other,
          late: (isWord ? word : other).accepted & ~sure)
        if let known = numbers[target] {
          table.transitions.append(known)
        } else {
          guard pending.count < limit else {
            throw .tooLarge(states: limit, isCounted: false, limit: stateLimit)
          }
          numbers[target] = pending.count
          table.transitions.append(pending.count)
          pending.append(target)
        }
      }
    }
    return table
  }

  /// Everything that can be reached without consuming a byte, between what stands before and after.
  private mutating func closure(_ key: Key, _ after: After) -> Closure {
    round += 1
    var result = Closure()
    var pending = starts
    for state in key.reached { pending.append(Int(state)) }
    while let state = pending.popLast() {
      guard marks[state] != round else { continue }
      marks[state] = round
      switch steps[state] {
      case .split(let one, let other):
        pending.append(one)
        pending.append(other)
      case .jump(let target): pending.append(target)
      case .atStart: if key.before == .start { pending.append(state + 1) }
      case .atEnd: if after == .end { pending.append(state + 1) }
      case .atBoundary(let wanted):
        guard after != .unknown else { continue }
        if ((key.before == .word) != (after == .word)) == wanted { pending.append(state + 1) }
      case .consume: result.consuming.append(state)
      case .accept: result.accepted |= 1 << UInt32(patternOf[state] ?? 0)
      }
    }
    return result
  }
}
