internal import CBearSSL
import Interchange
import LibraryOS

/// What all handshakes of an image have in common, for as long as it lives.
final class TransportConstants {
  let curves = Curves.makeTable()
  let policyTable = ServerPolicy.makeTable()
  let clientNames = ClientNames()
  /// AEAD suites with forward secrecy, and no others (RFC 5289, RFC 7905).
  let suites = UnsafeMutableBufferPointer<UInt16>.allocate(capacity: 6)

  init() {
    _ = suites.initialize(from: [
      UInt16(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), UInt16(BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
      UInt16(BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), UInt16(BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
      UInt16(BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), UInt16(BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ])
  }
}

/// What ALPN may select (RFC 7301), in BearSSL's form, for as long as an image lives.
struct ProtocolName {
  /// One entry: the name with a zero behind it.
  let list: UnsafePointer<UnsafePointer<CChar>?>

  init(_ name: ByteString) {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: name.count + 1)
    for index in 0..<name.count { (text + index).initialize(to: CChar(bitPattern: name.bytes[index])) }
    (text + name.count).initialize(to: 0)
    let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: 1)
    list.initialize(to: UnsafePointer(text))
    self.list = UnsafePointer(list)
  }
}

/// What a handshake goes by: the settings in force when it began.
final class TransportEnvironment {
  let shared: TransportConstants
  let clientAuthentication: TransportSettings.ClientAuthentication
  /// Who signs clients' certificates; `nil` where clients are not asked.
  let trust: TrustAnchors?
  /// Sessions that can be resumed; `nil` where they cannot.
  let cache: SessionCache?
  private let identities: [Identity]
  private let backends: [BackendEnvironment]

  init(_ settings: TransportSettings, shared: TransportConstants) {
    self.shared = shared
    identities = settings.identities
    clientAuthentication = settings.clientAuthentication
    let asksClients = settings.clientAuthentication != .none
    trust = asksClients ? TrustAnchors(settings.authorities) : nil
    cache = asksClients || !settings.servesSecurely ? nil : SessionCache()
    var backends: [BackendEnvironment] = []
    for backend in settings.backends {
      let trust = TrustAnchors(backend.authorities)
      for address in backend.addresses {
        backends.append(BackendEnvironment(backend, at: address, trust: trust, shared: shared))
      }
    }
    self.backends = backends
  }

  /// What handshakes with a backend go by; `nil` where it is not spoken to over TLS.
  func backend(at address: Endpoint) -> BackendEnvironment? {
    backends.first { $0.address == address }
  }

  /// The identities for a name in lower case: those that have it, or all, in order.
  func identities(for name: ByteString) -> [Identity] {
    let named = name.isEmpty ? [] : identities.filter { $0.isNamed(name) }
    return named.isEmpty ? identities : named
  }
}

/// Sessions that clients may resume (RFC 5246, 7.4.1.2), the least recently used of which gives way. New settings begin
/// with an empty one, so that no session outlives the key it was made with.
final class SessionCache {
  /// How many sessions are kept. Each takes 100 bytes.
  static let capacity = 512
  /// After this time all are forgotten, and with them what past traffic could be decrypted with.
  static let lifetime = TimeSpan.seconds(3600)

  let table = UnsafeMutablePointer<br_ssl_session_cache_lru>.allocate(capacity: 1)
  private let store = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: SessionCache.capacity * 100)
  private var begun: Instant?

  init() {
    store.initialize(repeating: 0)
    br_ssl_session_cache_lru_init(table, store.baseAddress, store.count)
  }

  deinit {
    wipe()
    table.deallocate()
    store.deallocate()
  }

  /// Forgets all sessions when the first of them may be too old.
  func refresh(at now: Instant) {
    if let begun, now - begun < SessionCache.lifetime { return }
    if begun != nil {
      wipe()
      br_ssl_session_cache_lru_init(table, store.baseAddress, store.count)
    }
    begun = now
  }

  private func wipe() {
    if let start = store.baseAddress { cbearssl_wipe(start, store.count) }
  }
}
