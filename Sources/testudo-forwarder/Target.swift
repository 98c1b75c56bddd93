/// Where connections are forwarded to.
struct Target: Hashable {
  var endpoint: Endpoint
  /// What the target knows this forwarder by; empty where it wants no header that says who the client is.
  var secret: [UInt8] = []
  /// What the host's firewall knows packets to it by; 0 for nothing.
  var mark: UInt32 = 0

  /// Lengths of a secret in bytes.
  static let secretLengths = 16...64
}

/// The header of the PROXY protocol, version 2, that a forwarded connection begins with (HAProxy's specification,
/// section 2.2): the client's end and this host's end of its connection, and the secret in a vector of our own type.
enum ProxyHeader {
  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  private static let secretType: UInt8 = 0xE0

  /// The header for a client over IPv4.
  static func bytes(client: Endpoint, local: Endpoint, secret: [UInt8]) -> [UInt8] {
    let rest = 12 + 3 + secret.count
    // Version 2, the command PROXY; TCP over IPv4.
    return signature + [0x21, 0x11] + bytes(UInt16(rest)) + bytes(client.address) + bytes(local.address)
      + bytes(client.port) + bytes(local.port) + [secretType] + bytes(UInt16(secret.count)) + secret
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
