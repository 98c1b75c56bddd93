import Interchange
import LibraryOS

/// A request on its way to a backend. It ends once.
final class HTTPClientExchange {
  /// The request as it is sent.
  let bytes: [UInt8]
  let isHead: Bool
  /// Whether sending it twice does what sending it once does (RFC 9110, 9.2.2).
  let isIdempotent: Bool
  /// Whether it was sent again already, after a kept connection had turned out to be closed.
  var isRetry = false
  /// When it gives up waiting for a connection.
  let waitDeadline: Instant
  /// Whether the response may switch protocols.
  let maySwitch: Bool
  private var completion: ((Result<HTTPClientOutcome, HTTPClientFault>) -> Void)?

  init(
    bytes: [UInt8], method: ByteString, maySwitch: Bool, waitDeadline: Instant,
    completion: @escaping (Result<HTTPClientOutcome, HTTPClientFault>) -> Void
  ) {
    self.bytes = bytes
    self.isHead = method.equals("HEAD")
    self.isIdempotent =
      isHead || method.equals("GET") || method.equals("PUT") || method.equals("DELETE") || method.equals("OPTIONS")
    self.maySwitch = maySwitch
    self.waitDeadline = waitDeadline
    self.completion = completion
  }

  func finish(_ result: Result<HTTPClientOutcome, HTTPClientFault>) {
    guard let completion else { return }
    self.completion = nil
    completion(result)
  }

  /// Writes a request in origin form (RFC 9112, 3.2.1); `nil` if a part of it would break its line. `Host` and
  /// `Content-Length` are written from the request itself, whatever its fields say.
  static func encode(_ request: HTTPRequest, host: ByteString) -> [UInt8]? {
    guard !request.method.isEmpty, request.method.bytes.allSatisfy(HTTPSyntax.isToken),
      request.path.bytes.first == 0x2F, request.path.bytes.allSatisfy(isVisible),
      request.query.bytes.allSatisfy(isVisible), host.bytes.allSatisfy(isVisible)
    else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(512 + request.body.count)
    output.append(contentsOf: request.method.bytes)
    output.append(0x20)
    output.append(contentsOf: request.path.bytes)
    if !request.query.isEmpty {
      output.append(0x3F)
      output.append(contentsOf: request.query.bytes)
    }
    output.append(text: " HTTP/1.1\r\nHost: ")
    output.append(contentsOf: host.bytes)
    output.append(text: "\r\n")
    for field in request.headers {
      if field.name.equals("host") || field.name.equals("content-length") || field.name.equals("transfer-encoding") {
        continue
      }
      guard HTTPSyntax.isWritable((field.name.bytes, field.value.bytes)) else { return nil }
      output.append(contentsOf: field.name.bytes)
      output.append(text: ": ")
      output.append(contentsOf: field.value.bytes)
      output.append(text: "\r\n")
    }
    if !request.body.isEmpty || request.method.equals("POST") || request.method.equals("PUT") {
      output.append(text: "Content-Length: ")
      output.append(decimal: request.body.count)
      output.append(text: "\r\n")
    }
    output.append(text: "\r\n")
    output.append(contentsOf: request.body)
    return output
  }

  private static func isVisible(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F
  }
}
