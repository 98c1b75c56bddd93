import Interchange

/// What a request shows in its `Authorization` field (RFC 9110, 11.4 and 11.6.2). All authentication modules read it
/// here, so that no two of them can understand the same field differently.
public enum Credentials: Equatable, Sendable {
  /// There is no such field.
  case absent
  /// A scheme in lower case, and what follows it: a `token68`, or whatever else the scheme defines.
  case shown(scheme: ByteString, value: ByteString)
  /// More than one such field, or one without a scheme. Such a request is refused: parts of a system that pick
  /// different fields would believe different people.
  case malformed

  /// Reads the field.
  public init(of request: HTTPRequest) {
    self = .absent
    for field in request.headers where field.name.isAuthorization {
      guard case .absent = self else {
        self = .malformed
        return
      }
      self = Credentials(field: field.value)
    }
  }

  private init(field: ByteString) {
    let bytes = field.bytes
    var end = 0
    while end < bytes.count, bytes[end] != 0x20 { end += 1 }
    var scheme = Array(bytes[..<end])
    for index in 0..<end {
      switch scheme[index] {
      case 0x41...0x5A: scheme[index] |= 0x20
      case 0x61...0x7A, 0x30...0x39, 0x2D: continue
      default:
        self = .malformed
        return
      }
    }
    guard end > 0 else {
      self = .malformed
      return
    }
    var start = end
    while start < bytes.count, bytes[start] == 0x20 { start += 1 }
    self = .shown(scheme: ByteString(scheme), value: ByteString(bytes[start...]))
  }

  /// A challenge (RFC 9110, 11.6.1): a scheme with its realm and what else it has to say, already in the field's form.
  public static func challenge(scheme: ByteString, realm: ByteString, suffix: ByteString = "") -> ByteString {
    var bytes = scheme.bytes
    bytes.append(contentsOf: (" realm=\"" as ByteString).bytes)
    for byte in realm.bytes {
      if byte == 0x22 || byte == 0x5C { bytes.append(0x5C) }
      bytes.append(byte)
    }
    bytes.append(0x22)
    return ByteString(bytes + suffix.bytes)
  }

  /// The refusal that asks for credentials: 401 with one `WWW-Authenticate` field per challenge.
  public static func refusal(_ challenges: [ByteString]) -> HTTPResponse {
    .text(401, "credentials are required", headers: challenges.map { HTTPField("www-authenticate", $0) })
  }
}

extension ByteString {
  /// Whether this is `authorization`, without making a text to compare with.
  public var isAuthorization: Bool {
    let expected: StaticString = "authorization"
    guard bytes.count == expected.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != expected.utf8Start[index] {
      return false
    }
    return true
  }

  /// Whether no byte is a control character (RFC 20), so that this can stand in a header field or a log.
  public var isPrintable: Bool {
    for byte in bytes where byte < 0x20 || byte == 0x7F {
      return false
    }
    return true
  }
}
