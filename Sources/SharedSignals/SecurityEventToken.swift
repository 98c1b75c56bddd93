public import Foundation

/// A security event token (RFC 8417): a JWT that says what happened, signed by who knows (RFC 7515, compact form).
///
/// It is read in two steps: what it says of itself, to find the keys that it must be signed with; then, once it is
/// verified, what happened.
public struct SecurityEventToken: Sendable {
  /// Who says so (`iss`).
  public let issuer: String
  /// Its identifier (`jti`), never used twice by an issuer.
  public let identifier: String
  /// When it was issued (`iat`), in seconds since 1970.
  public let issued: Double
  /// Whom it is for (`aud`).
  public let audiences: [String]
  /// Whom or what it is about, as text: the subject identifier's parts (RFC 9493), sorted. Empty where it says nothing.
  public let subject: String
  /// The name of the subject, as its identifier's format has it: an address, `sub`, `id` and the like (RFC 9493, 3.2). Empty
  /// where there is none.
  public let subjectName: String

  private let algorithm: String
  private let keyIdentifier: String?
  private let signed: Data
  private let signature: Data
  /// The claims, as they are written.
  private let content: String

  /// No token is longer, in bytes.
  public static let maximumBytes = 65_536
  /// No more events are in one.
  static let mostEvents = 16
  /// How long ago a token may have been issued, in seconds, and how far a transmitter's clock may be ahead.
  public static let longestAge = 86_400.0
  static let clockSkew = 300.0

  /// Reads a token, without trusting it.
  public init(_ text: String) throws(SignalRefusal) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard text.utf8.count <= Self.maximumBytes, parts.count == 3, let header = Self.object(parts[0]),
      let claims = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else {
      throw SignalRefusal(
        .invalidRequest, "the body is no signed token in compact form of at most \(Self.maximumBytes) bytes (RFC 7515)")
    }
    // The type keeps tokens of other uses, which an issuer signs with the same key, from being taken for this (2.3).
    let type = (header["typ"] as? String)?.lowercased()
    guard type == "secevent+jwt" || type == "application/secevent+jwt" else {
      throw SignalRefusal(.invalidRequest, "the header's `typ` is not `secevent+jwt`")
    }
    guard header["crit"] == nil else {
      throw SignalRefusal(.invalidRequest, "the header has `crit`, of which nothing is understood")
    }
    algorithm = header["alg"] as? String ?? ""
    keyIdentifier = header["kid"] as? String
    signed = Data((parts[0] + "." + parts[1]).utf8)
    self.signature = signature
    issuer = try Self.text("iss", claims)
    identifier = try Self.text("jti", claims)
    guard let issued = claims["iat"] as? Double, issued.isFinite, issued >= 0 else {
      throw SignalRefusal(.invalidRequest, "`iat` is no time in seconds")
    }
    self.issued = issued
    audiences = (claims["aud"] as? [String]) ?? (claims["aud"] as? String).map { [$0] } ?? []
    content = parts[1]
    subject = Self.subject(claims["sub_id"])
    subjectName = Self.subjectName(claims["sub_id"])
  }

  /// Verifies that the token is signed by one of the keys, is for this audience, and of this time. Returns the events that
  /// are understood; a token may have others.
  public func verified(
    with keys: TransmitterKeys, audience: String, now: Date
  ) throws(SignalRefusal) -> [SharedSignal] {
    // A key is for one algorithm: the token does not choose (RFC 8725, 3.1).
    let isOnly = keys.keys.count == 1 && (keyIdentifier == nil || keys.keys[nil] != nil)
    guard let key = keys.keys[keyIdentifier] ?? (isOnly ? keys.keys.values.first : nil) else {
      throw SignalRefusal(.invalidKey, "the key `\(keyIdentifier ?? "")` is not one of the transmitter's")
    }
    guard key.algorithm == algorithm else {
      throw SignalRefusal(.invalidKey, "the algorithm is `\(algorithm)`, expected `\(key.algorithm)` of this key")
    }
    guard key.verifies(signature, over: signed) else {
      throw SignalRefusal(.authenticationFailed, "the signature is not valid")
    }
    guard audiences.contains(audience) else {
      throw SignalRefusal(.invalidAudience, "the token is not for this recipient")
    }
    let time = now.timeIntervalSince1970
    guard issued <= time + Self.clockSkew, issued >= time - Self.longestAge else {
      throw SignalRefusal(.invalidRequest, "`iat` is not within the last day")
    }
    guard let events = Self.object(content)?["events"] as? [String: [String: Any]],
      (1...Self.mostEvents).contains(events.count)
    else { throw SignalRefusal(.invalidRequest, "`events` is no object of 1 to \(Self.mostEvents) events") }
    var signals: [SharedSignal] = []
    for kind in SharedSignal.Kind.allCases {
      if let payload = events[kind.type] { signals.append(try SharedSignal(kind, payload)) }
    }
    return signals
  }

  private static func object(_ part: String) -> [String: Any]? {
    Base64URL.decode(part).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
  }

  private static func text(_ name: String, _ claims: [String: Any]) throws(SignalRefusal) -> String {
    guard let text = claims[name] as? String, (1...512).contains(text.utf8.count) else {
      throw SignalRefusal(.invalidRequest, "`\(name)` is no text of 1 to 512 bytes")
    }
    return text
  }

  private static func subjectName(_ value: Any?) -> String {
    guard let object = value as? [String: Any] else { return "" }
    // Of a complex subject, the user.
    let simple = object["user"] as? [String: Any] ?? object
    let name =
      ["email", "sub", "id", "phone_number", "uri", "url"].lazy.compactMap { simple[$0] as? String }.first ?? ""
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    return isPlain && name.utf8.count <= 256 ? name : ""
  }

  private static func subject(_ value: Any?) -> String {
    guard let object = value as? [String: Any] else { return "" }
    let text = object.sorted { $0.key < $1.key }.compactMap { name, value in
      (value as? String).map { "\(name)=\($0)" } ?? (value as? [String: Any]).map { "\(name)(\(subject($0)))" }
    }.joined(separator: " ")
    return String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(Character.init).prefix(256))
  }
}
