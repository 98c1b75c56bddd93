import Interchange
import LibraryOS

/// What a header of the PROXY protocol, version 2, says (HAProxy's specification, section 2.2): who is at the other end of
/// a connection that somebody forwarded.
struct ProxyHeader: Equatable {
  /// The client; `nil` where the forwarder speaks for itself (`LOCAL`), or does not know.
  var source: Endpoint?
  /// What the forwarder shows to prove that it is the one (a type for own use, section 2.2.7): empty where it is missing.
  var secret: [UInt8] = []

  /// The type of the vector that carries the secret.
  static let secretType: UInt8 = 0xE0
  static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  /// Signature, version and command, family, and the length of what follows.
  static let fixedLength = 16
  /// What follows may be as long as this.
  static let maximumRest = 512
}

/// Why a connection that has to begin with a header does not.
enum ProxyHeaderFault: Error, Equatable {
  case signature
  case version
  case command
  case family
  case tooLong
  case truncated
}

/// Takes a header byte by byte, and never asks for a byte that comes after it.
struct ProxyHeaderParser {
  private var bytes: [UInt8] = []
  private var rest: Int?

  /// How many bytes of the header are missing, as far as is known; 0 when it is whole.
  var missing: Int { ProxyHeader.fixedLength + (rest ?? 0) - bytes.count }

  /// Takes at most `missing` bytes, and gives the header once it is whole.
  mutating func append(_ more: [UInt8]) throws(ProxyHeaderFault) -> ProxyHeader? {
    bytes.append(contentsOf: more)
    // What is wrong is known as soon as it is there.
    for index in 0..<min(bytes.count, ProxyHeader.signature.count) where bytes[index] != ProxyHeader.signature[index] {
      throw .signature
    }
    if bytes.count > 12, bytes[12] >> 4 != 2 { throw .version }
    if bytes.count > 12, bytes[12] & 15 > 1 { throw .command }
    if bytes.count >= ProxyHeader.fixedLength, rest == nil {
      let length = Int(bytes[14]) << 8 | Int(bytes[15])
      guard length <= ProxyHeader.maximumRest else { throw .tooLong }
      rest = length
    }
    guard rest != nil, missing == 0 else { return nil }
    return try header()
  }

  private func header() throws(ProxyHeaderFault) -> ProxyHeader {
    var header = ProxyHeader()
    var position = ProxyHeader.fixedLength
    switch bytes[13] {
    case 0x00: break
    case 0x11:
      guard bytes.count >= position + 12 else { throw .truncated }
      let address = UInt32(truncatingIfNeeded: number(at: position, count: 4))
      header.source = Endpoint(IPv4Address(raw: address), port: UInt16(number(at: position + 8, count: 2)))
      position += 12
    case 0x21:
      guard bytes.count >= position + 36 else { throw .truncated }
      header.source = endpoint(
        high: number(at: position, count: 8), low: number(at: position + 8, count: 8),
        port: UInt16(number(at: position + 32, count: 2)))
      position += 36
    default: throw .family
    }
    // LOCAL: the ends are those of the connection itself, whatever the addresses say.
    if bytes[12] & 15 == 0 { header.source = nil }
    while position < bytes.count {
      guard bytes.count >= position + 3 else { throw .truncated }
      let length = Int(number(at: position + 1, count: 2))
      guard bytes.count >= position + 3 + length else { throw .truncated }
      if bytes[position] == ProxyHeader.secretType {
        header.secret = Array(bytes[(position + 3)..<(position + 3 + length)])
      }
      position += 3 + length
    }
    return header
  }

  /// An IPv4 client of a socket for both versions has an address that stands for its own (RFC 4291, 2.5.5.2), and is known
  /// by that one.
  private func endpoint(high: UInt64, low: UInt64, port: UInt16) -> Endpoint {
    let address = IPv6Address(high: high, low: low)
    if address.isMapped { return Endpoint(IPv4Address(raw: UInt32(truncatingIfNeeded: low)), port: port) }
    return Endpoint(IPAddress(address), port: port)
  }

  private func number(at start: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in start..<(start + count) { value = value << 8 | UInt64(bytes[index]) }
    return value
  }
}
