import Interchange

/// Why a token is refused. Only events tell; a client learns that it is invalid, and no more.
enum TokenFault: Error, Equatable, Sendable {
  /// Not three parts of base64url, or too long.
  case form
  /// The header is no JSON object, or says what is not understood.
  case header
  /// An algorithm that is not accepted, `none` included.
  case algorithm
  /// No key has this identifier and algorithm.
  case key
  /// The signature is not the key's.
  case signature
  /// The claims are no JSON object, or one has the wrong type.
  case claims
  /// It is over.
  case expired
  /// It has not begun.
  case notYetValid
  /// Somebody else issued it.
  case issuer
  /// It is meant for somebody else.
  case audience
  /// Whoever it speaks of is not to be let in.
  case revoked

  /// Too many forged tokens came from the same source of late; this one was not looked at.
  case tooMany

  /// Whether nobody who was given a token by the issuer would show this one: a token that has ended, is for somebody else or
  /// of a key that is gone is none that was guessed.
  var isForgery: Bool {
    switch self {
    case .form, .header, .algorithm, .signature: true
    case .key, .claims, .expired, .notYetValid, .issuer, .audience, .revoked, .tooMany: false
    }
  }

  /// The name in events.
  var name: ByteString {
    switch self {
    case .form: "form"
    case .header: "header"
    case .algorithm: "algorithm"
    case .key: "key"
    case .signature: "signature"
    case .claims: "claims"
    case .expired: "expired"
    case .notYetValid: "not yet valid"
    case .issuer: "issuer"
    case .audience: "audience"
    case .revoked: "revoked"
    case .tooMany: "too many failures"
    }
  }
}
