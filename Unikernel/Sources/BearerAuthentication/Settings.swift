import Interchange
import LibraryOS

/// The parameters of Bearer authentication, as far as they were given.
struct Settings: Equatable, Sendable {
  /// The protection space that clients are told (RFC 9110, 11.5).
  var realm: ByteString?
  /// Who issues tokens: what `iss` must be.
  var issuer: ByteString?
  /// What `aud` must contain, if this is given.
  var audience: ByteString?
  /// What tokens are verified with. No two have the same identifier.
  var keys: [VerificationKey]?
  /// Whether a request without credentials is refused here, and not left to authorization.
  var isRequired = false
  /// The module's place among those that authenticate.
  var precedence = 0
  /// How far the issuer's clock may be from this one, in seconds.
  var leeway: Int64 = 0

  /// Subjects whose tokens are not accepted, whoever signed them.
  var revoked: [ByteString] = []

  /// How many subjects can be revoked.
  static let maximumRevoked = 256
  /// The most leeway.
  static let maximumLeeway: Int64 = 300
  /// How many keys there can be.
  static let maximumKeys = 64

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "bearer-authentication." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "realm": realm = try Settings.text(parameter.value, qualified)
      case "issuer": issuer = try Settings.text(parameter.value, qualified)
      case "audience":
        // The empty text: tokens are not asked for whom they are, as a level without an audience has it.
        let text = try Settings.text(parameter.value, qualified)
        audience = text.isEmpty ? nil : text
      case "keys": keys = try Settings.keys(parameter.value)
      case "required":
        guard let value = parameter.value.booleanValue else { throw ParameterFault(qualified, expected: "a Boolean") }
        isRequired = value
      case "leeway-s":
        guard let value = parameter.value.integerValue, value >= 0, value <= Settings.maximumLeeway else {
          throw ParameterFault(qualified, expected: "seconds from 0 to 300")
        }
        leeway = value
      case "precedence":
        guard let value = parameter.value.integerValue, value >= 0, value <= 99 else {
          throw ParameterFault(qualified, expected: "a number from 0 to 99")
        }
        precedence = Int(value)
      case "revoked":
        guard let items = parameter.value.listValue, items.count <= Settings.maximumRevoked else {
          throw ParameterFault(qualified, expected: "a list of at most 256 subjects")
        }
        var subjects: [ByteString] = []
        for item in items { subjects.append(try Settings.text(item, qualified)) }
        revoked = subjects
      default:
        throw ParameterFault(
          qualified,
          expected: "no parameter but realm, issuer, audience, keys, leeway-s, precedence, required and revoked")
      }
    }
    guard realm != nil else {
      throw ParameterFault("bearer-authentication.realm", expected: "to be given at the start")
    }
    guard issuer != nil else {
      throw ParameterFault("bearer-authentication.issuer", expected: "to be given at the start")
    }
    guard keys != nil else { throw VerificationKey.fault("to be given at the start") }
  }

  private static func text(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> ByteString {
    guard let text = value.textValue, text.count <= 1024, text.isPrintable else {
      throw ParameterFault(name, expected: "a text of at most 1024 bytes without control characters")
    }
    return text
  }

  private static func keys(_ value: ParameterValue) throws(ParameterFault) -> [VerificationKey] {
    guard let items = value.listValue, items.count <= maximumKeys else {
      throw VerificationKey.fault("a list of at most 64 keys")
    }
    var keys: [VerificationKey] = []
    for item in items {
      let key = try VerificationKey(item)
      guard !keys.contains(where: { $0.id == key.id }) else { throw VerificationKey.fault("ids that differ") }
      keys.append(key)
    }
    return keys
  }
}
