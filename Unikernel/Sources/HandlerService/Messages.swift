import Handler
import Interchange
import LibraryOS

// Requests and responses in the terms of the library OS, and in those of handlers.

extension Request {
  /// What an exchange asks, without the secret that its sender showed.
  init(_ exchange: Exchange, time: UInt64) {
    let request = exchange.request
    var headers: [Field] = []
    for field in request.headers where !field.name.isAuthorization {
      headers.append(Field(Text(bytes: field.name.bytes), Text(bytes: field.value.bytes)))
    }
    let principal = exchange.principal
    self.init(
      method: request.method.equals("HEAD") ? "GET" : Text(bytes: request.method.bytes),
      path: Text(bytes: request.path.bytes), query: Text(bytes: request.query.bytes), headers: headers,
      body: Text(bytes: request.body),
      caller: Caller(
        subject: Text(bytes: principal.name.bytes), roles: principal.roles.map { Text(bytes: $0.bytes) },
        scheme: Text(bytes: principal.scheme.bytes)), time: Int(clamping: time))
  }
}

extension HTTPResponse {
  /// The most header fields of a response.
  static let maximumFields = 64
  /// The most bytes of its header fields.
  static let maximumFieldBytes = 8192
  /// The most bytes of its content.
  static let maximumBodyBytes = 4 << 20

  /// A handler's response, if it can be sent: a status of RFC 9110, 15; fields of RFC 9110, 5, which cannot make one
  /// response look like two; and nothing that is for the server to say.
  init?(_ response: Response) {
    guard response.status >= 200, response.status <= 599, response.headers.count <= HTTPResponse.maximumFields,
      response.body.count <= HTTPResponse.maximumBodyBytes
    else { return nil }
    var fields: [HTTPField] = []
    var bytes = 0
    for field in response.headers {
      guard let name = HTTPResponse.fieldName(field.name), HTTPResponse.isFieldValue(field.value) else { return nil }
      bytes += field.name.count + field.value.count
      fields.append(HTTPField(name, ByteString(field.value.bytes)))
    }
    guard bytes <= HTTPResponse.maximumFieldBytes else { return nil }
    self.init(status: response.status, headers: fields, body: response.body.bytes)
  }

  /// What only the server says: how long the message is, and what becomes of the connection.
  private static func isReserved(_ name: ByteString) -> Bool {
    name.equals("connection") || name.equals("content-length") || name.equals("date") || name.equals("keep-alive")
      || name.equals("te") || name.equals("trailer") || name.equals("transfer-encoding") || name.equals("upgrade")
  }

  /// A token (RFC 9110, 5.6.2) in lower case.
  private static func fieldName(_ name: Text) -> ByteString? {
    guard !name.isEmpty else { return nil }
    var bytes: [UInt8] = []
    for byte in name.bytes {
      switch byte {
      case 0x41...0x5A: bytes.append(byte | 0x20)
      case 0x61...0x7A, 0x30...0x39, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E:
        bytes.append(byte)
      default: return nil
      }
    }
    let name = ByteString(bytes)
    return isReserved(name) ? nil : name
  }

  /// Visible characters, spaces and tabs, none of them white space at an end (RFC 9110, 5.5).
  private static func isFieldValue(_ value: Text) -> Bool {
    for byte in value.bytes where byte != 0x09 && (byte < 0x20 || byte == 0x7F) { return false }
    if let first = value.bytes.first, first == 0x20 || first == 0x09 { return false }
    if let last = value.bytes.last, last == 0x20 || last == 0x09 { return false }
    return true
  }
}
