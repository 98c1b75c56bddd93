import Interchange
import LibraryOS

/// Who may say on whose behalf it connects: the boot parameter `forwarder`.
public struct TrustedForwarder: Equatable, Sendable {
  /// Its address on the image's network. Every connection from there begins with a header; on others there is none.
  public var address: IPv4Address
  /// What the header has to show. Addresses of a network can be forged by whoever is on it; this is known to the
  /// forwarder and to this instance only.
  public var secret: [UInt8]

  /// Bytes of a secret, at least and at most.
  public static let secretLengths = 16...64

  /// A forwarder at an address.
  public init(address: IPv4Address, secret: [UInt8]) {
    self.address = address
    self.secret = secret
  }

  /// Reads `{ address: text, secret: bytes }`, the value of the parameter `name`.
  public init(_ value: ParameterValue, of name: ByteString) throws(ParameterFault) {
    guard case .map(let fields) = value, fields.count == 2, let text = value["address"]?.textValue,
      let address = IPv4Address(text), let secret = value["secret"]?.bytesValue,
      TrustedForwarder.secretLengths.contains(secret.count)
    else {
      throw ParameterFault(name, expected: "a map with an IPv4 address and a secret of 16 to 64 bytes")
    }
    self.address = address
    self.secret = secret
  }

  /// Whether a connection comes from there, and has to begin with a header.
  func sends(_ stream: any ByteStream) -> Bool {
    stream.remote == Endpoint(address, port: stream.remote.port)
  }

  /// Whether a header shows the secret. Takes the same time wherever the difference is.
  func wrote(_ header: ProxyHeader) -> Bool {
    guard header.secret.count == secret.count else { return false }
    var difference: UInt8 = 0
    for index in 0..<secret.count { difference |= header.secret[index] ^ secret[index] }
    return difference == 0
  }
}
