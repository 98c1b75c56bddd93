import Interchange
import LibraryOS

/// The parameters of sessions, as far as they were given.
struct Settings {
  /// What cookies are signed with: the first signs, all verify.
  var keys: [SessionKey]?
  /// Sessions of another epoch are over.
  var epoch: Int64 = 0
  /// How long a session lasts without a request, in seconds.
  var idle: Int64?
  /// How long a session lasts at all, in seconds.
  var absolute: Int64?
  /// Where a session begins.
  var login: ByteString?
  /// Where it ends.
  var logout: ByteString?
  /// Where browsers are sent then.
  var landing: ByteString = "/"
  /// Other origins whose pages may change something.
  var origins: [ByteString] = []
  /// Sessions that were ended from outside.
  var revoked: [Revocation] = []

  /// That sessions which began at a time or before are over.
  struct Revocation: Equatable {
    /// Whose; empty: everybody's.
    var principal: ByteString
    /// The last second in which one began, since 1970.
    var time: Int64
  }

  /// How many revocations there can be.
  static let maximumRevocations = 256

  /// How many keys there can be.
  static let maximumKeys = 8
  /// The longest life, 30 days.
  static let maximumLife: Int64 = 30 * 86_400

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "sessions." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "keys": keys = try Settings.keys(parameter.value)
      case "epoch":
        guard let value = parameter.value.integerValue, value >= 0 else {
          throw ParameterFault(qualified, expected: "a number from 0")
        }
        epoch = value
      case "idle-s": idle = try Settings.seconds(parameter.value, qualified)
      case "absolute-s": absolute = try Settings.seconds(parameter.value, qualified)
      case "login": login = try Settings.path(parameter.value, qualified)
      case "logout": logout = try Settings.path(parameter.value, qualified)
      case "landing": landing = try Settings.path(parameter.value, qualified)
      case "origins": origins = try Settings.origins(parameter.value, qualified)
      case "revoked": revoked = try Settings.revocations(parameter.value)
      default:
        throw ParameterFault(
          qualified,
          expected: "no parameter but keys, epoch, idle-s, absolute-s, login, logout, landing, origins and revoked")
      }
    }
    guard keys != nil else { throw SessionKey.fault("to be given at the start") }
    guard idle != nil else { throw ParameterFault("sessions.idle-s", expected: "to be given at the start") }
    guard absolute != nil else { throw ParameterFault("sessions.absolute-s", expected: "to be given at the start") }
    guard let login else { throw ParameterFault("sessions.login", expected: "to be given at the start") }
    guard let logout, logout != login else {
      throw ParameterFault("sessions.logout", expected: "a path that is not that of the login")
    }
  }

  private static func keys(_ value: ParameterValue) throws(ParameterFault) -> [SessionKey] {
    guard let items = value.listValue, !items.isEmpty, items.count <= maximumKeys else {
      throw SessionKey.fault("a list of 1 to 8 keys")
    }
    var keys: [SessionKey] = []
    for item in items {
      let key = try SessionKey(item)
      guard !keys.contains(where: { $0.id == key.id }) else { throw SessionKey.fault("ids that differ") }
      keys.append(key)
    }
    return keys
  }

  private static func revocations(_ value: ParameterValue) throws(ParameterFault) -> [Revocation] {
    let fault = ParameterFault("sessions.revoked", expected: "a list of at most 256 maps with principal and before")
    guard let items = value.listValue, items.count <= maximumRevocations else { throw fault }
    var revocations: [Revocation] = []
    for item in items {
      guard case .map(let fields) = item, fields.count == 2, let principal = item["principal"]?.textValue,
        principal.count <= 1024, let time = item["before"]?.integerValue, time >= 0
      else { throw fault }
      revocations.append(Revocation(principal: principal, time: time))
    }
    return revocations
  }

  /// Whether a session that began then was ended from outside.
  func isRevoked(_ principal: ByteString, begun: Int64) -> Bool {
    revoked.contains { $0.time >= begun && ($0.principal.isEmpty || $0.principal == principal) }
  }

  private static func seconds(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> Int64 {
    guard let seconds = value.integerValue, seconds >= 1, seconds <= maximumLife else {
      throw ParameterFault(name, expected: "seconds from 1 to 2592000")
    }
    return seconds
  }

  /// A path as requests have it after normalization, which can stand in a header field.
  private static func path(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> ByteString {
    guard let path = value.textValue, path.count <= 256, PathPrefix(path) != nil else {
      throw ParameterFault(name, expected: "a path such as /login")
    }
    for byte in path.bytes where byte <= 0x20 || byte > 0x7E {
      throw ParameterFault(name, expected: "a path of printable ASCII characters")
    }
    // Two slashes at the beginning would lead to another host.
    guard !path.hasPrefix("//") else { throw ParameterFault(name, expected: "a path such as /login") }
    return path
  }

  private static func origins(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> [ByteString] {
    guard let items = value.listValue, items.count <= 64 else {
      throw ParameterFault(name, expected: "a list of at most 64 origins")
    }
    var origins: [ByteString] = []
    for item in items {
      guard let origin = item.textValue, origin.hasPrefix("https://"), origin.count <= 256, origin.isPrintable else {
        throw ParameterFault(name, expected: "origins such as https://shop.example")
      }
      origins.append(origin)
    }
    return origins
  }
}
