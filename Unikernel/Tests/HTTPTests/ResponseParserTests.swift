import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

@Suite("Reading responses")
struct ResponseParserTests {
  private func parse(
    _ text: String, pieceSize: Int = .max, answersHead: Bool = false, ends: Bool = false
  ) throws(HTTPMessageFault) -> HTTPResponseParser.Response? {
    try parse(Array(text.utf8), pieceSize: pieceSize, answersHead: answersHead, ends: ends)
  }

  private func parse(
    _ bytes: [UInt8], pieceSize: Int, answersHead: Bool, ends: Bool
  ) throws(HTTPMessageFault) -> HTTPResponseParser.Response? {
    var parser = HTTPResponseParser(limits: HTTPLimits(bodyBytes: 100), answersHead: answersHead)
    var position = 0
    while position < bytes.count {
      let end = position + min(pieceSize, bytes.count - position)
      parser.append(Array(bytes[position..<end]))
      position = end
      if let response = try parser.next() { return response }
    }
    return ends ? try parser.end() : nil
  }

  @Test(
    "content ends where RFC 9112, 6.3 has it end",
    arguments: [
      ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "abc", true),
      ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, "", true),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false, "abc", true),
      ("HTTP/1.1 200 OK\r\n\r\nuntil close", false, "until close", false),
      ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", false, "abc", false),
      ("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "abc", false),
      ("HTTP/1.1 204 No Content\r\n\r\n", false, "", true),
      ("HTTP/1.1 304 Not Modified\r\nContent-Length: 612\r\n\r\n", false, "", true),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", true, "", true),
      (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        false, "x", true
      ),
    ], [1, 5, .max])
  func framing(sample: (text: String, head: Bool, body: String, persistent: Bool), pieceSize: Int) throws {
    let parsed = try parse(sample.text, pieceSize: pieceSize, answersHead: sample.head, ends: true)
    let response = try #require(parsed)
    #expect(String(decoding: response.response.body, as: UTF8.self) == sample.body)
    #expect(response.isPersistent == sample.persistent)
  }

  @Test(
    "a response that cannot be trusted is refused",
    arguments: [
      ("HTTP/2 200 OK\r\n\r\n", .malformedStartLine), ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
      ("HTTP/1.1 20 OK\r\n\r\n", .malformedStartLine), ("HTTP/1.1 2000 OK\r\n\r\n", .malformedStartLine),
      ("HTTP/1.1  200 OK\r\n\r\n", .malformedStartLine), ("HTTP/1.1 999 X\r\n\r\n", .malformedStartLine),
      ("HTTP/1.1 101 Switching\r\n\r\n", .malformedStartLine), ("HTTP/1.1 200 OK\nX: y\n\n", .malformedLineEnd),
      ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", .malformedField),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", .malformedLength),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .ambiguousLength),
      ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .ambiguousLength),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferCoding),
      ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", .bodyTooLarge),
      ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 101), .bodyTooLarge),
      ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", .truncated),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .truncated),
      ("HTTP/1.1 200 OK\r\nContent-", .truncated), ("", .truncated),
      (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9), .headerTooLarge),
    ] as [(String, HTTPMessageFault)])
  func malformed(text: String, fault: HTTPMessageFault) {
    #expect(throws: fault) { try parse(text, ends: true) }
  }

  @Test("a connection on which more came than was asked for is not used again")
  func surplus() throws {
    let response = try parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n")
    #expect(try #require(response).isPersistent == false)
  }

  @Test("mutated responses never crash the parser, and read the same in one piece and byte by byte")
  func fuzz() {
    let random = RepeatableRandom(seed: 7)
    let seeds = [
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.0 200 OK\r\n\r\nrest",
    ].map { Array($0.utf8) }
    for _ in 0..<3000 {
      var bytes = seeds[random.number(below: seeds.count)]
      for _ in 0...random.number(below: 3) {
        let position = random.number(below: bytes.count)
        switch random.number(below: 3) {
        case 0: bytes[position] = UInt8(random.number(below: 128))
        case 1: bytes.remove(at: position)
        default: bytes.insert(contentsOf: bytes[position...].prefix(9), at: position)
        }
      }
      let outcomes = [1, Int.max].map { size -> Result<[UInt8]?, HTTPMessageFault> in
        do throws(HTTPMessageFault) {
          return .success(try parse(bytes, pieceSize: size, answersHead: false, ends: true)?.response.body)
        } catch {
          return .failure(error)
        }
      }
      #expect(outcomes[0] == outcomes[1])
    }
  }
}
