import Foundation
import HummingbirdTLS
import NIOSSL
public import Orchestration

/// How the API is reached over TCP: where, with which certificate, and whether callers show tokens.
public struct Listener: Sendable {
  /// Where.
  public var address: ListenAddress
  /// What the server shows of itself; `nil` for no TLS.
  public var tls: ServerTLS?
  /// Whether callers show tokens. They then have the whole API, as far as their roles go; else they can only ask decision
  /// points.
  public let needsTokens: Bool

  /// `https` or `http`.
  public var scheme: String { tls == nil ? "http" : "https" }

  /// A listener; fails where others could reach it without TLS. With TLS, callers always show tokens.
  public init(_ address: ListenAddress, tls: ServerTLS?, needsTokens: Bool) throws(OrchestrationFault) {
    guard address.isLoopback || tls != nil else {
      throw .input(
        "`\(address)` can be reached by others, expected --certificate and --key, or a loopback address such as "
          + "127.0.0.1:PORT")
    }
    self.address = address
    self.tls = tls
    self.needsTokens = needsTokens || tls != nil
  }
}

/// The certificate and key of the server, and perhaps who signs those of clients.
public struct ServerTLS: Sendable {
  let configuration: TLSConfiguration

  /// Reads files in PEM: a chain, the server's own first, its key, and the authorities of clients' certificates. With
  /// those, a client without a certificate of theirs is not let in.
  public init(certificate: String, key: String, clientAuthority: String? = nil) throws(OrchestrationFault) {
    let chain = try Self.reading(certificate, "certificates in PEM") {
      try NIOSSLCertificate.fromPEMBytes(Array($0))
    }
    guard !chain.isEmpty else { throw .input("\(certificate): expected certificates in PEM") }
    let privateKey = try Self.reading(key, "a private key in PEM, without a passphrase") {
      try NIOSSLPrivateKey(bytes: Array($0), format: .pem)
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    if let clientAuthority {
      configuration.trustRoots = .certificates(
        try Self.reading(clientAuthority, "certificates in PEM") { try NIOSSLCertificate.fromPEMBytes(Array($0)) })
      configuration.certificateVerification = .noHostnameVerification
    }
    do {
      // Whether certificate and key go together is known once they are put to use.
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw .input("\(certificate) and \(key) do not go together: \(error)")
    }
    self.configuration = configuration
  }

  private static func reading<Result>(
    _ path: String, _ expected: String, _ read: (Data) throws -> Result
  ) throws(OrchestrationFault) -> Result {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .input("\(path): there is no such file, or it cannot be read")
    }
    do {
      return try read(data)
    } catch {
      throw .input("\(path): expected \(expected)")
    }
  }
}
