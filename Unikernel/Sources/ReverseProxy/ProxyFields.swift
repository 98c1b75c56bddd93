import Interchange
import LibraryOS

/// What a proxy changes in the fields of the messages it passes on.
enum ProxyFields {
  /// The name under which this proxy appears in `Via`.
  static let via: ByteString = "1.1 testudo"
  /// How often it may appear before a request is taken to go round in circles.
  static let maximumHops = 8

  /// The fields of a request as the backend gets them.
  ///
  /// - Hop-by-hop fields, and those that `Connection` names, end here (RFC 9110, 7.6.1). They are removed before the
  ///   proxy adds its own, so that a client cannot name the proxy's fields and so remove them.
  /// - `Authorization` ends here: this image is the point where credentials are judged. A backend behind it does not need
  ///   them, and a password or token that it never sees cannot be stolen from it or replayed by it.
  /// - `Forwarded` and its predecessors are replaced, not extended: what a client says of where it comes from would be
  ///   believed by the backend.
  /// - Of an `Upgrade`, a WebSocket's handshake is asked for onward, where the route lets it through.
  static func forward(
    _ request: HTTPRequest, source: Endpoint, isSecure: Bool, opensWebSocket: Bool = false
  ) -> [HTTPField] {
    var fields = endToEnd(request.headers)
    fields.removeAll { field in
      field.name == "authorization" || field.name == "expect" || field.name == "forwarded" || field.name == "x-real-ip"
        || field.name.hasPrefix("x-forwarded-")
    }
    let node: ByteString = "for="
    fields.append(HTTPField("forwarded", node + nodeName(source.address) + (isSecure ? ";proto=https" : ";proto=http")))
    fields.append(HTTPField("via", via))
    if opensWebSocket { fields.append(contentsOf: upgrade) }
    return fields
  }

  private static let upgrade = [
    HTTPField("connection", "Upgrade"), HTTPField("upgrade", WebSocketHandshake.name),
  ]

  /// An IPv6 address is in brackets, and because of its colons in quotes (RFC 7239, 6).
  private static func nodeName(_ address: IPAddress) -> ByteString {
    let quote: ByteString = "\""
    return address.isIPv4 ? address.text : quote + address.hostText + quote
  }

  /// The fields of a response as the client gets them.
  static func forward(_ response: HTTPResponse) -> [HTTPField] {
    endToEnd(response.headers) + [HTTPField("via", via)]
  }

  /// The fields of a response that switches to WebSocket.
  static func forwardSwitching(_ response: HTTPResponse) -> [HTTPField] {
    forward(response) + [HTTPField("upgrade", WebSocketHandshake.name)]
  }

  /// How often this proxy, or another of its name, has passed a request on already.
  static func hops(_ request: HTTPRequest) -> Int {
    var count = 0
    for field in request.headers where field.name == "via" {
      for element in field.value.bytes.split(separator: 0x2C) where trimmed(element) == via.bytes { count += 1 }
    }
    return count
  }

  private static func endToEnd(_ fields: [HTTPField]) -> [HTTPField] {
    var dropped: [ByteString] = [
      "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
      "transfer-encoding", "upgrade",
    ]
    for field in fields where field.name == "connection" {
      for element in field.value.bytes.split(separator: 0x2C) { dropped.append(ByteString(lowercased(element))) }
    }
    return fields.filter { !dropped.contains($0.name) }
  }

  /// Whether a list of tokens has `token` in it, which is in lower case.
  static func list(_ value: ByteString, has token: StaticString) -> Bool {
    value.bytes.split(separator: 0x2C).contains { ByteString(lowercased($0)).equals(token) }
  }

  private static func lowercased(_ element: ArraySlice<UInt8>) -> [UInt8] {
    trimmed(element).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
  }

  private static func trimmed(_ slice: ArraySlice<UInt8>) -> [UInt8] {
    var slice = slice
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return Array(slice)
  }
}
