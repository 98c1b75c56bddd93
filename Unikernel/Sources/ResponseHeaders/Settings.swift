import Interchange
import LibraryOS

/// The parameters of response headers, as far as they were given.
struct Settings: Sendable {
  /// What every answer has, in the place of what it had of the same name.
  var fields: [HTTPField]?
  /// Who of other origins may read answers.
  var crossOrigin = CrossOrigin()

  /// How many fields there can be.
  static let maximumFields = 32
  /// How long a value can be, in bytes.
  static let maximumValue = 4096
  /// How many origins, methods or names there can be.
  static let maximumNames = 64

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "response-headers." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "fields": fields = try Settings.fields(parameter.value)
      case "origins":
        let origins = try Settings.texts(parameter.value, qualified)
        crossOrigin.isOpen = origins == ["*"]
        crossOrigin.origins = crossOrigin.isOpen ? [] : origins
        for origin in crossOrigin.origins {
          guard origin.hasPrefix("https://") || origin.hasPrefix("http://"), !origin.bytes.contains(0x2A) else {
            throw ParameterFault(qualified, expected: "origins such as https://shop.example, or * alone")
          }
        }
      case "methods": crossOrigin.methods = try Settings.tokens(parameter.value, qualified)
      case "headers": crossOrigin.headers = try Settings.tokens(parameter.value, qualified)
      case "exposed": crossOrigin.exposed = try Settings.tokens(parameter.value, qualified)
      case "credentials":
        guard let value = parameter.value.booleanValue else { throw ParameterFault(qualified, expected: "a Boolean") }
        crossOrigin.allowsCredentials = value
      case "max-age-s":
        guard let value = parameter.value.integerValue, value >= 0, value <= 86_400 else {
          throw ParameterFault(qualified, expected: "seconds from 0 to 86400")
        }
        crossOrigin.maximumAge = value
      default:
        throw ParameterFault(
          qualified, expected: "no parameter but fields, origins, methods, headers, exposed, credentials and max-age-s")
      }
    }
    guard fields != nil else {
      throw ParameterFault("response-headers.fields", expected: "to be given at the start")
    }
    guard !crossOrigin.isOpen || !crossOrigin.allowsCredentials else {
      throw ParameterFault("response-headers.credentials", expected: "false where any origin will do")
    }
  }

  private static func fields(_ value: ParameterValue) throws(ParameterFault) -> [HTTPField] {
    guard let items = value.listValue, items.count <= maximumFields else { throw fault("a list of at most 32 fields") }
    var fields: [HTTPField] = []
    for item in items {
      guard case .map(let members) = item, members.count == 2, let name = item["name"]?.textValue,
        let text = item["value"]?.textValue
      else { throw fault("maps with name and value") }
      guard CrossOrigin.names(name) == [name], name.count <= 64 else { throw fault("names in lower case") }
      guard !text.isEmpty, text.count <= maximumValue, isVisible(text) else {
        throw fault("values of 1 to 4096 printable ASCII characters")
      }
      guard !fields.contains(where: { $0.name == name }) else { throw fault("names that differ") }
      fields.append(HTTPField(name, text))
    }
    return fields
  }

  private static func texts(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> [ByteString] {
    guard let items = value.listValue, items.count <= maximumNames else {
      throw ParameterFault(name, expected: "a list of at most 64 texts")
    }
    var texts: [ByteString] = []
    for item in items {
      guard let text = item.textValue, !text.isEmpty, text.count <= 256, isVisible(text), !text.bytes.contains(0x20)
      else { throw ParameterFault(name, expected: "texts of 1 to 256 printable ASCII characters without spaces") }
      texts.append(text)
    }
    return texts
  }

  private static func tokens(_ value: ParameterValue, _ name: ByteString) throws(ParameterFault) -> [ByteString] {
    let texts = try texts(value, name)
    for text in texts {
      guard CrossOrigin.isToken(text), text != "*" else { throw ParameterFault(name, expected: "names, and not *") }
    }
    return texts
  }

  /// Whether a text is of printable ASCII, so that no line can end in it.
  private static func isVisible(_ text: ByteString) -> Bool {
    for byte in text.bytes where byte < 0x20 || byte > 0x7E {
      return false
    }
    return true
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("response-headers.fields", expected: expected)
  }
}
