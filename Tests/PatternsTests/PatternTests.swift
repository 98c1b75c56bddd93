import Patterns
import Testing

@Suite("regular expressions")
struct PatternTests {
  @Test(
    "the whole text must match",
    arguments: [
      ("abc", "abc", true), ("abc", "abcd", false), ("a*", "", true), ("a+", "", false), ("a?b", "b", true),
      ("^[a-z]+$", "hello", true), ("[^a-z]+", "HELLO", true), ("[^a-z]+", "HeLLO", false), ("a|bc|d", "bc", true),
      ("(ab|c){2,3}", "abcab", true), ("(ab|c){2,3}", "ab", false), ("(ab|c){2,3}", "abababab", false),
      ("a{3}", "aaa", true), ("a{2,}", "aaaaa", true), ("a{2,}", "a", false), ("{x}", "{x}", true),
      ("\\d+\\.\\d+", "10.25", true), ("\\w+@\\w+", "me@here", true), ("[\\w.]+", "a.b_c", true), (".", "ö", true),
      (".", "\n", false), ("[]a]+", "]a", true), ("[a-]+", "a-", true), ("(?:x|y)*", "xyyx", true),
      ("(?P<n>x)", "x", true), ("[[:alpha:]]+", "abc", true), ("\\bab\\b", "ab", true), ("(a*)*", "aaaa", true),
      ("a*?b", "aab", true), ("\\u00e4", "ä", true), ("x*y|", "", true),
    ])
  func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try Pattern(pattern).matches(text) == expected)
  }

  @Test(
    "what is no expression, or would need backtracking, is refused",
    arguments: [
      "(", ")", "[a", "*a", "a\\", "(?=a)", "(a)\\1", "[z-a]", "\\q", "[[:what:]]", "((a{100}){100}){100}", "a{9999}",
    ])
  func refused(pattern: String) {
    #expect(throws: Pattern.Fault.self) { try Pattern(pattern) }
  }

  @Test("a pattern that makes others backtrack for ever is matched in one pass")
  func linear() throws {
    let text = String(repeating: "a", count: 20_000) + "!"
    for pattern in ["(a+)+$", "(a|a)*", "(a*)*b", "(a|aa)+$", "([a-zA-Z]+)*"] {
      #expect(try !Pattern(pattern).matches(text))
    }
  }
}
