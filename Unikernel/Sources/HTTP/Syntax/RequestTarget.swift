import Interchange

/// A request target (RFC 9112, 3.2).
public struct RequestTarget: Equatable, Sendable {
  /// The path, normalized as `RequestPath` does. The asterisk form, which asks about the server as a whole, reads as `/`.
  public var path: ByteString
  /// What follows `?`, as sent.
  public var query: ByteString
  /// The host and port of the absolute form.
  public var authority: ByteString?

  /// Reads a target. Refused: what `RequestPath` refuses, and in the query characters outside printable ASCII and a
  /// fragment.
  public init(_ raw: ArraySlice<UInt8>, method: ByteString) throws(HTTPMessageFault) {
    guard let first = raw.first else { throw .malformedTarget }
    if raw.count == 1, first == 0x2A {
      guard method.equals("OPTIONS") else { throw .malformedTarget }
      self.path = "/"
      self.query = ""
      return
    }
    var rest = raw
    if first != 0x2F {
      rest = try RequestTarget.afterScheme(raw)
      let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
      let authority = ByteString(rest[rest.startIndex..<end])
      guard !authority.isEmpty, RequestTarget.isHost(authority) else { throw .malformedTarget }
      self.authority = authority
      rest = rest[end...]
    }
    let path: RequestPath
    do throws(RequestPath.Malformed) {
      path = try RequestPath(rest)
    } catch {
      throw .malformedTarget
    }
    self.path = path.normalized
    let pathEnd = path.end
    let query = pathEnd < rest.endIndex ? rest[(pathEnd + 1)...] : rest[pathEnd...]
    for byte in query {
      guard byte > 0x20, byte < 0x7F, byte != 0x23 else { throw .malformedTarget }
    }
    self.query = ByteString(query)
  }

  /// What follows `http://` or `https://`.
  private static func afterScheme(_ raw: ArraySlice<UInt8>) throws(HTTPMessageFault) -> ArraySlice<UInt8> {
    if raw.count > 7, HTTPSyntax.equalsIgnoringCase(raw.prefix(7), "http://") { return raw.dropFirst(7) }
    if raw.count > 8, HTTPSyntax.equalsIgnoringCase(raw.prefix(8), "https://") { return raw.dropFirst(8) }
    throw .malformedTarget
  }

  private static func isIPLiteral(_ byte: UInt8) -> Bool {
    URISyntax.hexadecimal(byte) != nil || byte == 0x3A || byte == 0x2E
  }

  /// Whether a text is a host with an optional port (RFC 3986, 3.2), as `Host` has it. User information, with which hosts
  /// are disguised, is not; nor are characters of `reg-name` that no host name has.
  static func isHost(_ text: ByteString) -> Bool {
    let bytes = text.bytes
    var index = 0
    if bytes.first == 0x5B {
      index = 1
      while index < bytes.count, isIPLiteral(bytes[index]) { index += 1 }
      guard index > 1, index < bytes.count, bytes[index] == 0x5D else { return false }
      index += 1
    } else {
      while index < bytes.count, URISyntax.isUnreserved(bytes[index]) { index += 1 }
    }
    if index == bytes.count { return true }
    guard index > 0, bytes[index] == 0x3A, bytes.count - index <= 6 else { return false }
    return bytes[(index + 1)...].allSatisfy(HTTPSyntax.isDigit)
  }
}
