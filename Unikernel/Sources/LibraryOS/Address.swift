import Interchange

/// An IPv4 address (RFC 791), as a number in host byte order.
public struct IPv4Address: Hashable, Sendable {
  /// The address; 10.0.0.1 is `0x0A00_0001`.
  public var raw: UInt32

  /// An address from its number.
  public init(raw: UInt32) {
    self.raw = raw
  }

  /// An address from its four parts.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    self.raw = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// Reads dotted decimal; `nil` unless it is exactly four numbers from 0 to 255 without leading zeros.
  public init?(_ text: ByteString) {
    var parts: [UInt32] = []
    var current: UInt32 = 0
    var digits = 0
    for byte in text.bytes {
      if byte == 0x2E {
        guard digits > 0 else { return nil }
        parts.append(current)
        current = 0
        digits = 0
      } else {
        guard byte >= 0x30, byte <= 0x39, digits < 3, !(digits > 0 && current == 0) else { return nil }
        current = current * 10 + UInt32(byte - 0x30)
        guard current <= 255 else { return nil }
        digits += 1
      }
    }
    guard digits > 0, parts.count == 3 else { return nil }
    self.raw = parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | current
  }

  /// Dotted decimal.
  public var text: ByteString {
    let dot: ByteString = "."
    return ByteString(decimal: Int(raw >> 24)) + dot + ByteString(decimal: Int(raw >> 16 & 255)) + dot
      + ByteString(decimal: Int(raw >> 8 & 255)) + dot + ByteString(decimal: Int(raw & 255))
  }
}

/// An IPv4 network: an address and how many of its leading bits count (RFC 4632).
public struct IPv4Network: Hashable, Sendable {
  /// The network's address, or a host's address inside it.
  public var address: IPv4Address
  /// The number of leading bits, 0 to 32.
  public var prefixLength: Int

  /// A network; `prefixLength` from 0 to 32.
  public init(_ address: IPv4Address, prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// Reads `10.0.0.0/24`, or an address alone as the network of that one host.
  public init?(_ text: ByteString) {
    guard let slash = text.bytes.firstIndex(of: 0x2F) else {
      guard let address = IPv4Address(text) else { return nil }
      self.init(address, prefixLength: 32)
      return
    }
    guard let address = IPv4Address(ByteString(text.bytes[..<slash])) else { return nil }
    var length = 0
    let digits = text.bytes[(slash + 1)...]
    guard digits.count >= 1, digits.count <= 2 else { return nil }
    for byte in digits {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      length = length * 10 + Int(byte - 0x30)
    }
    guard length <= 32 else { return nil }
    self.init(address, prefixLength: length)
  }

  /// The bits that count.
  public var mask: UInt32 {
    prefixLength == 0 ? 0 : ~UInt32(0) << UInt32(32 - prefixLength)
  }

  /// Whether `host` is in this network.
  public func contains(_ host: IPv4Address) -> Bool {
    host.raw & mask == address.raw & mask
  }
}

/// An address and a port: one end of a TCP connection or UDP flow.
public struct Endpoint: Hashable, Sendable {
  /// The host.
  public var address: IPAddress
  /// The port, in host byte order.
  public var port: UInt16

  /// One end of a flow.
  @inline(__always)
  public init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// One end of a flow over IPv4.
  @inline(__always)
  public init(_ address: IPv4Address, port: UInt16) {
    self.init(IPAddress(address), port: port)
  }

  /// Reads `10.0.0.1:80` or `[fd00::1]:80`; `nil` for anything else, and for port 0.
  public init?(_ text: ByteString) {
    guard let colon = text.bytes.lastIndex(of: 0x3A) else { return nil }
    var host = text.bytes[..<colon]
    if host.first == 0x5B {
      guard host.last == 0x5D else { return nil }
      host = host.dropFirst().dropLast()
      guard let address = IPv6Address(ByteString(host)) else { return nil }
      self.address = IPAddress(address)
    } else {
      guard let address = IPv4Address(ByteString(host)) else { return nil }
      self.address = IPAddress(address)
    }
    let digits = text.bytes[(colon + 1)...]
    guard digits.count >= 1, digits.count <= 5 else { return nil }
    var port = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      port = port * 10 + Int(digit - 0x30)
    }
    guard port >= 1, port <= 65_535 else { return nil }
    self.port = UInt16(port)
  }

  /// `address:port`, an IPv6 address in brackets (RFC 3986, 3.2.2).
  public var text: ByteString {
    let colon: ByteString = ":"
    return address.hostText + colon + ByteString(decimal: Int(port))
  }
}
