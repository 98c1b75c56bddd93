import Interchange
import LibraryOS

/// The parameters of Basic authentication, as far as they were given.
struct Settings: Sendable {
  /// The protection space that clients are told (RFC 9110, 11.5).
  var realm: ByteString?
  /// Who has an account, sorted by name.
  var accounts: [Account]?
  /// Whether a request without credentials is refused here, and not left to authorization.
  var isRequired = false
  /// The module's place among those that authenticate.
  var precedence = 0

  /// How many accounts there can be.
  static let maximumAccounts = 4096

  /// Changes what `parameters` name, and keeps the rest.
  mutating func apply(_ parameters: [Parameter]) throws(ParameterFault) {
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      let qualified = "basic-authentication." + parameter.name
      guard !parameters[..<index].contains(where: { $0.name == parameter.name }) else {
        throw ParameterFault(qualified, expected: "to be given once")
      }
      switch parameter.name {
      case "realm":
        guard let text = parameter.value.textValue, text.count <= 256, text.isPrintable else {
          throw ParameterFault(qualified, expected: "a text of at most 256 bytes without control characters")
        }
        realm = text
      case "accounts":
        accounts = try Settings.accounts(parameter.value)
      case "required":
        guard let value = parameter.value.booleanValue else { throw ParameterFault(qualified, expected: "a Boolean") }
        isRequired = value
      case "precedence":
        guard let value = parameter.value.integerValue, value >= 0, value <= 99 else {
          throw ParameterFault(qualified, expected: "a number from 0 to 99")
        }
        precedence = Int(value)
      default:
        throw ParameterFault(qualified, expected: "no parameter but realm, accounts, precedence and required")
      }
    }
    guard realm != nil else {
      throw ParameterFault("basic-authentication.realm", expected: "to be given at the start")
    }
    guard accounts != nil else { throw Account.fault("to be given at the start") }
  }

  private static func accounts(_ value: ParameterValue) throws(ParameterFault) -> [Account] {
    guard let items = value.listValue, items.count <= maximumAccounts else {
      throw Account.fault("a list of at most 4096 accounts")
    }
    var accounts: [Account] = []
    for item in items { accounts.append(try Account(item)) }
    accounts.heapSort { $0.name < $1.name }
    for index in 0..<max(accounts.count - 1, 0) where accounts[index].name == accounts[index + 1].name {
      throw Account.fault("names that differ")
    }
    return accounts
  }
}

extension [Account] {
  /// The account of that name, in a list that is sorted by name.
  func named(_ name: ByteString) -> Account? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].name == name ? self[low] : nil
  }
}
