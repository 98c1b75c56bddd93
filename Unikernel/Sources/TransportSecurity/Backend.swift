internal import CBearSSL
import Interchange
import LibraryOS

/// Servers that are spoken to over TLS, and what they must show.
struct Backend {
  /// The most backends, addresses of one, and authorities of one.
  static let maximumCount = 64
  static let maximumAddresses = 16
  static let maximumAuthorities = 16

  /// Where it answers. Nothing goes there in clear.
  let addresses: [Endpoint]
  /// The DNS name that its certificate must be for, and that it is asked for.
  let name: ByteString
  /// Who may have signed its certificate, or the certificate itself.
  let authorities: [Authority]
  /// What it is shown if it asks for a certificate.
  let identity: Identity?

  /// Reads one item of the parameter `backends`.
  init(_ value: ParameterValue, curves: UnsafePointer<br_ec_impl>) throws(ParameterFault) {
    let shown = value["identity"]
    guard case .map(let fields) = value, fields.count == (shown == nil ? 3 : 4),
      let items = value["addresses"]?.listValue,
      let name = value["name"]?.textValue, let trusted = value["authorities"]?.listValue
    else { throw Backend.fault("maps with addresses, name and authorities, each once, and perhaps identity") }
    guard !name.isEmpty, name.count <= 253, name.isPrintable else { throw Backend.fault("names of 1 to 253 bytes") }
    guard items.count <= Backend.maximumAddresses else { throw Backend.fault("at most 16 addresses") }
    var addresses: [Endpoint] = []
    for item in items {
      guard let address = item.textValue.flatMap({ Endpoint($0) }) else {
        throw Backend.fault("addresses such as 10.77.0.3:443")
      }
      addresses.append(address)
    }
    guard !trusted.isEmpty, trusted.count <= Backend.maximumAuthorities else {
      throw Backend.fault("1 to 16 authorities")
    }
    var authorities: [Authority] = []
    for item in trusted { authorities.append(try Authority(ofBackend: item)) }
    if let shown { identity = try Identity(shown, curves: curves) } else { identity = nil }
    self.addresses = addresses
    self.name = name
    self.authorities = authorities
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("transport-security.backends", expected: expected)
  }
}

/// One address of a backend: what its handshakes go by, and the session that the next of them may resume. New settings
/// begin with new ones, so that no session outlives the trust it was made with.
final class BackendEnvironment {
  let address: Endpoint
  let shared: TransportConstants
  let trust: TrustAnchors
  /// The name with a zero behind it.
  let name: [CChar]
  /// What it is shown if it asks for a certificate.
  let identity: Identity?
  private var session = br_ssl_session_parameters()
  private var begun: Instant?

  init(_ backend: Backend, at address: Endpoint, trust: TrustAnchors, shared: TransportConstants) {
    self.address = address
    self.shared = shared
    self.trust = trust
    identity = backend.identity
    name = backend.name.bytes.map { CChar(bitPattern: $0) } + [0]
  }

  deinit { forget() }

  /// Has an engine offer the last session (RFC 5246, 7.4.1.2); `false` if there is none, or it is too old.
  func offer(to engine: UnsafeMutablePointer<br_ssl_engine_context>, at now: Instant) -> Bool {
    guard let begun else { return false }
    guard now - begun < SessionCache.lifetime else {
      forget()
      return false
    }
    br_ssl_engine_set_session_parameters(engine, &session)
    return true
  }

  /// Keeps the session of a handshake in which the backend has shown its certificate.
  func keep(_ engine: UnsafeMutablePointer<br_ssl_engine_context>, at now: Instant) {
    br_ssl_engine_get_session_parameters(engine, &session)
    begun = session.session_id_len > 0 ? now : nil
  }

  /// Forgets the session: what it was made with may be what a handshake failed over.
  func forget() {
    cbearssl_wipe(&session, MemoryLayout<br_ssl_session_parameters>.size)
    begun = nil
  }
}

/// Takes the place of the network: what goes to backends goes over TLS, all else as before.
final class SecureNetwork: StreamNetwork {
  private let module: TransportSecurity
  private let network: any StreamNetwork

  init(module: TransportSecurity, network: any StreamNetwork) {
    self.module = module
    self.network = network
  }

  func listen(port: UInt16, acceptor: any StreamAcceptor) -> Bool {
    network.listen(port: port, acceptor: acceptor)
  }

  func connect(to remote: Endpoint, handler: any StreamHandler) -> (any ByteStream)? {
    switch module.way(to: remote) {
    case .clear: return network.connect(to: remote, handler: handler)
    case .none: return nil
    case .secure(let environment):
      let connection = SecureConnection()
      guard let under = network.connect(to: remote, handler: connection) else { return nil }
      if let reason = connection.earlyEnd {
        handler.streamClosed(under, reason: reason)
        return under
      }
      guard let stream = module.connect(over: under, to: environment, for: handler) else {
        under.abort()
        return nil
      }
      connection.stream = stream
      if connection.isOpen { stream.streamOpened(under) }
      return stream
    }
  }
}

/// Handles the stream below a connection to a backend. It is there before that stream is, and so before what handles it
/// in the end.
private final class SecureConnection: StreamHandler {
  var stream: SecureStream?
  private(set) var isOpen = false
  private(set) var earlyEnd: CloseReason?

  func streamOpened(_ stream: any ByteStream) {
    isOpen = true
    self.stream?.streamOpened(stream)
  }

  func streamReadable(_ stream: any ByteStream) { self.stream?.streamReadable(stream) }

  func streamWritable(_ stream: any ByteStream) { self.stream?.streamWritable(stream) }

  func streamEnded(_ stream: any ByteStream) { self.stream?.streamEnded(stream) }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    if let secured = self.stream {
      self.stream = nil
      secured.streamClosed(stream, reason: reason)
    } else {
      earlyEnd = reason
    }
  }
}
