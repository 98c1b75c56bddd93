import Glibc
import NIOCore

/// How far an address reaches.
public enum AddressScope: Hashable, Sendable {
  /// Anywhere.
  case global
  /// This host, its networks, or nobody (RFC 6890): loopback, private, link-local, shared, multicast, unspecified.
  case local

  /// The scope of the bytes of an IPv4 address, four of them, or of an IPv6 address, sixteen.
  public init(_ bytes: [UInt8]) {
    if bytes.count == 16 {
      // An IPv4 address in an IPv6 one is what it is by itself (RFC 4291, 2.5.5; RFC 6052, 2.1).
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      let isTranslated = bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
      if isMapped || isTranslated {
        self = AddressScope(Array(bytes[12...]))
      } else {
        // 2000::/3 is what is given out for all the world (RFC 4291, 2.4); 6to4 and Teredo in it lead elsewhere.
        let isGlobal =
          bytes[0] & 0xE0 == 0x20 && bytes[..<2] != [0x20, 0x02] && bytes[..<4] != [0x20, 0x01, 0, 0]
        self = isGlobal ? .global : .local
      }
      return
    }
    guard bytes.count == 4 else {
      self = .local
      return
    }
    switch (bytes[0], bytes[1]) {
    case (0, _), (10, _), (127, _), (224..., _), (169, 254), (172, 16...31), (192, 168), (100, 64...127),
      (198, 18...19):
      self = .local
    case (192, 0) where bytes[2] == 0: self = .local
    default: self = .global
    }
  }
}

extension SocketAddress {
  /// The bytes of the IP address.
  var addressBytes: [UInt8] {
    // A scope that is written after an address is none of its bytes.
    guard let text = ipAddress?.prefix(while: { $0 != "%" }) else { return [] }
    let isIPv6 = text.contains(":")
    var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
    return inet_pton(isIPv6 ? AF_INET6 : AF_INET, String(text), &bytes) == 1 ? bytes : []
  }
}
