/// The path of a request target, normalized (RFC 3986, 6.2.2) once, so that every decision about a request, the application
/// that answers it, and whoever explains a decision see the same path.
public struct RequestPath: Equatable, Sendable {
  /// It is no path that images take.
  public struct Malformed: Error, Equatable, Sendable {}

  /// The path: percent-encoded unreserved characters decoded, other percent-encodings in upper case, double slashes and
  /// dot segments removed. Starts with `/`.
  public var normalized: ByteString
  /// Where it ended in the target: at the `?` before a query, or at the target's end.
  public var end: Int

  /// Reads the path that a target in origin form begins with (RFC 9112, 3.2.1); an empty one reads as `/`. Refused:
  /// characters outside printable ASCII, a fragment, a backslash, percent signs without two hexadecimal digits, and encoded
  /// slashes, backslashes and control characters, which some recipients would decode into another path than others.
  public init(_ target: ArraySlice<UInt8>) throws(Malformed) {
    var end = target.startIndex
    var isPlain = true
    var previous: UInt8 = 0
    while end < target.endIndex, target[end] != 0x3F {
      let byte = target[end]
      guard byte > 0x20, byte < 0x7F, byte != 0x23, byte != 0x5C, byte != 0x22, byte != 0x3C, byte != 0x3E else {
        throw Malformed()
      }
      if byte == 0x25 || (previous == 0x2F && (byte == 0x2F || byte == 0x2E)) { isPlain = false }
      previous = byte
      end += 1
    }
    self.end = end
    let path = target[target.startIndex..<end]
    if path.isEmpty {
      normalized = "/"
    } else {
      normalized = isPlain ? ByteString(path) : ByteString(try RequestPath.normalize(path))
    }
  }

  /// Decodes, then ends each segment where a slash was sent; a decoded character never becomes a slash.
  private static func normalize(_ path: ArraySlice<UInt8>) throws(Malformed) -> [UInt8] {
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
        guard path.endIndex - index >= 2, let high = URISyntax.hexadecimal(path[index]),
          let low = URISyntax.hexadecimal(path[index + 1])
        else { throw Malformed() }
        index += 2
        let decoded = high << 4 | low
        guard decoded >= 0x20, decoded != 0x7F, decoded != 0x2F, decoded != 0x5C else { throw Malformed() }
        if URISyntax.isUnreserved(decoded) {
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
}

/// The character classes of RFC 3986, 2.
public enum URISyntax {
  /// `unreserved` (2.3): the characters whose percent-encoding means the same as themselves.
  @inlinable
  public static func isUnreserved(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return byte >= 0x30 && byte <= 0x39 || letter >= 0x61 && letter <= 0x7A
      || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
  }

  /// The value of a hexadecimal digit (RFC 5234, B.1), in either case.
  @inlinable
  public static func hexadecimal(_ byte: UInt8) -> UInt8? {
    if byte >= 0x30 && byte <= 0x39 { return byte - 0x30 }
    let letter = byte | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
  }
}
