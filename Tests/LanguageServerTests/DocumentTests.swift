import Testing

@testable import LanguageServer
@testable import TOSCA

@Suite("documents")
struct DocumentTests {
  @Test(
    "changes of ranges are made in the characters of the encoding",
    arguments: [
      (PositionEncoding.utf8, 5, 9), (.utf16, 2, 4), (.utf32, 2, 3),
    ])
  func change(encoding: PositionEncoding, from: Int, to: Int) {
    // Of é two bytes, one unit, one scalar; of 🐢 four, two, one.
    var document = Document("x\naé🐢b\n", encoding: encoding)
    let start = Position(line: 1, character: encoding == .utf8 ? 3 : from)
    let end = Position(line: 1, character: encoding == .utf8 ? 7 : to)
    document.replace(TextRange(start: start, end: end), with: "-")
    #expect(document.text == "x\naé-b\n")
  }

  @Test("positions beyond a line or the text are its end")
  func beyond() {
    var document = Document("ab\ncd", encoding: .utf16)
    #expect(
      document.position(of: document.index(of: Position(line: 0, character: 99))) == Position(line: 0, character: 2))
    #expect(document.index(of: Position(line: 99, character: 0)) == document.text.endIndex)
    #expect(document.index(of: Position(line: -1, character: -1)) == document.text.startIndex)
    let backwards = TextRange(start: Position(line: 1, character: 1), end: Position(line: 0, character: 0))
    document.replace(backwards, with: "!")
    #expect(document.text == "ab\nc!d")
  }

  @Test("places and positions agree", arguments: PositionEncoding.allCases)
  func places(encoding: PositionEncoding) {
    let document = Document("a: 名前🐢 b\r\nc: d\n", encoding: encoding)
    let place = SourceRange(file: "f", line: 1, column: 8, endLine: 2, endColumn: 2)
    let range = document.range(of: place)
    #expect(document.place(of: range.start) == (1, 8))
    #expect(document.place(of: range.end) == (2, 2))
    #expect(range.start.character == [.utf8: 14, .utf16: 8, .utf32: 7][encoding])
  }

  @Test("line breaks of Unicode's count for places, not for positions")
  func breaks() {
    let document = Document("a\u{2028}b: c", encoding: .utf16)
    let range = document.range(of: SourceRange(file: "f", line: 2, column: 1, endLine: 2, endColumn: 2))
    #expect(range.start == Position(line: 0, character: 2))
    #expect(document.place(of: Position(line: 0, character: 3)) == (2, 2))
  }
}
