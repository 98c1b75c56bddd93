/// Headers of the PROXY protocol as a forwarder writes them.
public struct HeaderWriter {
  /// What each begins with.
  public static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
  /// What is shown unless said otherwise.
  public static let secret = [UInt8](repeating: 0xA5, count: 32)

  /// Version and command.
  public var version: UInt8
  /// The family of the addresses.
  public var family: UInt8
  /// The addresses and ports.
  public var addresses: [UInt8]
  /// The secret, if it is shown.
  public var secret: [UInt8]?
  /// Vectors before the secret.
  public var others: [UInt8]

  /// A header for a client at 203.0.113.7.
  public init(
    version: UInt8 = 0x21, family: UInt8 = 0x11,
    addresses: [UInt8] = [203, 0, 113, 7, 127, 0, 0, 1, 0xC0, 0x01, 0x1F, 0x90],
    secret: [UInt8]? = HeaderWriter.secret, others: [UInt8] = []
  ) {
    self.version = version
    self.family = family
    self.addresses = addresses
    self.secret = secret
    self.others = others
  }

  /// The header.
  public var bytes: [UInt8] {
    var rest = addresses + others
    if let secret { rest += [0xE0, UInt8(secret.count >> 8), UInt8(secret.count & 255)] + secret }
    return HeaderWriter.signature + [version, family, UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
  }
}
