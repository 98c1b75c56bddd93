import Interchange

/// Names that most messages have, kept so that reading one again takes no memory.
enum HTTPNames {
  private static let get: ByteString = "GET"
  private static let host: ByteString = "host"
  private static let accept: ByteString = "accept"
  private static let userAgent: ByteString = "user-agent"
  private static let connection: ByteString = "connection"
  private static let acceptEncoding: ByteString = "accept-encoding"

  /// A method, which is case-sensitive (RFC 9110, 9.1).
  static func method(_ bytes: ArraySlice<UInt8>) -> ByteString {
    bytes.elementsEqual(get.bytes) ? get : ByteString(bytes)
  }

  /// A field name that consists of token characters, in lower case.
  static func field(_ bytes: ArraySlice<UInt8>) -> ByteString {
    let known: ByteString
    switch bytes.count {
    case 4: known = host
    case 6: known = accept
    case 10: known = bytes[bytes.startIndex] | 0x20 == 0x75 ? userAgent : connection
    case 15: known = acceptEncoding
    default: return lowercased(bytes)
    }
    return matches(bytes, known) ? known : lowercased(bytes)
  }

  private static func lowercased(_ bytes: ArraySlice<UInt8>) -> ByteString {
    var name = Array(bytes)
    for index in 0..<name.count { name[index] = HTTPSyntax.lowercased(name[index]) }
    return ByteString(name)
  }

  /// Whether bytes are those of `name`, which is in lower case.
  private static func matches(_ bytes: ArraySlice<UInt8>, _ name: ByteString) -> Bool {
    guard bytes.count == name.count else { return false }
    let start = bytes.startIndex
    for index in 0..<name.count where HTTPSyntax.lowercased(bytes[start + index]) != name.bytes[index] {
      return false
    }
    return true
  }
}
