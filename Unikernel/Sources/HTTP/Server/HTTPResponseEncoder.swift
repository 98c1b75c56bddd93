import Interchange
import LibraryOS

/// Writes responses (RFC 9112, 4 and 6).
struct HTTPResponseEncoder {
  /// What the connection says of itself in the response.
  enum Connection {
    /// HTTP/1.1 that goes on: nothing.
    case persistent
    /// HTTP/1.0 that goes on: `keep-alive`.
    case keptAlive
    /// `close`.
    case closing
    /// `Upgrade`, to this protocol.
    case upgrading(ByteString)
  }

  /// Content up to this size is copied behind the head, so that both leave in one write.
  static let joinedBodyLimit = 4096

  /// The answer in place of a response that cannot be written as it is.
  static let replacement: StaticString = "the application's response is malformed"

  /// Whether a response can be written: a final status, or the one that switches protocols where that may be, and fields
  /// that cannot end their line early or start another (response splitting).
  static func isWritable(_ response: HTTPResponse, maySwitch: Bool = false) -> Bool {
    guard response.status >= 200 && response.status <= 599 || maySwitch && response.status == 101 else { return false }
    for field in response.headers {
      guard HTTPSyntax.isWritable((field.name.bytes, field.value.bytes)) else { return false }
    }
    return true
  }

  /// What a response becomes on the wire, besides what it is made of.
  struct Framing {
    /// The request was HEAD.
    var answersHead: Bool
    var connection: Connection
    /// The value of `Date`.
    var date: [UInt8]
    /// Whether the content follows in the same bytes.
    var joinsBody: Bool
  }

  /// The head of a response, with its content behind it where that `joinsBody`. `Content-Length` is what the content has,
  /// except where none is sent and the application said what it would be (RFC 9110, 8.6); connection fields are the
  /// server's alone. The response is writable.
  static func encode(_ response: HTTPResponse, _ framing: Framing) -> [UInt8] {
    // Status line, length, connection and date have room in the first part.
    var capacity = 256 + framing.date.count + (framing.joinsBody ? response.body.count : 0)
    for field in response.headers { capacity += field.name.count + field.value.count + 4 }
    return [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      var output = HTTPMessageWriter(target)
      writeHead(of: response, framing, to: &output)
      if framing.joinsBody { output.write(response.body) }
      count = output.count
    }
  }

  private static func writeHead(of response: HTTPResponse, _ framing: Framing, to output: inout HTTPMessageWriter) {
    output.write("HTTP/1.1 ")
    output.write(decimal: response.status)
    output.write(" ")
    output.write(reason(response.status))
    output.write("\r\n")
    var hasDate = false
    var statedLength: ByteString?
    for field in response.headers {
      if field.name.equals("content-length") {
        statedLength = field.value
        continue
      }
      if isConnectionField(field.name) { continue }
      if field.name.equals("date") { hasDate = true }
      write(name: field.name, to: &output)
      output.write(": ")
      output.write(field.value.bytes)
      output.write("\r\n")
    }
    if !hasDate {
      output.write("Date: ")
      output.write(framing.date)
      output.write("\r\n")
    }
    let sendsNone = framing.answersHead || response.status == 304
    if sendsNone, response.body.isEmpty, let statedLength {
      if statedLength.bytes.allSatisfy(HTTPSyntax.isDigit), !statedLength.isEmpty {
        output.write("Content-Length: ")
        output.write(statedLength.bytes)
        output.write("\r\n")
      }
    } else if response.status >= 200, response.status != 204, !(response.status == 304 && response.body.isEmpty) {
      output.write("Content-Length: ")
      output.write(decimal: response.body.count)
      output.write("\r\n")
    }
    switch framing.connection {
    case .persistent: break
    case .keptAlive: output.write("Connection: keep-alive\r\n")
    case .closing: output.write("Connection: close\r\n")
    case .upgrading(let name):
      output.write("Connection: Upgrade\r\nUpgrade: ")
      output.write(name.bytes)
      output.write("\r\n")
    }
    output.write("\r\n")
  }

  private static func isConnectionField(_ name: ByteString) -> Bool {
    switch name.count {
    case 7: name.equals("trailer") || name.equals("upgrade")
    case 10: name.equals("connection") || name.equals("keep-alive")
    case 17: name.equals("transfer-encoding")
    default: false
    }
  }

  /// Names are case-insensitive; they are written the way people know them.
  private static func write(name: ByteString, to output: inout HTTPMessageWriter) {
    if name.equals("www-authenticate") {
      output.write("WWW-Authenticate")
    } else if name.equals("etag") {
      output.write("ETag")
    } else {
      var isFirst = true
      for byte in name.bytes {
        output.write(isFirst && byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte)
        isFirst = byte == 0x2D
      }
    }
  }

  /// The reason phrase; empty for a status that has none here (RFC 9110, 15).
  private static func reason(_ status: Int) -> StaticString {
    switch status {
    case 101: "Switching Protocols"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 302: "Found"
    case 303: "See Other"
    case 304: "Not Modified"
    case 307: "Temporary Redirect"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 416: "Range Not Satisfiable"
    case 417: "Expectation Failed"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 507: "Insufficient Storage"
    default: ""
    }
  }
}
