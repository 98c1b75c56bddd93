/// Several expressions over bytes as one minimal deterministic automaton, which finds each of them anywhere in a text: one
/// step for each byte, whatever the expressions and the text are. Its numbers are what a table for images is made of.
public struct PatternAutomaton: Hashable, Sendable {
  /// Why there is no automaton.
  public enum Fault: Error, Hashable, Sendable {
    /// It would have more states than it may: how many there are, or, where counting was given up, more than how many.
    case tooLarge(states: Int, isCounted: Bool, limit: Int)
    /// An expression is found in every text, since it needs nothing to be there.
    case matchesEverything(pattern: Int)
  }

  /// How many expressions one automaton can tell apart.
  public static let maximumPatterns = 32
  /// How many states are built at most, before those that are equal become one.
  static let buildLimit = 16_384

  /// How many expressions it finds.
  public let patternCount: Int
  /// The class of each of the 256 bytes. Bytes of one class are the same to all of the expressions.
  public let classes: [UInt8]
  /// How many classes there are: 1 to 256.
  public let classCount: Int
  /// The state that follows for a state and a class, at `state * classCount + class`.
  public let transitions: [UInt16]
  /// The state before the first byte.
  public let start: Int
  /// Which expressions have been found when a state is entered, one bit each. Only states from `firstFound` on have any.
  public let found: [UInt32]
  /// The first of the states that are last in order, in which something is found.
  public let firstFound: Int
  /// Which expressions are found where the text ends in a state.
  public let foundAtEnd: [UInt32]

  /// How many states there are.
  public var stateCount: Int { found.count }
  /// How many transitions there are: what a table mostly consists of.
  public var cellCount: Int { transitions.count }

  /// About how many bytes a table of it takes.
  var byteCount: Int { 256 + 2 * cellCount + 8 * stateCount }

  /// Builds the automaton of 1 to 32 expressions over bytes.
  public init(_ patterns: [Pattern], stateLimit: Int) throws(Fault) {
    precondition((1...PatternAutomaton.maximumPatterns).contains(patterns.count))
    var subsets = SubsetConstruction(patterns)
    let states = try subsets.run(stateLimit: stateLimit)
    var minimal = StateMinimization(states)
    self = minimal.run(patternCount: patterns.count, classes: subsets.classes)
    guard stateCount <= stateLimit else { throw .tooLarge(states: stateCount, isCounted: true, limit: stateLimit) }
    if found[start] != 0 { throw .matchesEverything(pattern: found[start].trailingZeroBitCount) }
  }

  init(
    patternCount: Int, classes: [UInt8], classCount: Int, transitions: [UInt16], start: Int, found: [UInt32],
    firstFound: Int, foundAtEnd: [UInt32]
  ) {
    self.patternCount = patternCount
    self.classes = classes
    self.classCount = classCount
    self.transitions = transitions
    self.start = start
    self.found = found
    self.firstFound = firstFound
    self.foundAtEnd = foundAtEnd
  }

  /// Which expressions are found in a text, one bit each.
  public func search(_ text: some Sequence<UInt8>) -> UInt32 {
    var state = start
    var seen: UInt32 = found[start]
    for byte in text {
      state = Int(transitions[state * classCount + Int(classes[Int(byte)])])
      seen |= found[state]
    }
    return seen | foundAtEnd[state]
  }
}

/// A deterministic automaton as it is built, with states that may be equal to others.
struct StateTable {
  var classCount: Int
  /// The state that follows for a state and a class, at `state * classCount + class`; state 0 is the first.
  var transitions: [Int] = []
  var found: [UInt32] = []
  var foundAtEnd: [UInt32] = []

  var count: Int { found.count }
}
