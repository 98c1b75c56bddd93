/// TLS towards a resource that requests are passed on to. It follows from the TLS that is due to that resource, and is
/// not asked for by itself.
public struct BackendSecurity: Hashable, Sendable, Codable {
  /// The resource that requests are passed on to.
  public var backend: String
  /// The DNS name that its certificate must be for.
  public var name: String
  /// What its certificate is verified against, in DER: the last certificate of its chain, which is an authority's, or
  /// its own where there is no other.
  public var authority: [UInt8]

  /// TLS towards a backend.
  public init(backend: String, name: String, authority: [UInt8]) {
    self.backend = backend
    self.name = name
    self.authority = authority
  }

  /// What follows for those who pass requests on to a resource from the TLS that is due to it; `nil` if that has no
  /// certificate with a name.
  init?(backend: String, security: TransportSecurity) {
    // Who asks for no name that the backend knows is shown the first.
    guard let identity = security.identities.first, let authority = identity.certificates.last,
      let name = identity.names.first(where: { !BackendSecurity.isAddress($0) })
    else { return nil }
    // A star stands for one label: the resource's name does for it.
    let asked = name.hasPrefix("*") ? "\(backend.lowercased())\(name.dropFirst())" : name
    self.init(backend: backend, name: asked, authority: authority)
  }

  /// Whether a name is an IPv4 address: images compare DNS names only.
  private static func isAddress(_ name: String) -> Bool {
    name.utf8.allSatisfy { $0 == 0x2E || $0 >= 0x30 && $0 <= 0x39 } || name.contains(":")
  }
}
