import HTTP

/// A request that must be refused, and why.
struct Malformed: Sendable, CustomStringConvertible {
  let text: String
  let fault: HTTPMessageFault

  init(_ text: String, _ fault: HTTPMessageFault) {
    self.text = text
    self.fault = fault
  }

  var description: String { text.debugDescription }
}

private func body(_ fields: String, _ rest: String = "") -> String {
  "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(rest)"
}

private func chunks(_ text: String) -> String {
  body("Transfer-Encoding: chunked", text)
}

/// Variants known from request smuggling, and other messages that are not as RFC 9112 has them.
let malformedRequests: [Malformed] = [
  // Line ends.
  Malformed("GET / HTTP/1.1\nHost: h\n\n", .malformedLineEnd),
  Malformed("GET / HTTP/1.1\r\nHost: h\n\r\n", .malformedLineEnd),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\n\n", .malformedLineEnd),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\r\n\r\n", .malformedField),
  Malformed("GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  // Start lines.
  Malformed("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET /\r\n\r\n", .malformedStartLine),
  Malformed("GET / http/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET / HTTP/11\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET / HTTP/1.10\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("G@T / HTTP/1.1\r\nHost: h\r\n\r\n", .malformedStartLine),
  Malformed("GET / HTTP/2.0\r\nHost: h\r\n\r\n", .unsupportedVersion),
  Malformed("GET / HTTP/0.9\r\nHost: h\r\n\r\n", .unsupportedVersion),
  Malformed("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", .methodNotImplemented),
  Malformed("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", .methodNotImplemented),
  // Targets.
  Malformed("GET * HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET example HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET http:/// HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET http://user@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /%0d%0a HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /a%2Fb HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /a%5cb HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /ä HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /?ä HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  Malformed("GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
  // Fields.
  Malformed("GET / HTTP/1.1\r\n Host: h\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost : h\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX\t: a\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX(y): a\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{7f}b\r\n\r\n", .malformedField),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{0b}b\r\n\r\n", .malformedField),
  // Host.
  Malformed("GET / HTTP/1.1\r\n\r\n", .hostMissing),
  Malformed("GET http://h/ HTTP/1.1\r\n\r\n", .hostMissing),
  Malformed("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformedHost),
  Malformed("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .malformedHost),
  // Lengths.
  Malformed(body("Content-Length: 5\r\nContent-Length: 6", "hello!"), .malformedLength),
  Malformed(body("Content-Length: 5\r\nContent-Length: 5", "hello"), .malformedLength),
  Malformed(body("Content-Length: 5, 5", "hello"), .malformedLength),
  Malformed(body("Content-Length: +5", "hello"), .malformedLength),
  Malformed(body("Content-Length: -5", "hello"), .malformedLength),
  Malformed(body("Content-Length: 0x5", "hello"), .malformedLength),
  Malformed(body("Content-Length: 5 5", "hello"), .malformedLength),
  Malformed(body("Content-Length:", "hello"), .malformedLength),
  Malformed(body("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), .ambiguousLength),
  Malformed(body("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), .ambiguousLength),
  Malformed(body("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), .ambiguousLength),
  Malformed("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .ambiguousLength),
  Malformed(body("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding: xchunked", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding: \"chunked\"", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding: identity", "x"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding:", "0\r\n\r\n"), .unsupportedTransferCoding),
  Malformed(body("Transfer-Encoding:\u{0b}chunked", "0\r\n\r\n"), .malformedField),
  Malformed(body("Transfer-Encoding : chunked", "0\r\n\r\n"), .malformedField),
  Malformed(body("X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n"), .malformedField),
  // Chunks.
  Malformed(chunks("5\nhello\r\n0\r\n\r\n"), .malformedLineEnd),
  Malformed(chunks("5\r\nhello\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("5\r\nhelloX\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("\r\nhello"), .malformedChunk),
  Malformed(chunks("0x5\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("+5\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("-5\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks(" 5\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("5 \r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("5;a\rb\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("g\r\n"), .malformedChunk),
  Malformed(chunks("000000005\r\nhello\r\n0\r\n\r\n"), .malformedChunk),
  Malformed(chunks("5;\(String(repeating: "a", count: 300))\r\n"), .malformedChunk),
  Malformed(chunks("0\r\nbad trailer\r\n\r\n"), .malformedField),
  Malformed(chunks("0\r\nX: y\n\r\n"), .malformedLineEnd),
  // Expectations.
  Malformed(body("Expect: 200-ok\r\nContent-Length: 1", "x"), .unsupportedExpectation),
]
