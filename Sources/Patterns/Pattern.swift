/// A regular expression, matched against the whole of a text in time linear in its length, so that no pattern can hang who
/// reads it: the expression becomes a nondeterministic automaton, and all its states are followed at once. Back-references
/// and look-around, which need more than that, are refused.
public struct Pattern: Sendable {
  /// Why an expression is none.
  public struct Fault: Error, Hashable, Sendable {
    /// What is wrong with it.
    public var message: String
  }

  /// What texts consist of.
  public enum Alphabet: Hashable, Sendable {
    /// Unicode scalars, as in constraints of a template.
    case scalars
    /// Bytes, as in what comes over a network: the expression is ASCII, and names other bytes as `\xC3`. `(?i)` at its start
    /// lets letters of ASCII match in any case.
    case bytes
  }

  /// What one step of the automaton does.
  enum Step: Hashable, Sendable {
    /// Consumes one scalar of a set.
    case consume(CharacterSet)
    /// Goes on at both.
    case split(Int, Int)
    /// Goes on elsewhere.
    case jump(Int)
    /// Goes on only at the start of the text.
    case atStart
    /// Goes on only at the end of the text.
    case atEnd
    /// Goes on only between a word character and another.
    case atBoundary(Bool)
    /// The text matches.
    case accept
  }

  /// A set of Unicode scalars.
  struct CharacterSet: Hashable, Sendable {
    /// The ranges in it.
    var ranges: [ClosedRange<UInt32>]
    /// Whether it is all others instead.
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

    static let digit = CharacterSet(ranges: [0x30...0x39])
    static let word = CharacterSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = CharacterSet(ranges: [0x09...0x0D, 0x20...0x20, 0xA0...0xA0])
    /// White space of ASCII.
    static let byteSpace = CharacterSet(ranges: [0x09...0x0D, 0x20...0x20])
    static let anyButNewline = CharacterSet(ranges: [0x0A...0x0A], isNegated: true)
  }

  /// Texts with more scalars than this match nothing, so that the work has a bound.
  public static let textLimit = 100_000

  /// What the automaton does, from the first on.
  let steps: [Step]

  /// Compiles an expression.
  public init(_ text: String, over alphabet: Alphabet = .scalars) throws(Fault) {
    var compiler = PatternCompiler(text, over: alphabet)
    steps = try compiler.compile()
  }

  /// Compiles an expression that need match a part of a text only, as those of `$matches` do (2.0, 10.2.2.2.7).
  public init(searching text: String) throws(Fault) { try self.init("(.|\n)*(" + text + ")(.|\n)*") }

  /// Whether the whole text matches.
  public func matches(_ text: String) -> Bool {
    matches(text.unicodeScalars.map(\.value))
  }

  /// Whether the whole text matches, as scalars or bytes.
  func matches(_ scalars: [UInt32]) -> Bool {
    guard scalars.count <= Self.textLimit else { return false }
    var current: [Int] = []
    var marks = [Int](repeating: -1, count: steps.count)
    follow(0, at: 0, scalars, &current, &marks)
    for (position, scalar) in scalars.enumerated() {
      if current.isEmpty { return false }
      var next: [Int] = []
      for state in current {
        if case .consume(let set) = steps[state], set.contains(scalar) {
          follow(state + 1, at: position + 1, scalars, &next, &marks)
        }
      }
      current = next
    }
    return current.contains { steps[$0] == .accept }
  }

  /// Adds every state that is reached from one without consuming anything.
  private func follow(_ start: Int, at position: Int, _ text: [UInt32], _ states: inout [Int], _ marks: inout [Int]) {
    var pending = [start]
    while let state = pending.popLast() {
      guard marks[state] != position else { continue }
      marks[state] = position
      switch steps[state] {
      case .split(let one, let other): pending += [other, one]
      case .jump(let target): pending.append(target)
      case .atStart: if position == 0 { pending.append(state + 1) }
      case .atEnd: if position == text.count { pending.append(state + 1) }
      case .atBoundary(let wanted):
        let before = position > 0 && CharacterSet.word.contains(text[position - 1])
        let after = position < text.count && CharacterSet.word.contains(text[position])
        if (before != after) == wanted { pending.append(state + 1) }
      case .consume, .accept: states.append(state)
      }
    }
  }
}
