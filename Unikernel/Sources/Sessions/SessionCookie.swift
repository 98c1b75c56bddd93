import Cryptography
import Interchange
import LibraryOS

/// A session as its cookie has it. Everything is in the cookie, signed; the image keeps only which sessions have ended.
struct SessionCookie: Equatable {
  /// A random number that no two sessions share.
  var id: [UInt8]
  /// The epoch of the settings it began in.
  var epoch: Int64
  /// When whoever it is showed other credentials, in seconds since 1970.
  var begun: Int64
  /// When the cookie was last made anew.
  var renewed: Int64
  /// Who it is.
  var principal: Principal

  /// The name, whose prefix has browsers take it over TLS only, for this host and all its paths (RFC 6265bis, 4.1.3.2).
  static let name: ByteString = "__Host-session"
  /// The most bytes of a value: browsers keep 4096 with name and attributes.
  static let maximumLength = 3800
  /// The number of bytes in an identifier.
  static let idLength = 16
  private static let version: UInt8 = 1
  /// What the key signs here is nothing that it signs elsewhere.
  private static let purpose: ByteString = "testudo session 1"

  /// Why a cookie is not believed.
  enum Fault: Error {
    /// It has not the form, or is of a key that is not there any more.
    case unknown
    /// The key is there, and has not signed it.
    case forged
  }

  /// The value, signed for `host`; `nil` if it would be too long for browsers.
  func signed(with key: SessionKey, host: ByteString) -> ByteString? {
    var writer = ByteWriter()
    writer.write(SessionCookie.version)
    writer.write(key.id)
    writer.write(raw: id)
    writer.write(fixed: epoch)
    writer.write(fixed: begun)
    writer.write(fixed: renewed)
    writer.write(principal.name)
    writer.write(fixed: UInt16(clamping: principal.roles.count))
    for role in principal.roles { writer.write(role) }
    let payload = Base64.encodeURL(writer.bytes)
    let code = Base64.encodeURL(key.prepared.code(SessionCookie.message(payload, host: host)))
    guard payload.count + 1 + code.count <= SessionCookie.maximumLength else { return nil }
    return ByteString(payload + [0x2E] + code)
  }

  /// Reads a value, and believes it only if one of the keys has signed it for `host`.
  init(reading value: ByteString, keys: [SessionKey], host: ByteString) throws(Fault) {
    guard value.count <= SessionCookie.maximumLength, let dot = value.bytes.firstIndex(of: 0x2E),
      let payload = Base64.decodeURL(value.bytes[..<dot]), let code = Base64.decodeURL(value.bytes[(dot + 1)...])
    else { throw .unknown }
    var reader = ByteReader(payload)
    let key: SessionKey
    do throws(DecodingFault) {
      let version = try reader.readByte()
      let name = try reader.readText(limit: SessionKey.longestID)
      guard version == SessionCookie.version, let named = keys.first(where: { $0.id == name }) else { throw .invalid }
      key = named
    } catch { throw .unknown }
    let expected = key.prepared.code(SessionCookie.message(Array(value.bytes[..<dot]), host: host))
    guard constantTimeEquals(expected, code) else { throw .forged }
    // Only now is anything that it says looked at.
    do throws(DecodingFault) {
      id = try reader.readRaw(SessionCookie.idLength)
      epoch = try reader.readFixed(Int64.self)
      begun = try reader.readFixed(Int64.self)
      renewed = try reader.readFixed(Int64.self)
      let subject = try reader.readText(limit: 1024)
      let count = try reader.readFixed(UInt16.self)
      var roles: [ByteString] = []
      for _ in 0..<count { roles.append(try reader.readText(limit: 1024)) }
      try reader.finish()
      principal = Principal(name: subject, roles: roles, scheme: "session")
    } catch { throw .unknown }
    guard !principal.isVisitor else { throw .unknown }
  }

  /// A session that begins.
  init(id: [UInt8], epoch: Int64, begun: Int64, principal: Principal) {
    self.id = id
    self.epoch = epoch
    self.begun = begun
    renewed = begun
    self.principal = principal
  }

  /// What is signed: the purpose and the host, so that a key which is used elsewhere too makes no session here.
  private static func message(_ payload: [UInt8], host: ByteString) -> [UInt8] {
    purpose.bytes + [0] + host.bytes + [0] + payload
  }
}

/// A key that cookies are signed with.
struct SessionKey {
  /// What cookies name it by.
  var id: ByteString
  /// The key.
  var secret: [UInt8]
  /// The key, ready for use.
  var prepared: HMACSHA256

  /// The most bytes of an identifier.
  static let longestID = 64

  /// Reads one item of the parameter `keys`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value, fields.count == 2 else { throw SessionKey.fault("maps with id and key") }
    guard let id = value["id"]?.textValue, !id.isEmpty, id.count <= SessionKey.longestID, id.isPrintable else {
      throw SessionKey.fault("an id of 1 to 64 bytes")
    }
    guard let secret = value["key"]?.bytesValue, secret.count >= 32, secret.count <= 1024 else {
      throw SessionKey.fault("a key of 32 to 1024 bytes")
    }
    self.id = id
    self.secret = secret
    prepared = HMACSHA256(key: secret)
  }

  static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("sessions.keys", expected: expected)
  }
}
