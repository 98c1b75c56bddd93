import Interchange
import LibraryOS
import Testing

@Suite("Conditional requests")
struct PreconditionTests {
  @Test(
    "If-Match and If-None-Match are judged as RFC 9110, 13.2.2 has it",
    arguments: [
      ("GET", "if-none-match", "\"a\"", "\"a\"", .notModified),
      ("HEAD", "if-none-match", "\"x\", W/\"a\" , \"y\"", "\"a\"", .notModified),
      ("GET", "if-none-match", "\"b\"", "\"a\"", .proceed),
      ("GET", "if-none-match", "*", "\"a\"", .notModified),
      ("GET", "if-none-match", "\"a, b\"", "\"a\"", .proceed),
      ("GET", "if-none-match", "a", "\"a\"", .proceed),
      ("GET", "if-none-match", "\"a", "\"a\"", .proceed),
      ("PUT", "if-none-match", "*", nil, .proceed),
      ("PUT", "if-none-match", "*", "\"a\"", .failed),
      ("PUT", "if-match", "\"a\"", "\"a\"", .proceed),
      ("PUT", "if-match", "W/\"a\"", "\"a\"", .failed),
      ("PUT", "if-match", "\"b\"", "\"a\"", .failed),
      ("PUT", "if-match", "*", nil, .failed),
      ("GET", "if-match", "", "\"a\"", .failed),
    ] as [(String, String, String, String?, Precondition)])
  func judged(method: String, field: String, value: String, tag: String?, expected: Precondition) {
    let request = HTTPRequest(
      method: ByteString(method), path: "/", headers: [HTTPField(ByteString(field), ByteString(value))])
    #expect(request.precondition(entityTag: tag.map { ByteString($0) }) == expected)
  }
}
