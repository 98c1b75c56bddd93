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
  }

  /// Content up to this size is copied behind the head, so that both leave in one write.
  static let joinedBodyLimit = 4096

  /// The answer in place of a response that cannot be written as it is.
  static let replacement: StaticString = "the application's response is malformed"

  /// Whether a response can be written: a final status, and fields that cannot end their line early or start another
  /// (response splitting).
  static func isWritable(_ response: HTTPResponse) -> Bool {
    guard response.status >= 200, response.status <= 599 else { return false }
    for field in response.headers {
      guard HTTPSyntax.isWritable((field.name.bytes, field.value.bytes)) else { return false }
    }
    return true
  }

  /// Appends the head of a response. `Content-Length` is what the content has, except where none is sent and the
  /// application said what it would be (RFC 9110, 8.6); connection fields are the server's alone.
  static func appendHead(
    of response: HTTPResponse, answersHead: Bool, connection: Connection, date: [UInt8], to output: inout [UInt8]
  ) {
    output.append(text: "HTTP/1.1 ")
    output.append(decimal: response.status)
    output.append(0x20)
    output.append(text: reason(response.status))
    output.append(text: "\r\n")
    var hasDate = false
    var statedLength: ByteString?
    for field in response.headers {
      if field.name.equals("content-length") {
        statedLength = field.value
        continue
      }
      if isConnectionField(field.name) { continue }
      if field.name.equals("date") { hasDate = true }
      append(name: field.name, to: &output)
      output.append(text: ": ")
      output.append(contentsOf: field.value.bytes)
      output.append(text: "\r\n")
    }
    if !hasDate {
      output.append(text: "Date: ")
      output.append(contentsOf: date)
      output.append(text: "\r\n")
    }
    let sendsNone = answersHead || response.status == 304
    if sendsNone, response.body.isEmpty, let statedLength {
      if statedLength.bytes.allSatisfy(HTTPSyntax.isDigit), !statedLength.isEmpty {
        output.append(text: "Content-Length: ")
        output.append(contentsOf: statedLength.bytes)
        output.append(text: "\r\n")
      }
    } else if response.status != 204, !(response.status == 304 && response.body.isEmpty) {
      output.append(text: "Content-Length: ")
      output.append(decimal: response.body.count)
      output.append(text: "\r\n")
    }
    switch connection {
    case .persistent: break
    case .keptAlive: output.append(text: "Connection: keep-alive\r\n")
    case .closing: output.append(text: "Connection: close\r\n")
    }
    output.append(text: "\r\n")
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
  private static func append(name: ByteString, to output: inout [UInt8]) {
    if name.equals("www-authenticate") {
      output.append(text: "WWW-Authenticate")
    } else if name.equals("etag") {
      output.append(text: "ETag")
    } else {
      var isFirst = true
      for byte in name.bytes {
        output.append(isFirst && byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte)
        isFirst = byte == 0x2D
      }
    }
  }

  /// The reason phrase; empty for a status that has none here (RFC 9110, 15).
  private static func reason(_ status: Int) -> StaticString {
    switch status {
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
