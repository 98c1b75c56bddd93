import Interchange

/// A request target (RFC 9112, 3.2), normalized (RFC 3986, 6.2.2) once, so that every decision about a request and the
/// application that answers it see the same path.
public struct RequestTarget: Equatable, Sendable {
  /// The path: percent-encoded unreserved characters decoded, other percent-encodings in upper case, double slashes and
  /// dot segments removed. Starts with `/`. The asterisk form, which asks about the server as a whole, reads as `/`.
  public var path: ByteString
  /// What follows `?`, as sent.
  public var query: ByteString
  /// The host and port of the absolute form.
  public var authority: ByteString?

  /// Reads a target. Refused: characters outside printable ASCII, a fragment, a backslash, percent signs without two
  /// hexadecimal digits, and encoded slashes, backslashes and control characters, which some recipients would decode
  /// into another path than others.
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
    var pathEnd = rest.startIndex
    var isPlain = true
    var previous: UInt8 = 0
    while pathEnd < rest.endIndex, rest[pathEnd] != 0x3F {
      let byte = rest[pathEnd]
      guard byte > 0x20, byte < 0x7F, byte != 0x23, byte != 0x5C, byte != 0x22, byte != 0x3C, byte != 0x3E else {
        throw .malformedTarget
      }
      if byte == 0x25 || (previous == 0x2F && (byte == 0x2F || byte == 0x2E)) { isPlain = false }
      previous = byte
      pathEnd += 1
    }
    let path = rest[rest.startIndex..<pathEnd]
    if path.isEmpty {
      self.path = "/"
    } else {
      self.path = isPlain ? ByteString(path) : ByteString(try RequestTarget.normalized(path))
    }
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

  /// Decodes, then ends each segment where a slash was sent; a decoded character never becomes a slash.
  private static func normalized(_ path: ArraySlice<UInt8>) throws(HTTPMessageFault) -> [UInt8] {
    var output: [UInt8] = [0x2F]
    output.reserveCapacity(path.count)
    var segment = 1
    var index = path.startIndex
    while index < path.endIndex {
      let byte = path[index]
      index += 1
      if byte == 0x2F {
        endSegment(&output, &segment, isLast: false)
      } else if byte == 0x25 {
        guard path.endIndex - index >= 2, let high = HTTPSyntax.hexadecimal(path[index]),
          let low = HTTPSyntax.hexadecimal(path[index + 1])
        else { throw .malformedTarget }
        index += 2
        let decoded = high << 4 | low
        guard decoded >= 0x20, decoded != 0x7F, decoded != 0x2F, decoded != 0x5C else { throw .malformedTarget }
        if HTTPSyntax.isUnreserved(decoded) {
          output.append(decoded)
        } else {
          output.append(0x25)
          output.append(hexadecimalDigit(high))
          output.append(hexadecimalDigit(low))
        }
      } else {
        output.append(byte)
      }
    }
    endSegment(&output, &segment, isLast: true)
    return output
  }

  /// Removes an empty or dot segment (RFC 3986, 5.2.4), or puts a slash after any other.
  private static func endSegment(_ output: inout [UInt8], _ segment: inout Int, isLast: Bool) {
    let length = output.count - segment
    if length == 0 { return }
    if length == 1, output[segment] == 0x2E {
      output.removeLast()
      return
    }
    if length == 2, output[segment] == 0x2E, output[segment + 1] == 0x2E {
      output.removeLast(2)
      if output.count > 1 {
        output.removeLast()
        while output[output.count - 1] != 0x2F { output.removeLast() }
      }
      segment = output.count
      return
    }
    if !isLast {
      output.append(0x2F)
      segment = output.count
    }
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x41 + value - 10
  }

  private static func isIPLiteral(_ byte: UInt8) -> Bool {
    HTTPSyntax.hexadecimal(byte) != nil || byte == 0x3A || byte == 0x2E
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
      while index < bytes.count, HTTPSyntax.isUnreserved(bytes[index]) { index += 1 }
    }
    if index == bytes.count { return true }
    guard index > 0, bytes[index] == 0x3A, bytes.count - index <= 6 else { return false }
    return bytes[(index + 1)...].allSatisfy(HTTPSyntax.isDigit)
  }
}
