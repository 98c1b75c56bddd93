import Cryptography
import Interchange
import LibraryOS

/// The claims of a JSON Web Token (RFC 7519) whose signature was verified.
struct WebToken: Equatable, Sendable {
  /// Who it speaks of.
  var principal: Principal
  /// `exp`: from this second since 1970 on, it is not accepted.
  var expiry: Int64
  /// `nbf`: before this second, it is not accepted.
  var notBefore: Int64?

  /// Longer tokens are refused, in bytes.
  static let maximumLength = 8192
  /// Longer names and roles are refused, in bytes.
  static let maximumNameLength = 256
  /// A token with more roles is refused.
  static let maximumRoles = 64

  /// Verifies a signed token in compact form (RFC 7515, 3.1 and 5.2; RFC 7519, 7.2; RFC 8725).
  init(verifying token: ByteString, settings: Settings, now seconds: Int64) throws(TokenFault) {
    guard token.count <= WebToken.maximumLength else { throw .form }
    let bytes = token.bytes
    guard let firstDot = bytes.firstIndex(of: 0x2E), let lastDot = bytes.lastIndex(of: 0x2E), firstDot < lastDot,
      firstDot > 0, lastDot > firstDot + 1, lastDot < bytes.count - 1,
      !bytes[(firstDot + 1)..<lastDot].contains(0x2E),
      let header = Base64.decodeURL(bytes[..<firstDot]),
      let payload = Base64.decodeURL(bytes[(firstDot + 1)..<lastDot]),
      let signature = Base64.decodeURL(bytes[(lastDot + 1)...])
    else { throw .form }
    let key = try WebToken.key(for: header, among: settings.keys ?? [])
    guard key.verifies(signature, of: Array(bytes[..<lastDot])) else { throw .signature }
    // Only now is anything that the token claims looked at.
    try self.init(claims: payload, settings: settings)
    try check(now: seconds, leeway: settings.leeway)
  }

  /// Checks the times that the token gives for itself. `leeway` is for how many seconds the issuer's clock may go before
  /// or after this one (RFC 7519, 4.1.4 and 4.1.5).
  func check(now seconds: Int64, leeway: Int64) throws(TokenFault) {
    guard seconds < expiry.addingSaturated(leeway) else { throw .expired }
    if let notBefore, seconds.addingSaturated(leeway) < notBefore { throw .notYetValid }
  }

  private static func key(
    for header: [UInt8], among keys: [VerificationKey]
  ) throws(TokenFault) -> VerificationKey {
    let parsed: JSONValue
    do throws(JSONFault) { parsed = try JSONParser.parse(header) } catch { throw .header }
    guard case .object = parsed, let name = parsed["alg"]?.stringValue else { throw .header }
    // Extensions that must be understood are not (RFC 7515, 4.1.11).
    guard parsed["crit"] == nil else { throw .header }
    // Other kinds of token, such as those for a log-out, are not for this purpose (RFC 8725, 3.11).
    if let type = parsed["typ"] {
      guard let text = type.stringValue, isAccepted(type: text) else { throw .header }
    }
    guard let algorithm = VerificationKey.Algorithm(name) else { throw .algorithm }
    guard let id = parsed["kid"] else {
      let candidates = keys.filter { $0.algorithm == algorithm }
      guard candidates.count == 1 else { throw .key }
      return candidates[0]
    }
    guard let id = id.stringValue else { throw .header }
    for key in keys where key.id == id && key.algorithm == algorithm {
      return key
    }
    throw .key
  }

  /// `JWT` (RFC 7519, 5.1) or `at+jwt` (RFC 9068, 2.1), in any case, with or without `application/`.
  private static func isAccepted(type: ByteString) -> Bool {
    var lower: [UInt8] = []
    for byte in type.bytes { lower.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
    let text = ByteString(lower)
    return text == "jwt" || text == "at+jwt" || text == "application/jwt" || text == "application/at+jwt"
  }

  private init(claims payload: [UInt8], settings: Settings) throws(TokenFault) {
    let claims: JSONValue
    do throws(JSONFault) { claims = try JSONParser.parse(payload) } catch { throw .claims }
    guard case .object = claims else { throw .claims }
    guard let issuer = claims["iss"]?.stringValue, issuer == settings.issuer else { throw .issuer }
    if let audience = settings.audience {
      let audiences = claims["aud"]?.stringsValue ?? claims["aud"]?.stringValue.map { [$0] } ?? []
      guard audiences.contains(audience) else { throw .audience }
    }
    guard let expiry = claims["exp"]?.wholeValue else { throw .claims }
    self.expiry = expiry
    if let claim = claims["nbf"] {
      guard let seconds = claim.wholeValue else { throw .claims }
      notBefore = seconds
    }
    guard let name = claims["sub"]?.stringValue, WebToken.isName(name) else { throw .claims }
    var roles: [ByteString] = []
    if let claim = claims["roles"] {
      guard let names = claim.stringsValue, names.count <= WebToken.maximumRoles else { throw .claims }
      for name in names { guard WebToken.isName(name) else { throw .claims } }
      roles = names
    }
    principal = Principal(name: name, roles: roles, scheme: "bearer")
  }

  private static func isName(_ text: ByteString) -> Bool {
    !text.isEmpty && text.count <= maximumNameLength && text.isPrintable
  }
}

extension Int64 {
  /// The sum; the greatest number where it is too great. `other` is not negative.
  fileprivate func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
