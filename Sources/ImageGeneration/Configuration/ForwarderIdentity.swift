/// What an instance knows the service's port forwarder by: connections from that address say on whose behalf they come,
/// and show the secret, which no other instance has.
public struct ForwarderIdentity: Hashable, Sendable {
  /// Its IPv4 address in the service's network, such as `10.77.0.1`.
  public var address: String
  /// 16 to 64 random bytes.
  public var secret: [UInt8]

  /// A forwarder at an address.
  public init(address: String, secret: [UInt8]) {
    self.address = address
    self.secret = secret
  }
}
