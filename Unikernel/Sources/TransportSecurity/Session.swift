internal import CBearSSL
import Interchange
import LibraryOS

/// One connection's TLS: BearSSL's engine, a server's or a client's, with its record buffers. Sessions are pooled; what they held is wiped
/// before the next connection gets them.
final class Session {
  /// Records may carry 16 KiB in (RFC 5246, 6.2.1); out, half of that is as fast and costs less memory.
  static let inputLength = 16_384 + 325
  static let outputLength = 8192 + 85
  /// What a record adds to its content, at most: header, explicit nonce and tag.
  static let recordOverhead = 5 + 8 + 16
  /// The content of a full record.
  static let recordContent = outputLength - 85
  /// Memory for one connection, in bytes.
  static let size = inputLength + outputLength + contextLength + 512
  /// Room for a server's state or a client's.
  private static let contextLength = max(
    MemoryLayout<br_ssl_server_context>.size, MemoryLayout<br_ssl_client_context>.size)

  private let memory = UnsafeMutableRawPointer.allocate(byteCount: Session.contextLength, alignment: 16)
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Session.inputLength, alignment: 64)
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: Session.outputLength, alignment: 64)
  private let policy = UnsafeMutablePointer<ServerPolicy>.allocate(capacity: 1)
  private var environment: TransportEnvironment?
  private var selected: Identity?
  /// Where this is the client of a backend, what the handshake goes by.
  private var backend: BackendEnvironment?
  /// Checks the client's certificate, where clients are asked for one, or the backend's.
  private(set) var validator: ClientValidator?

  deinit {
    clear()
    memory.deallocate()
    input.deallocate()
    output.deallocate()
    policy.deallocate()
  }

  /// BearSSL's engine.
  var engine: UnsafeMutablePointer<br_ssl_engine_context> {
    memory.assumingMemoryBound(to: br_ssl_engine_context.self)
  }

  private var context: UnsafeMutablePointer<br_ssl_server_context> {
    memory.assumingMemoryBound(to: br_ssl_server_context.self)
  }

  private var client: UnsafeMutablePointer<br_ssl_client_context> {
    memory.assumingMemoryBound(to: br_ssl_client_context.self)
  }

  /// Begins as a server that waits for a ClientHello, on a connection for one protocol or any. `false` if BearSSL refuses,
  /// which it does without random bytes.
  func begin(
    in environment: TransportEnvironment, protocol name: ProtocolName?, seed: [UInt8], wallMilliseconds: UInt64
  ) -> Bool {
    self.environment = environment
    br_ssl_server_zero(context)
    setAlgorithms(environment.shared)
    var flags = UInt32(1 << 1)  // no renegotiation
    if let name {
      br_ssl_engine_set_protocol_names(engine, UnsafeMutablePointer(mutating: name.list), 1)
      flags |= 1 << 3  // no connection for another protocol
    }
    if let trust = environment.trust {
      let validator = ClientValidator(
        trust: trust, names: environment.shared.clientNames, curves: environment.shared.curves,
        wallMilliseconds: wallMilliseconds)
      self.validator = validator
      br_ssl_engine_set_x509(engine, cbearssl_validator(validator.context))
      br_ssl_server_set_trust_anchor_names_alt(context, trust.anchors.baseAddress, trust.anchors.count)
      if environment.clientAuthentication == .requested { flags |= 1 << 2 }
    } else if let cache = environment.cache {
      // A session that is resumed does not show who the client is: sessions with certificates are not kept.
      br_ssl_server_set_cache(context, cbearssl_cache(cache.table))
    }
    br_ssl_engine_set_all_flags(engine, flags)
    policy.initialize(
      to: ServerPolicy(table: environment.shared.policyTable, session: Unmanaged.passUnretained(self).toOpaque()))
    br_ssl_server_set_policy(
      context,
      UnsafeMutableRawPointer(policy).assumingMemoryBound(to: UnsafePointer<br_ssl_server_policy_class>?.self))
    setBuffers(seed)
    guard br_ssl_server_reset(context) == 1 else { return false }
    // For alerts before a version was agreed on.
    context.pointee.eng.version_out = UInt16(BR_TLS12)
    return true
  }

  /// Begins as a client that says ClientHello to a backend, and offers to resume the last session with it.
  func begin(to backend: BackendEnvironment, seed: [UInt8], wallMilliseconds: UInt64, at now: Instant) -> Bool {
    self.backend = backend
    br_ssl_client_zero(client)
    setAlgorithms(backend.shared)
    let validator = ClientValidator(
      trust: backend.trust, names: backend.shared.clientNames, curves: backend.shared.curves,
      wallMilliseconds: wallMilliseconds)
    self.validator = validator
    br_ssl_engine_set_x509(engine, cbearssl_validator(validator.context))
    br_ssl_engine_set_all_flags(engine, UInt32(1 << 1))  // no renegotiation
    backend.identity?.show(to: client, curves: backend.shared.curves)
    setBuffers(seed)
    let resumes = backend.offer(to: engine, at: now)
    return br_ssl_client_reset(client, backend.name, resumes ? 1 : 0) == 1
  }

  private func setAlgorithms(_ shared: TransportConstants) {
    br_ssl_engine_set_versions(engine, UInt32(BR_TLS12), UInt32(BR_TLS12))
    br_ssl_engine_set_suites(engine, shared.suites.baseAddress, shared.suites.count)
    cbearssl_set_suites(engine)
    cbearssl_set_ciphers(engine)
    br_ssl_engine_set_ec(engine, shared.curves)
    br_ssl_engine_set_rsavrfy(engine, cbearssl_rsa_verify())
    br_ssl_engine_set_ecdsa(engine, br_ecdsa_i31_vrfy_asn1)
  }

  private func setBuffers(_ seed: [UInt8]) {
    br_ssl_engine_set_buffers_bidi(
      engine, input.baseAddress, Session.inputLength, output.baseAddress, Session.outputLength)
    br_ssl_engine_inject_entropy(engine, seed, seed.count)
    // An image has no other source of randomness to ask.
    engine.pointee.rng_os_rand_done = 1
  }

  /// The handshake with a backend succeeded: a session in which it showed its certificate can be resumed.
  func keepSession(at now: Instant) {
    if !isResumed { backend?.keep(engine, at: now) }
  }

  /// The handshake with a backend failed: the next begins from nothing.
  func forgetSession() { backend?.forget() }

  /// Whether the handshake took up an earlier session: then nothing had to be chosen, or shown. Known until
  /// `endHandshake`.
  var isResumed: Bool { backend == nil ? selected == nil : validator?.sawCertificate != true }

  /// The handshake is over: what only it needed is given back.
  func endHandshake() {
    selected = nil
    validator = nil
    environment = nil
    backend = nil
  }

  /// Forgets the connection and wipes what it left.
  func clear() {
    endHandshake()
    cbearssl_wipe(memory, Session.contextLength)
    if let start = input.baseAddress { cbearssl_wipe(start, Session.inputLength) }
    if let start = output.baseAddress { cbearssl_wipe(start, Session.outputLength) }
  }

  // MARK: Policy

  /// Chooses the identity for the name that the client asked for, and the first suite of the client's that fits its key.
  func choose(_ server: UnsafePointer<br_ssl_server_context>, _ choices: UnsafeMutablePointer<br_ssl_server_choices>)
    -> Bool
  {
    guard let environment else { return false }
    let candidates = environment.identities(for: serverName(server))
    let hashes = br_ssl_server_get_client_hashes(server)
    let curves = br_ssl_server_get_client_curves(server)
    var count = 0
    guard let suites = br_ssl_server_get_client_suites(server, &count) else { return false }
    for index in 0..<count {
      let exchange = Int32(suites[index].1 >> 12)
      let needsRSA = exchange == BR_SSLKEYX_ECDHE_RSA
      guard needsRSA || exchange == BR_SSLKEYX_ECDHE_ECDSA && curves >> UInt32(BR_EC_secp256r1) & 1 == 1,
        let hash = Session.hash(among: needsRSA ? hashes : hashes >> 8),
        let identity = candidates.first(where: { $0.isRSA == needsRSA })
      else { continue }
      selected = identity
      choices.pointee.cipher_suite = suites[index].0
      choices.pointee.algo_id = 0xFF00 + UInt32(hash)
      choices.pointee.chain = UnsafePointer(identity.chain.baseAddress)
      choices.pointee.chain_len = identity.chain.count
      return true
    }
    return false
  }

  /// Signs what the engine hashed, in place.
  func sign(_ algorithm: UInt32, _ data: UnsafeMutablePointer<UInt8>, _ hashLength: Int, _ capacity: Int) -> Int {
    guard let selected, let environment, hashLength <= 64 else { return 0 }
    return selected.sign(
      data, count: hashLength, with: Int32(algorithm & 0xFF), into: data, capacity: capacity,
      curves: environment.shared.curves)
  }

  /// SHA-256, 384 or 512, whichever comes first in a set of hash functions.
  private static func hash(among set: UInt32) -> Int32? {
    for hash in Int32(br_sha256_ID)...Int32(br_sha512_ID) where set >> UInt32(hash) & 1 == 1 { return hash }
    return nil
  }

  /// The name of the client's SNI extension (RFC 6066, 3), in lower case; empty without one.
  private func serverName(_ server: UnsafePointer<br_ssl_server_context>) -> ByteString {
    let engine = UnsafeRawPointer(server).assumingMemoryBound(to: br_ssl_engine_context.self)
    guard let name = br_ssl_engine_get_server_name(engine) else { return "" }
    var bytes: [UInt8] = []
    while bytes.count < 255, name[bytes.count] != 0 {
      let byte = UInt8(bitPattern: name[bytes.count])
      bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
    }
    return ByteString(bytes)
  }
}

/// What BearSSL calls during a handshake, in its form: a table of functions, then what they work on.
struct ServerPolicy {
  var table: UnsafePointer<br_ssl_server_policy_class>
  var session: UnsafeMutableRawPointer

  /// The functions. Key exchanges without forward secrecy are not there.
  static func makeTable() -> UnsafePointer<br_ssl_server_policy_class> {
    let table = UnsafeMutablePointer<br_ssl_server_policy_class>.allocate(capacity: 1)
    table.initialize(
      to: br_ssl_server_policy_class(
        context_size: MemoryLayout<ServerPolicy>.size,
        choose: { policy, server, choices in
          guard let session = ServerPolicy.session(policy), let server, let choices else { return 0 }
          return session.choose(server, choices) ? 1 : 0
        },
        do_keyx: { _, _, _ in 0 },
        do_sign: { policy, algorithm, data, hashLength, capacity in
          guard let session = ServerPolicy.session(policy), let data else { return 0 }
          return session.sign(algorithm, data, hashLength, capacity)
        }))
    return UnsafePointer(table)
  }

  private static func session(
    _ policy: UnsafeMutablePointer<UnsafePointer<br_ssl_server_policy_class>?>?
  ) -> Session? {
    guard let policy else { return nil }
    let context = UnsafeRawPointer(policy).assumingMemoryBound(to: ServerPolicy.self)
    return Unmanaged<Session>.fromOpaque(context.pointee.session).takeUnretainedValue()
  }
}
