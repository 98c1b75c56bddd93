import Interchange
import LibraryOS

/// A client's opening handshake (RFC 6455, 4.1), as far as a proxy has to understand it: whether what follows is a
/// connection of WebSocket's once the backend agrees. A proxy that took for one what the backend does not would pass on
/// requests that nobody has judged.
enum WebSocketHandshake {
  /// The protocol's name in `Upgrade`.
  static let name: ByteString = "websocket"
  /// The only version there is (RFC 6455, 4.1).
  static let version: ByteString = "13"

  /// What a request is to a proxy.
  enum Reading: Equatable {
    /// An ordinary request, or one for another protocol, which is not asked for onward.
    case none
    /// A handshake.
    case handshake
    /// A handshake of another version, or with a malformed key.
    case malformed
  }

  static func read(_ request: HTTPRequest) -> Reading {
    guard request.method.equals("GET"), request.body.isEmpty,
      names(request, "upgrade", "websocket"), names(request, "connection", "upgrade")
    else { return .none }
    guard single(request, "sec-websocket-version") == version,
      let key = single(request, "sec-websocket-key"), isKey(key)
    else { return .malformed }
    return .handshake
  }

  /// Whether a response switches to what was asked for.
  static func accepts(_ response: HTTPResponse) -> Bool {
    var hasUpgrade = false
    var hasConnection = false
    var hasAccept = false
    for field in response.headers {
      if field.name == "upgrade" { hasUpgrade = ProxyFields.list(field.value, has: "websocket") }
      if field.name == "connection", ProxyFields.list(field.value, has: "upgrade") { hasConnection = true }
      if field.name == "sec-websocket-accept" { hasAccept = true }
    }
    return hasUpgrade && hasConnection && hasAccept
  }

  private static func names(_ request: HTTPRequest, _ name: ByteString, _ token: StaticString) -> Bool {
    request.headers.contains { $0.name == name && ProxyFields.list($0.value, has: token) }
  }

  /// The value of a field that must be there once.
  private static func single(_ request: HTTPRequest, _ name: ByteString) -> ByteString? {
    var value: ByteString?
    for field in request.headers where field.name == name {
      guard value == nil else { return nil }
      value = field.value
    }
    return value
  }

  /// Sixteen bytes in base64: 22 characters and two of padding.
  private static func isKey(_ key: ByteString) -> Bool {
    guard key.count == 24, key.bytes[22] == 0x3D, key.bytes[23] == 0x3D else { return false }
    for byte in key.bytes[..<22] {
      let letter = byte | 0x20
      guard letter >= 0x61 && letter <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x2B || byte == 0x2F else {
        return false
      }
    }
    return true
  }
}
