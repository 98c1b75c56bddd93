import HTTP
import Interchange
import LibraryOS
import LibraryOSTesting
import Testing

/// Everything a parser makes of some bytes that arrive in pieces of a given size.
func parse(
  _ bytes: [UInt8], pieceSize: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> (requests: [HTTPRequestParser.Request], fault: HTTPMessageFault?) {
  var parser = HTTPRequestParser(limits: limits)
  var requests: [HTTPRequestParser.Request] = []
  var position = 0
  while position < bytes.count {
    let end = position + min(pieceSize, bytes.count - position)
    parser.append(Array(bytes[position..<end]))
    position = end
    do throws(HTTPMessageFault) {
      while true {
        let step = try parser.next()
        if case .request(let request) = step { requests.append(request) }
        if case .incomplete = step { break }
      }
    } catch {
      return (requests, error)
    }
  }
  return (requests, nil)
}

@Suite("Reading requests")
struct RequestParserTests {
  @Test("a request's parts are read, names in lower case, values without the white space around them")
  func parts() throws {
    let text =
      "PUT /orders/17?a=1&b HTTP/1.1\r\nHost: shop.example:8080\r\nX-Note:  \t two words \t\r\n"
      + "Content-Length: 5\r\n\r\nhello"
    let (requests, fault) = parse(Array(text.utf8))
    #expect(fault == nil)
    let parsed = try #require(requests.first)
    #expect(parsed.request.method == "PUT")
    #expect(parsed.request.path == "/orders/17")
    #expect(parsed.request.query == "a=1&b")
    #expect(parsed.request.host == "shop.example:8080")
    #expect(parsed.request.header("x-note") == "two words")
    #expect(parsed.request.body == Array("hello".utf8))
    #expect(parsed.isPersistent)
  }

  @Test("pipelined requests that arrive in pieces of any size read the same", arguments: [1, 2, 3, 7, 64, 100_000])
  func pieces(size: Int) {
    let text =
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" + "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      + "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      + "4;name=\"value\"\r\nWiki\r\n5\r\npedia\r\n0\r\nX-Trailer: dropped\r\n\r\n"
      + "\r\nGET /d HTTP/1.0\r\n\r\n"
    let (requests, fault) = parse(Array(text.utf8), pieceSize: size)
    #expect(fault == nil)
    #expect(requests.map(\.request.path) == ["/a", "/b", "/c", "/d"])
    #expect(requests.map(\.request.body) == [[], Array("abc".utf8), Array("Wikipedia".utf8), []])
    #expect(requests.allSatisfy { $0.request.header("x-trailer") == nil })
  }

  @Test(
    "a request that two recipients could read differently is refused",
    arguments: malformedRequests, [1, .max])
  func malformed(sample: Malformed, pieceSize: Int) {
    let (requests, fault) = parse(Array(sample.text.utf8), pieceSize: pieceSize)
    #expect(requests.isEmpty)
    #expect(fault == sample.fault, "\(sample.text.debugDescription)")
  }

  @Test(
    "whether the connection goes on follows version and Connection",
    arguments: [
      ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: Foo, Close\r\n", false),
      ("1.1", "Connection: closed\r\n", true), ("1.0", "", false), ("1.0", "Connection: keep-alive\r\n", true),
      ("1.0", "Connection: keep-alive, close\r\n", false),
    ])
  func persistence(version: String, field: String, expected: Bool) throws {
    let (requests, _) = parse(Array("GET / HTTP/\(version)\r\nHost: h\r\n\(field)\r\n".utf8))
    #expect(try #require(requests.first).isPersistent == expected)
  }

  @Test("limits are kept to the byte")
  func limits() {
    let limits = HTTPLimits(startLineBytes: 40, headerBytes: 60, fieldCount: 3, bodyBytes: 10)
    func fault(_ text: String) -> HTTPMessageFault? { parse(Array(text.utf8), limits: limits).fault }
    let fits = String(repeating: "a", count: 40 - 14)
    #expect(fault("GET /\(fits) HTTP/1.1\r\nHost: h\r\n\r\n") == nil)
    #expect(fault("GET /\(fits)a HTTP/1.1\r\nHost: h\r\n\r\n") == .startLineTooLong)
    #expect(fault(String(repeating: "A", count: 50)) == .startLineTooLong)
    #expect(fault("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "v", count: 46))\r\n\r\n") == nil)
    #expect(fault("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "v", count: 47))\r\n\r\n") == .headerTooLarge)
    #expect(fault("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n") == .headerTooLarge)
    #expect(fault("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n") == .bodyTooLarge)
    #expect(
      fault("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n") == .bodyTooLarge)
    let chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(fault(chunked + "a\r\n0123456789\r\n0\r\n\r\n") == nil)
    #expect(fault(chunked + "a\r\n0123456789\r\n1\r\n") == .bodyTooLarge)
    #expect(fault(chunked + "ffffffff\r\n") == .bodyTooLarge)
    #expect(fault(chunked + "0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n") == .headerTooLarge)
  }

  @Test("chunk extensions are bounded in all, not only per line")
  func extensionFlood() {
    var text = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in 0..<200 { text += "1;\(String(repeating: "e", count: 200))\r\nx\r\n" }
    #expect(parse(Array(text.utf8)).fault == .malformedChunk)
  }

  @Test("a client that waits for 100 Continue is noticed once, and not if it sends on at once")
  func expectation() throws {
    let head = Array("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n".utf8)
    var parser = HTTPRequestParser()
    parser.append(head)
    guard case .continueExpected = try parser.next() else {
      Issue.record("100 Continue is expected")
      return
    }
    guard case .incomplete = try parser.next() else {
      Issue.record("it is expected once")
      return
    }
    parser.append(Array("ok".utf8))
    guard case .request(let parsed) = try parser.next() else {
      Issue.record("the request is complete")
      return
    }
    #expect(parsed.request.body == Array("ok".utf8))
    parser.append(head + Array("o".utf8))
    guard case .incomplete = try parser.next() else {
      Issue.record("a client that sends on does not wait")
      return
    }
  }

  @Test("the authority of an absolute target stands for Host everywhere")
  func absoluteForm() throws {
    let (requests, _) = parse(Array("GET http://real.example/x?y HTTP/1.1\r\nHost: other.example\r\n\r\n".utf8))
    let request = try #require(requests.first).request
    #expect(request.host == "real.example")
    #expect(request.header("host") == "real.example")
    #expect(request.path == "/x")
    #expect(request.query == "y")
  }

  @Test("mutated requests never crash the parser, and read the same in one piece and byte by byte")
  func fuzz() {
    let random = RepeatableRandom(seed: 42)
    let seeds =
      malformedRequests.map { Array($0.text.utf8) } + [
        Array("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n".utf8),
        Array("PUT /%41/../b HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 4\r\n\r\nbody".utf8),
      ]
    let spice = Array("\r\n :;,%/.\0\t0123456789abcdefHTP\u{7f}".utf8)
    for _ in 0..<4000 {
      var bytes = seeds[random.number(below: seeds.count)]
      for _ in 0...random.number(below: 4) where !bytes.isEmpty {
        let position = random.number(below: bytes.count)
        switch random.number(below: 4) {
        case 0: bytes[position] = UInt8(random.number(below: 256))
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(spice[random.number(below: spice.count)], at: position)
        default: bytes.insert(contentsOf: bytes[position...].prefix(random.number(below: 20)), at: position)
        }
      }
      let whole = parse(bytes)
      let single = parse(bytes, pieceSize: 1)
      #expect(whole.fault == single.fault)
      #expect(whole.requests.map(\.request.path) == single.requests.map(\.request.path))
      #expect(whole.requests.map(\.request.body) == single.requests.map(\.request.body))
      for parsed in whole.requests {
        #expect(parsed.request.path.bytes.first == 0x2F)
        #expect(parsed.request.path.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F })
      }
    }
  }
}
