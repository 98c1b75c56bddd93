import Interchange
import LibraryOS

/// Which pages of other origins may read answers (the CORS protocol of the Fetch Standard, 3.3).
struct CrossOrigin: Equatable, Sendable {
  /// The origins, compared byte by byte (RFC 6454, 6.2). Empty: none.
  var origins: [ByteString] = []
  /// Whether any origin will do; then never with credentials.
  var isOpen = false
  /// The methods that may be used, in upper case.
  var methods: [ByteString] = []
  /// The request header fields that may be sent, in lower case.
  var headers: [ByteString] = []
  /// The response header fields that may be read, in lower case.
  var exposed: [ByteString] = []
  /// Whether cookies and the like may be sent along.
  var allowsCredentials = false
  /// For how many seconds a browser may keep an answer to a preflight.
  var maximumAge: Int64 = 0

  /// Whether other origins may read anything.
  var isOn: Bool { isOpen || !origins.isEmpty }

  /// Whether pages of that origin may read answers. `null`, which is what many strangers have in common, never may.
  func admits(_ origin: ByteString) -> Bool { isOpen ? origin != "null" : origins.contains(origin) }

  /// The fields that let pages of an admitted origin read an answer.
  func fields(for origin: ByteString) -> [HTTPField] {
    var fields = [HTTPField("access-control-allow-origin", isOpen ? "*" : origin)]
    if allowsCredentials { fields.append(HTTPField("access-control-allow-credentials", "true")) }
    return fields
  }

  /// Texts with commas between them.
  static func list(_ texts: [ByteString]) -> ByteString {
    var bytes: [UInt8] = []
    for text in texts {
      if !bytes.isEmpty { bytes.append(contentsOf: [0x2C, 0x20]) }
      bytes.append(contentsOf: text.bytes)
    }
    return ByteString(bytes)
  }

  /// The names of a list of fields, in lower case and without white space around them; `nil` if one cannot be a name.
  static func names(_ value: ByteString) -> [ByteString]? {
    var names: [ByteString] = []
    for part in value.bytes.split(separator: 0x2C) {
      var name = part
      while let first = name.first, first == 0x20 || first == 0x09 { name = name.dropFirst() }
      while let last = name.last, last == 0x20 || last == 0x09 { name = name.dropLast() }
      let lower = ByteString(name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
      guard isToken(lower) else { return nil }
      names.append(lower)
    }
    return names
  }

  /// Whether a text is a `token` (RFC 9110, 5.6.2).
  static func isToken(_ text: ByteString) -> Bool {
    for byte in text.bytes {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E:
        continue
      default: return false
      }
    }
    return !text.isEmpty
  }
}
