import Interchange
import LibraryOSTesting
import Testing

@testable import BearerAuthentication

struct JSONParserTests {
  func parse(_ text: String) -> Result<JSONValue, JSONFault> {
    parse(Array(text.utf8))
  }

  func parse(_ bytes: [UInt8]) -> Result<JSONValue, JSONFault> {
    do throws(JSONFault) { return .success(try JSONParser.parse(bytes)) } catch { return .failure(error) }
  }

  @Test(
    "every kind of value is read",
    arguments: [
      ("null", .null), (" true ", .boolean(true)), ("false", .boolean(false)), ("0", .number(whole: 0)),
      ("-0", .number(whole: 0)), ("-17", .number(whole: -17)), ("1.999", .number(whole: 1)),
      ("9223372036854775807", .number(whole: .max)), ("9223372036854775808", .number(whole: nil)),
      ("1e2", .number(whole: nil)), ("1.5E-7", .number(whole: nil)), (#""""#, .string("")),
      (#""a\"\\\/\b\f\n\r\t\u0041""#, .string("a\"\\/\u{8}\u{C}\n\r\tA")), ("[]", .array([])),
      ("[ 1 , [ ] ]", .array([.number(whole: 1), .array([])])), ("{}", .object([])),
      (
        #"{"a":1,"A":{"a":null}}"#,
        .object([
          JSONMember(name: "a", value: .number(whole: 1)),
          JSONMember(name: "A", value: .object([JSONMember(name: "a", value: .null)])),
        ])
      ),
    ] as [(String, JSONValue)])
  func values(text: String, value: JSONValue) {
    #expect(parse(text) == .success(value))
  }

  @Test(
    "what RFC 8259 does not allow is refused",
    arguments: [
      "", " ", "nul", "nulll", "True", "NaN", "Infinity", "+1", "01", "-", "-a", ".5", "1.", "1.e5", "1e", "1e+",
      "0x10",
      "1 2", "'a'", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"a\nb\"", "\"a\tb\"", "\"\u{0}\"", "[",
      "[1",
      "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}",
      "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "[1]]", "{}{}", "// x\n1", "1 /* x */",
      "\u{FEFF}1", "\u{A0}1",
    ])
  func syntax(text: String) {
    #expect(parse(text) == .failure(.syntax))
  }

  @Test(
    "strings that are not UTF-8 are refused",
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    #expect(parse([0x22] + bytes + [0x22]) == .failure(.encoding))
    #expect(parse([0x22] + bytes) == .failure(.encoding))
  }

  @Test(
    "every length of UTF-8 is accepted at both of its ends",
    arguments: [
      "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ])
  func unicode(text: String) {
    #expect(parse("\"" + text + "\"") == .success(.string(ByteString(text))))
    let escaped = text.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    #expect(parse("\"" + escaped.joined() + "\"") == .success(.string(ByteString(text))))
  }

  @Test(
    "escaped surrogates that are alone or in the wrong order are refused",
    arguments: [#""\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\udc00""#, #""\udc00\ud800""#, #""\ud800\ud800""#])
  func surrogates(text: String) {
    #expect(parse(text) == .failure(.encoding))
  }

  @Test(
    "a name that occurs twice is refused, however it is written",
    arguments: [#"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"{"x":{"":1,"":2}}"#])
  func duplicates(text: String) {
    #expect(parse(text) == .failure(.duplicateName))
  }

  @Test("nesting, members and items are bounded")
  func bounds() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect((try? parse(nested(8)).get()) != nil)
    #expect(parse(nested(9)) == .failure(.tooLarge))
    #expect(parse(String(repeating: "{\"a\":", count: 100_000)) == .failure(.tooLarge))
    #expect((try? parse("[" + Array(repeating: "1", count: 256).joined(separator: ",") + "]").get()) != nil)
    #expect(
      parse("[" + Array(repeating: "1", count: 257).joined(separator: ",") + "]") == .failure(.tooLarge))
    #expect(
      parse("{" + (0..<257).map { "\"\($0)\":1" }.joined(separator: ",") + "}") == .failure(.tooLarge))
  }

  @Test("random changes to a text never do more than refuse it")
  func fuzzing() {
    let text = Array(#"{"iss":"a","exp":17.5e3,"r":["\u00e9\ud83d\ude00","é",null,true,{"x":[-1,0.5]}]}"#.utf8)
    var generator = SystemRandomNumberGenerator()
    var refused = 0
    for _ in 0..<20_000 {
      var changed = text
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let position = Int.random(in: 0..<changed.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: changed[position] = UInt8.random(in: 0...255, using: &generator)
        case 1: changed.remove(at: position)
        default: changed.insert(changed[position], at: position)
        }
      }
      if case .failure = parse(changed) { refused += 1 }
    }
    #expect(refused > 5000)
  }
}
