import Foundation
import Testing

@testable import Patterns

@Suite("Automata of patterns")
struct AutomatonTests {
  static func automaton(_ patterns: String..., limit: Int = 2048) throws -> PatternAutomaton {
    try PatternAutomaton(try patterns.map { try Pattern($0, over: .bytes) }, stateLimit: limit)
  }

  @Test(
    "find what they look for anywhere in a text, and nothing else",
    arguments: [
      ("abc", "xxabcxx", true), ("abc", "ab", false), ("^abc", "abcd", true), ("^abc", "xabc", false),
      ("abc$", "xabc", true), ("abc$", "abcx", false), ("^$", "", true), ("^$", "a", false), ("a{3}", "aabaaa", true),
      ("a{3}", "aabaab", false), ("(?i)UniOn\\s+select", "x uNION \t SELECT", true), ("UniOn", "union", false),
      ("\\bor\\b", "a or b", true), ("\\bor\\b", "for b", false), ("\\bor\\b", "or", true), ("\\bor\\b", "x-or", true),
      ("\\Bor", "for", true), ("\\Bor", "or", false), ("[^a-z]", "abc", false), ("[^a-z]", "ab\u{e9}", true),
      ("\\xC3\\xA9", "caf\u{e9}", true), ("a.c", "a\nc", false), ("(ab|cd)+ef", "abcdabef", true),
      ("a(b|c)*d|x$", "acbcb x", true), ("(?i)[^a]b", "Ab", false), ("\\x00", "a\0b", true), ("\\w\\b!", "ab!", true),
    ])
  func finds(pattern: String, text: String, expected: Bool) throws {
    #expect(try (Self.automaton(pattern).search(text.utf8) != 0) == expected)
  }

  @Test("tell the patterns that they were made of apart")
  func several() throws {
    let automaton = try Self.automaton("abc", "(?i)B+C", "^x", "d$")
    #expect(automaton.search("xabbCd".utf8) == 0b1110)
    #expect(automaton.search("abc".utf8) == 0b0011)
    #expect(automaton.search("".utf8) == 0)
  }

  @Test("are minimal", arguments: [("abc", 4), ("a|a|a", 2), ("(a|b)*c", 2), ("[ab][ab]", 3), ("a+", 2), ("\\ba", 3)])
  func minimal(pattern: String, states: Int) throws {
    #expect(try Self.automaton(pattern).stateCount <= states + 1)
    #expect(try Self.automaton(pattern, pattern).stateCount == Self.automaton(pattern).stateCount)
  }

  @Test("that are too large are refused, with how many states there are")
  func bounds() throws {
    #expect(throws: PatternAutomaton.Fault.tooLarge(states: 101, isCounted: true, limit: 100)) {
      try Self.automaton("a{100}", limit: 100)
    }
    #expect(throws: PatternAutomaton.Fault.tooLarge(states: 16_384, isCounted: false, limit: 2048)) {
      try Self.automaton("a.{20}b")
    }
    #expect(throws: PatternAutomaton.Fault.matchesEverything(pattern: 1)) { try Self.automaton("a", "b*") }
  }

  @Test("what is no byte is no pattern over bytes", arguments: ["\u{e9}", "\\u00e9", "a(?i)b"])
  func bytesOnly(pattern: String) {
    #expect(throws: Pattern.Fault.self) { try Pattern(pattern, over: .bytes) }
  }

  @Test("share tables where it pays, and find the same there")
  func groups() throws {
    let texts = ["select", "(?i)union", "a.{8}b", "^x", "\\bor\\b", "script>", "c.{8}d", "\\.\\./"]
    let patterns = try texts.map { try Pattern($0, over: .bytes) }
    let alone = try patterns.map { try PatternAutomaton([$0], stateLimit: 2048) }
    let groups = PatternGroups(Array(zip(patterns, alone)).map { (pattern: $0.0, alone: $0.1) })
    #expect(groups.automata.count < texts.count)
    #expect(groups.automata.reduce(0) { $0 + $1.byteCount } <= 2 * alone.reduce(0) { $0 + $1.byteCount })
    for text in ["select x UNION or", "x../<script>", "a12345678b c12345678d", ""] {
      for (index, place) in groups.places.enumerated() {
        let found = groups.automata[place.automaton].search(text.utf8) & place.bit != 0
        #expect(found == (alone[index].search(text.utf8) != 0), "\(texts[index]) in \(text)")
      }
    }
  }

  @Test("agree with a simulation of the expression on random expressions and texts")
  func agreement() throws {
    var random = Generator(seed: 20_261_126)
    var compared = 0
    for _ in 0..<400 {
      let text = random.expression(depth: 3)
      let naive = try Pattern("[\\x00-\\xFF]*(" + text + ")[\\x00-\\xFF]*", over: .bytes)
      let pattern = try Pattern(text, over: .bytes)
      let automaton: PatternAutomaton
      do { automaton = try PatternAutomaton([pattern], stateLimit: 2048) } catch {
        // One that is found in every text must be found in the empty one.
        if case .matchesEverything = error { #expect(naive.matches([UInt32]()), "\(text)") }
        continue
      }
      for _ in 0..<40 {
        let bytes = random.text()
        compared += 1
        #expect(
          (automaton.search(bytes) != 0) == naive.matches(bytes.map { UInt32($0) }),
          "\(text) in \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
    #expect(compared > 8000)
  }

  @Test(
    "agree with the regular expressions of Python on what both have",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "`python3` is missing"))
  func python() throws {
    var random = Generator(seed: 7)
    var cases: [(pattern: String, text: [UInt8], found: Bool)] = []
    while cases.count < 6000 {
      let text = (random.number(3) == 0 ? "(?i)" : "") + random.expression(depth: 3)
      guard let automaton = try? Self.automaton(text) else { continue }
      for _ in 0..<20 {
        let bytes = random.text()
        cases.append((text, bytes, automaton.search(bytes) != 0))
      }
    }
    let script = """
      import re, sys
      wrong = 0
      for line in sys.stdin:
        pattern, text, found = line.rstrip("\\n").split("\\t")
        pattern = bytes.fromhex(pattern)
        if (re.search(pattern, bytes.fromhex(text)) is not None) != (found == "true"):
          print(pattern, bytes.fromhex(text), found)
          wrong += 1
      print("done", wrong)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", script]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let lines = cases.map { item in
      // `$` of Python also stands before a line feed at the end; `\Z` is the end alone.
      let pattern = item.pattern.replacing("$", with: "\\Z")
      return "\(Self.hexadecimal(Array(pattern.utf8)))\t\(Self.hexadecimal(item.text))\t\(item.found)\n"
    }
    let writer = Thread {
      input.fileHandleForWriting.write(Data(lines.joined().utf8))
      try? input.fileHandleForWriting.close()
    }
    writer.start()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(said == "done 0\n", "\(said.prefix(2000))")
    #expect(cases.contains { $0.found } && cases.contains { !$0.found })
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// Expressions and texts over few characters, so that they often meet.
struct Generator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func number(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func expression(depth: Int) -> String {
    let atoms = [
      "a", "b", "B", "c", " ", ".", "[ab]", "[^b]", "\\w", "\\W", "\\s", "\\S", "\\d", "\\x80", "[a-c\\xFF]", "1",
    ]
    func atom(_ generator: inout Generator) -> String { atoms[generator.number(atoms.count)] }
    guard depth > 0 else { return atom(&self) }
    switch number(9) {
    case 0, 1: return expression(depth: depth - 1) + expression(depth: depth - 1)
    case 2: return "(" + expression(depth: depth - 1) + "|" + expression(depth: depth - 1) + ")"
    case 3: return "(?:" + expression(depth: depth - 1) + ")*" + atom(&self)
    case 4: return "(" + expression(depth: depth - 1) + ")+"
    case 5: return atom(&self) + "{1,\(1 + number(3))}" + expression(depth: depth - 1)
    case 6: return "(?:^" + expression(depth: depth - 1) + "|" + expression(depth: depth - 1) + "$)"
    case 7: return "\\b" + expression(depth: depth - 1)
    default: return expression(depth: depth - 1) + "\\B" + atom(&self)
    }
  }

  mutating func text() -> [UInt8] {
    let bytes: [UInt8] = [0x61, 0x62, 0x42, 0x63, 0x20, 0x31, 0x0A, 0x80, 0xFF, 0x5F, 0x2D]
    return (0..<number(12)).map { _ in bytes[number(bytes.count)] }
  }
}
