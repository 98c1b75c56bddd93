import CBearSSL
import Interchange
import LibraryOS
import LibraryOSTesting

/// A TLS client on BearSSL, at the other end of a stream in memory.
final class TLSClient: StreamHandler {
  /// What a client does differently from the usual one.
  struct Options {
    var version = UInt32(BR_TLS12)
    var suites: [UInt16]?
    var serverName = "portal.test"
    var protocols: [StaticString] = []
    var certificate: (chain: [[UInt8]], key: [UInt8])?
    var session: br_ssl_session_parameters?
    /// Changes a record on its way to the server, or swallows it.
    var tampering: ((Int, [UInt8]) -> [UInt8]?)?
  }

  let context = UnsafeMutablePointer<br_ssl_client_context>.allocate(capacity: 1)
  private let validator = UnsafeMutablePointer<br_x509_knownkey_context>.allocate(capacity: 1)
  private let recorder = RecordingValidator()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 33_178, alignment: 16)
  private var allocations: [UnsafeMutableRawPointer] = []
  private(set) var stream: InMemoryStream?
  private let options: Options
  private var recordCount = 0
  private var unsent: [UInt8] = []
  private var pending: [UInt8] = []
  private var wantsClose = false

  /// The content received.
  private(set) var received: [UInt8] = []
  /// The bytes received, as they came.
  private(set) var rawReceived: [UInt8] = []
  private(set) var hasEnded = false
  private(set) var closeReason: CloseReason?
  var isReading = true
  var closesInTurn = true

  init(_ network: InMemoryNetwork, _ options: Options = Options()) {
    self.options = options
    let curves = br_ec_get_default()
    br_ssl_client_zero(context)
    let engine = self.engine
    br_ssl_engine_set_versions(engine, min(options.version, UInt32(BR_TLS12)), options.version)
    let suites =
      options.suites
      ?? [0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0xC02C, 0xC030].map { UInt16($0) }
    br_ssl_engine_set_suites(engine, suites, suites.count)
    cbearssl_set_suites(engine)
    cbearssl_set_ciphers(engine)
    br_ssl_engine_set_hash(engine, Int32(br_sha1_ID), &hashes.sha1)
    br_ssl_engine_set_hash(engine, Int32(br_md5_ID), &hashes.md5)
    br_ssl_engine_set_prf10(engine, br_tls10_prf)
    br_ssl_engine_set_default_aes_cbc(engine)
    br_ssl_client_set_default_rsapub(context)
    br_ssl_engine_set_ec(engine, curves)
    br_ssl_engine_set_default_rsavrfy(engine)
    br_ssl_engine_set_default_ecdsa(engine)
    br_ssl_engine_set_x509(engine, recorder.asClass)
    setProtocols()
    setCertificate(curves)
    br_ssl_engine_set_buffer(engine, buffer.baseAddress, buffer.count, 1)
    let seed = (0..<48).map { UInt8($0) }
    br_ssl_engine_inject_entropy(engine, seed, seed.count)
    if var session = options.session { br_ssl_engine_set_session_parameters(engine, &session) }
    _ = br_ssl_client_reset(context, options.serverName, options.session == nil ? 0 : 1)
    stream = network.open(from: IPv4Address(10, 77, 0, 9), to: Endpoint(network.address, port: 443), handler: self)
  }

  private let hashes = Hashes()

  deinit {
    context.deallocate()
    validator.deallocate()
    buffer.deallocate()
    for memory in allocations { memory.deallocate() }
  }

  var engine: UnsafeMutablePointer<br_ssl_engine_context> {
    UnsafeMutableRawPointer(context).assumingMemoryBound(to: br_ssl_engine_context.self)
  }

  var state: UInt32 { br_ssl_engine_current_state(engine) }
  /// Whether the handshake is over and content can be sent.
  var isOpen: Bool { state & UInt32(BR_SSL_SENDAPP) != 0 }
  /// BearSSL's error; 256 and the alert that was received.
  var error: Int32 { br_ssl_engine_last_error(engine) }
  var suite: UInt16 { context.pointee.eng.session.cipher_suite }
  var session: br_ssl_session_parameters { context.pointee.eng.session }
  var selectedProtocol: String? { br_ssl_engine_get_selected_protocol(engine).map { String(cString: $0) } }
  /// The certificate that the server showed.
  var serverCertificate: [UInt8] { recorder.leaf }

  private func setProtocols() {
    guard !options.protocols.isEmpty else { return }
    let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: options.protocols.count)
    allocations.append(UnsafeMutableRawPointer(names))
    for (index, name) in options.protocols.enumerated() {
      names[index] = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    br_ssl_engine_set_protocol_names(engine, names, options.protocols.count)
  }

  private func setCertificate(_ curves: UnsafePointer<br_ec_impl>?) {
    guard let certificate = options.certificate else { return }
    let chain = UnsafeMutablePointer<br_x509_certificate>.allocate(capacity: certificate.chain.count)
    allocations.append(UnsafeMutableRawPointer(chain))
    for (index, bytes) in certificate.chain.enumerated() {
      let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
      copy.initialize(from: bytes, count: bytes.count)
      allocations.append(UnsafeMutableRawPointer(copy))
      chain[index] = br_x509_certificate(data: copy, data_len: bytes.count)
    }
    let key = UnsafeMutablePointer<br_skey_decoder_context>.allocate(capacity: 1)
    allocations.append(UnsafeMutableRawPointer(key))
    br_skey_decoder_init(key)
    br_skey_decoder_push(key, certificate.key, certificate.key.count)
    br_ssl_client_set_single_ec(
      context, chain, certificate.chain.count, br_skey_decoder_get_ec(key), UInt32(BR_KEYTYPE_SIGN),
      UInt32(BR_KEYTYPE_EC), curves, br_ecdsa_i31_sign_asn1)
  }

  // MARK: Content

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    unsent.append(contentsOf: bytes)
    pump()
  }

  /// Sends close_notify.
  func close() {
    wantsClose = true
    pump()
  }

  /// Ends without close_notify.
  func closeBelow() { stream?.close() }

  /// Sends bytes that are no record of the engine.
  func sendRaw(_ bytes: [UInt8]) {
    if let stream { _ = stream.write(bytes[...]) }
  }

  func pump() {
    guard let stream else { return }
    var moved = true
    while moved {
      moved = false
      var count = 0
      if !unsent.isEmpty, let content = br_ssl_engine_sendapp_buf(engine, &count), count > 0 {
        let taken = min(count, unsent.count)
        content.update(from: unsent, count: taken)
        unsent.removeFirst(taken)
        br_ssl_engine_sendapp_ack(engine, taken)
        br_ssl_engine_flush(engine, 0)
        moved = true
      }
      if wantsClose, unsent.isEmpty, state & UInt32(BR_SSL_SENDREC) == 0, isOpen {
        wantsClose = false
        br_ssl_engine_close(engine)
      }
      while let record = br_ssl_engine_sendrec_buf(engine, &count), count > 0 {
        pass(Array(UnsafeBufferPointer(start: record, count: count)))
        br_ssl_engine_sendrec_ack(engine, count)
        moved = true
      }
      flushPending(stream)
      if let content = br_ssl_engine_recvapp_buf(engine, &count), count > 0 {
        received.append(contentsOf: UnsafeBufferPointer(start: content, count: count))
        br_ssl_engine_recvapp_ack(engine, count)
        moved = true
      }
      if isReading, let space = br_ssl_engine_recvrec_buf(engine, &count), count > 0 {
        let bytes = stream.read(limit: count)
        guard !bytes.isEmpty else { continue }
        rawReceived.append(contentsOf: bytes)
        space.update(from: bytes, count: bytes.count)
        br_ssl_engine_recvrec_ack(engine, bytes.count)
        moved = true
      }
    }
  }

  private func pass(_ record: [UInt8]) {
    defer { recordCount += 1 }
    guard let tampering = options.tampering else {
      pending.append(contentsOf: record)
      return
    }
    if let changed = tampering(recordCount, record) { pending.append(contentsOf: changed) }
  }

  private func flushPending(_ stream: InMemoryStream) {
    guard !pending.isEmpty else { return }
    pending.removeFirst(stream.write(pending[...]))
  }

  // MARK: StreamHandler

  func streamOpened(_ stream: any ByteStream) { pump() }
  func streamReadable(_ stream: any ByteStream) { pump() }
  func streamWritable(_ stream: any ByteStream) { pump() }

  func streamEnded(_ stream: any ByteStream) {
    pump()
    hasEnded = true
    if closesInTurn { stream.close() }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) { closeReason = reason }
}

/// Hash functions that only a client which offers old versions needs.
private final class Hashes {
  var sha1 = br_sha1_vtable
  var md5 = br_md5_vtable
}

/// Takes whatever certificate comes, notes it, and uses its key.
private final class RecordingValidator {
  private struct Context {
    var table: UnsafePointer<br_x509_class>?
    var owner: UnsafeMutableRawPointer?
  }

  private let context = UnsafeMutablePointer<Context>.allocate(capacity: 1)
  private let table = UnsafeMutablePointer<br_x509_class>.allocate(capacity: 1)
  private let decoder = UnsafeMutablePointer<br_x509_decoder_context>.allocate(capacity: 1)
  private var count = 0
  private(set) var leaf: [UInt8] = []

  init() {
    br_x509_decoder_init(decoder, nil, nil)
    table.initialize(
      to: br_x509_class(
        context_size: 16, start_chain: { _, _ in }, start_cert: { _, _ in },
        append: { context, bytes, count in
          let owner = RecordingValidator.owner(context)
          guard owner.count == 0, let bytes else { return }
          owner.leaf.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
          br_x509_decoder_push(owner.decoder, bytes, count)
        },
        end_cert: { RecordingValidator.owner($0).count += 1 },
        end_chain: { _ in 0 },
        get_pkey: { context, usages in
          usages?.pointee = UInt32(BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN)
          return UnsafePointer(
            br_x509_decoder_get_pkey(RecordingValidator.owner(UnsafeMutablePointer(mutating: context)).decoder))
        }))
    context.initialize(to: Context(table: table, owner: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit {
    context.deallocate()
    table.deallocate()
    decoder.deallocate()
  }

  var asClass: UnsafeMutablePointer<UnsafePointer<br_x509_class>?> {
    UnsafeMutableRawPointer(context).assumingMemoryBound(to: UnsafePointer<br_x509_class>?.self)
  }

  private static func owner(_ pointer: UnsafeMutablePointer<UnsafePointer<br_x509_class>?>?) -> RecordingValidator {
    let context = UnsafeMutableRawPointer(pointer!).assumingMemoryBound(to: Context.self)
    return Unmanaged<RecordingValidator>.fromOpaque(context.pointee.owner!).takeUnretainedValue()
  }
}
