import Interchange
import LibraryOS

/// The parameters of authentication by API keys, as far as they were given.
struct Settings: Sendable {
  /// The protection space that clients are told (RFC 9110, 11.5).
  var realm: ByteString?
  /// The header field that keys are shown in, in lower case; empty for none.
  var header: ByteString = "x-api-key"
  /// The parameter of the query that keys are shown in; empty for none.
  var query: ByteString = ""
  /// The keys, sorted by identifier.
  var keys: [ClientKey]?
  /// The module's place among those that authenticate.
  var precedence = 0

  /// How many keys there can be.
  static let maximumKeys = 4096

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "api-key-authentication." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "realm":
        guard let text = parameter.value.textValue, text.count <= 256, text.isPrintable else {
          throw ParameterFault(qualified, expected: "a text of at most 256 bytes without control characters")
        }
        realm = text
      case "header": header = try Settings.name(parameter.value, qualified)
      case "query": query = try Settings.name(parameter.value, qualified)
      case "keys": keys = try Settings.keys(parameter.value)
      case "precedence":
        guard let value = parameter.value.integerValue, value >= 0, value <= 99 else {
          throw ParameterFault(qualified, expected: "a number from 0 to 99")
        }
        precedence = Int(value)
      default:
        throw ParameterFault(qualified, expected: "no parameter but realm, header, query, keys and precedence")
      }
    }
    guard realm != nil else {
      throw ParameterFault("api-key-authentication.realm", expected: "to be given at the start")
    }
    guard keys != nil else { throw ClientKey.fault("to be given at the start") }
    guard !header.isEmpty || !query.isEmpty else {
      throw ParameterFault("api-key-authentication.header", expected: "a name, or one of a parameter of the query")
    }
  }

  /// The name of a field or parameter, in characters that need no encoding anywhere; empty for none.
  private static func name(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> ByteString {
    guard let text = value.textValue, text.count <= 64 else {
      throw ParameterFault(name, expected: "a text of at most 64 bytes")
    }
    for byte in text.bytes {
      switch byte {
      case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: continue
      case 0x41...0x5A where name == "api-key-authentication.query": continue
      default: throw ParameterFault(name, expected: "letters (in lower case for a header), digits, -, _ and .")
      }
    }
    return text
  }

  private static func keys(_ value: ParameterValue) throws(ParameterFault) -> [ClientKey] {
    guard let items = value.listValue, items.count <= maximumKeys else {
      throw ClientKey.fault("a list of at most 4096 keys")
    }
    var keys: [ClientKey] = []
    for item in items { keys.append(try ClientKey(item)) }
    keys.heapSort { $0.id < $1.id }
    for index in 0..<max(keys.count - 1, 0) where keys[index].id == keys[index + 1].id {
      throw ClientKey.fault("ids that differ")
    }
    return keys
  }
}
