/// TLS at the endpoint.
public struct TransportSecurity: Hashable, Sendable, Codable {
  /// Whether clients are asked for certificates.
  public enum ClientAuthentication: String, Hashable, Sendable, Codable, CaseIterable {
    /// They are not asked.
    case none
    /// They are asked, and may have none.
    case requested
    /// Who shows none is refused.
    case required
  }

  /// The lowest version, such as `1.2`.
  public var minimumVersion: String
  /// What the server shows of itself; the first is for clients that name no other.
  public var identities: [ServerIdentity]
  /// Whether clients are asked for certificates.
  public var clients: ClientAuthentication
  /// Who signs clients' certificates: theirs, in DER.
  public var clientAuthorities: [[UInt8]]
  /// The names of the clients that may connect, of those with a valid certificate; nil for all.
  public var allowedClients: [String]?
  /// For how many seconds clients are told to come back by TLS only (RFC 6797); 0 for not at all.
  public var strictSeconds: Int

  /// TLS at the endpoint.
  public init(
    minimumVersion: String = "1.2", identities: [ServerIdentity] = [], clients: ClientAuthentication = .none,
    clientAuthorities: [[UInt8]] = [], allowedClients: [String]? = nil, strictSeconds: Int = 0
  ) {
    self.allowedClients = allowedClients
    self.minimumVersion = minimumVersion
    self.identities = identities
    self.clients = clients
    self.clientAuthorities = clientAuthorities
    self.strictSeconds = strictSeconds
  }
}

/// A certificate chain, with the private key of its first certificate.
public struct ServerIdentity: Hashable, Sendable, Codable {
  /// The names that the first certificate is for, in lower case.
  public var names: [String]
  /// The chain in DER, the server's own certificate first.
  public var certificates: [[UInt8]]
  /// The private key in DER.
  public var key: [UInt8]

  /// A certificate chain and its key.
  public init(names: [String], certificates: [[UInt8]], key: [UInt8]) {
    self.names = names
    self.certificates = certificates
    self.key = key
  }
}
