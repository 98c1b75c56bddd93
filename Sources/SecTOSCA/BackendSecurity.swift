/// TLS towards a resource that requests are passed on to, or an external service. It follows from the TLS that is due to that
/// resource, or from what the external service is, and is not asked for by itself.
public struct BackendSecurity: Hashable, Sendable, Codable {
  /// The resource, or the external service.
  public var backend: String
  /// The DNS name that its certificate must be for.
  public var name: String
  /// What its certificate is verified against, in DER: authorities' certificates, or its own. Of a resource, the last
  /// certificate of its chain.
  public var authorities: [[UInt8]]
  /// What is shown to it, if it asks for a certificate.
  public var identity: ServerIdentity?

  /// TLS towards a backend.
  public init(backend: String, name: String, authorities: [[UInt8]], identity: ServerIdentity? = nil) {
    self.backend = backend
    self.name = name
    self.authorities = authorities
    self.identity = identity
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
    self.init(backend: backend, name: asked, authorities: [authority])
  }

  /// Whether a name is an IPv4 address: images compare DNS names only.
  static func isAddress(_ name: String) -> Bool {
    name.utf8.allSatisfy { $0 == 0x2E || $0 >= 0x30 && $0 <= 0x39 } || name.contains(":")
  }
}
