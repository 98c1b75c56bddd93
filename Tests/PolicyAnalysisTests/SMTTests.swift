import Testing

@testable import PolicyAnalysis

@Suite("what is said to solvers, and what they say")
struct SMTTests {
  @Test(
    "strings are written as SMT-LIB has them, and read back",
    arguments: ["", "a", "say \"so\"", "back\\slash", "\\u{41}", "tab\t\0", "é", "\u{1F600}", "a)(b"])
  func strings(text: String) throws {
    let term = try #require(SMTTerm.string(text))
    #expect(SMTAnswer("sat\n((f0 \(term.text)))").values == [.string(text)])
    #expect(term.text.unicodeScalars.allSatisfy { $0.isASCII })
  }

  @Test("a string with a scalar that SMT-LIB does not have is none")
  func unwritable() { #expect(SMTTerm.string("\u{E0041}") == nil) }

  @Test("verdicts, values and complaints are told apart")
  func answers() {
    let answer = SMTAnswer(
      "unsat\n(error \"no model\")\nsat\n((a true) ((f b) #x0f)\n (c (- 3)) (d #b101) (e (_ bv7 64)))")
    #expect(answer.verdicts == [.unsatisfiable, .satisfiable])
    #expect(answer.values == [.bool(true), .bits(15), .integer(-3), .bits(5), .bits(7)])
    #expect(answer.complaint == "no model")
  }

  @Test("an answer cut anywhere, or of nothing but parentheses, is read without a fault")
  func damaged() {
    let text = "sat\n((a \"x\\u{41}\") ((f b) #x0f) (c (- 3)))"
    for length in 0..<text.count { #expect(SMTAnswer(String(text.prefix(length))).values.count <= 3) }
    #expect(SMTAnswer(String(repeating: "(", count: 100_000)).verdicts == [])
    #expect(SMTAnswer(String(repeating: ")", count: 10_000)).verdicts == [])
  }

  @Test("what is constant is computed")
  func constants() {
    let script = SMTScript()
    let a = script.apply("a", [], .bool)
    #expect(script.and(a, .yes, a) == a)
    #expect(script.and(a, .no) == .no)
    #expect(script.or(a, .yes) == .yes)
    #expect(script.not(script.not(a)) == a)
    #expect(script.choose(a, .yes, .no) == a)
    #expect(script.equal(.integer(1), .integer(2)) == .no)
    #expect(SMTTerm.bits(Int64(-1), width: 64).text == "#xffffffffffffffff")
  }
}
