public import Patterns

/// The patterns of all filters of a resource, as automata. Each part of a request has as few as pays.
public struct FilterPatterns: Sendable {
  /// Why there are none.
  public enum Fault: Error, Hashable, Sendable {
    /// A pattern is none, or needs too much.
    case unusable(pattern: String, String)
    /// All automata together have more transitions, or there are more of them, than images take.
    case tooLarge(transitions: Int, automata: Int)
  }

  /// Some patterns of an automaton.
  public struct Place: Hashable, Sendable {
    /// The automaton's number.
    public var automaton: Int
    /// The patterns, one bit each.
    public var bits: UInt32
  }

  /// How many states the automaton of one pattern may have.
  public static let maximumStates = 2048
  /// How many transitions all automata may have.
  public static let maximumTransitions = 131_072
  /// How many automata there may be.
  public static let maximumAutomata = 128

  /// The automata.
  public private(set) var automata: [PatternAutomaton] = []
  private var places: [Subject: [String: Place]] = [:]

  private struct Subject: Hashable {
    var part: RequestFilter.Part
    var header: String?
  }

  /// The automata of these filters.
  public init(_ filters: [RequestFilter]) throws(Fault) {
    var order: [Subject] = []
    var patterns: [Subject: [String]] = [:]
    for match in filters.flatMap(\.allRules).flatMap(\.matches) {
      let subject = Subject(part: match.part, header: match.header)
      if patterns[subject] == nil { order.append(subject) }
      for pattern in match.patterns where !(patterns[subject]?.contains(pattern) ?? false) {
        patterns[subject, default: []].append(pattern)
      }
    }
    var alone: [String: (pattern: Pattern, alone: PatternAutomaton)] = [:]
    var groups: [[String]: PatternGroups] = [:]
    for subject in order {
      let texts = patterns[subject] ?? []
      var members: [(pattern: Pattern, alone: PatternAutomaton)] = []
      for text in texts {
        let known: (pattern: Pattern, alone: PatternAutomaton)
        if let made = alone[text] { known = made } else { known = try FilterPatterns.automaton(of: text) }
        alone[text] = known
        members.append(known)
      }
      let group = groups[texts] ?? PatternGroups(members)
      groups[texts] = group
      let numbers = group.automata.map { automaton in
        if let index = automata.firstIndex(of: automaton) { return index }
        automata.append(automaton)
        return automata.count - 1
      }
      for (text, place) in zip(texts, group.places) {
        places[subject, default: [:]][text] = Place(automaton: numbers[place.automaton], bits: place.bit)
      }
    }
    let transitions = automata.reduce(0) { $0 + $1.cellCount }
    guard transitions <= Self.maximumTransitions, automata.count <= Self.maximumAutomata else {
      throw .tooLarge(transitions: transitions, automata: automata.count)
    }
  }

  /// Where the patterns of a match of one of the filters are: any of these will do.
  public func places(of match: RequestFilter.Match) -> [Place] {
    let known = places[Subject(part: match.part, header: match.header)] ?? [:]
    var result: [Place] = []
    for place in match.patterns.compactMap({ known[$0] }) {
      if let index = result.firstIndex(where: { $0.automaton == place.automaton }) {
        result[index].bits |= place.bits
      } else {
        result.append(place)
      }
    }
    return result
  }

  /// A pattern and its automaton; the fault says what is wrong with it, and with how many states.
  static func automaton(of text: String) throws(Fault) -> (pattern: Pattern, alone: PatternAutomaton) {
    let pattern: Pattern
    do throws(Pattern.Fault) { pattern = try Pattern(text, over: .bytes) } catch {
      throw .unusable(pattern: text, error.message)
    }
    do throws(PatternAutomaton.Fault) {
      return (pattern, try PatternAutomaton([pattern], stateLimit: maximumStates))
    } catch {
      switch error {
      case .tooLarge(let states, let isCounted, let limit):
        throw .unusable(
          pattern: text, "its automaton has \(isCounted ? "" : "more than ")\(states) states, of at most \(limit)")
      case .matchesEverything: throw .unusable(pattern: text, "it is found in every text, also in none")
      }
    }
  }
}
