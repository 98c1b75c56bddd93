/// Many expressions over bytes, in as few automata as pays: those that share one need one pass over a text instead of one
/// each, and do so as long as it is small, and takes at most twice the bytes of theirs apart.
public struct PatternGroups: Hashable, Sendable {
  /// Where an expression is found.
  public struct Place: Hashable, Sendable {
    /// The automaton's number.
    public var automaton: Int
    /// The expression's bit in it.
    public var bit: UInt32
  }

  /// The automata.
  public private(set) var automata: [PatternAutomaton] = []
  /// The place of each expression, in the order given.
  public private(set) var places: [Place] = []

  /// How many states an automaton of several expressions may have.
  static let sharedStates = 256

  /// Puts automata of one expression each together, in their order.
  public init(_ patterns: [(pattern: Pattern, alone: PatternAutomaton)]) {
    var members: [[Int]] = []
    var apart: [Int] = []
    places = patterns.map { _ in Place(automaton: 0, bit: 0) }
    for (index, pattern) in patterns.enumerated() {
      var isPlaced = false
      if let last = members.indices.last, members[last].count < PatternAutomaton.maximumPatterns {
        let bytes = apart[last] + pattern.alone.byteCount
        if let merged = try? PatternAutomaton(
          (members[last] + [index]).map { patterns[$0].pattern }, stateLimit: Self.sharedStates),
          merged.byteCount <= 2 * bytes
        {
          automata[last] = merged
          apart[last] = bytes
          members[last].append(index)
          isPlaced = true
        }
      }
      if !isPlaced {
        automata.append(pattern.alone)
        apart.append(pattern.alone.byteCount)
        members.append([index])
      }
    }
    for (automaton, indices) in members.enumerated() {
      for (bit, index) in indices.enumerated() { places[index] = Place(automaton: automaton, bit: 1 << UInt32(bit)) }
    }
  }
}
