import Cedar

/// What a search looks for (AuthZEN Authorization API 1.0, sections 8 to 10).
enum SearchKind: Sendable {
  case subject, resource, action
}

/// Who, what or which actions (AuthZEN Authorization API 1.0, sections 8.1, 9.1 and 10.1).
struct SearchRequest: Sendable {
  /// No page has more results.
  static let maximumLimit = 1000

  var kind: SearchKind
  /// Without `id` where it is sought.
  var subject: AccessEntity
  /// None where actions are sought.
  var action: AccessAction?
  var resource: AccessEntity
  var context: [CedarString: JSONText]
  /// How many results are wanted at most.
  var limit = Self.maximumLimit
  /// The identifier or name after which to go on; `nil` at the beginning.
  var after: CedarString?

  init(_ kind: SearchKind, _ fields: [CedarString: JSONText]) throws(MalformedAccessRequest) {
    var reader = AccessRequestReader()
    let subject = reader.entity("subject", fields, isSought: kind == .subject)
    let action = kind == .action ? nil : reader.action(fields)
    let resource = reader.entity("resource", fields, isSought: kind == .resource)
    let context = reader.object("context", fields) ?? [:]
    self.kind = kind
    self.subject = subject ?? AccessEntity(type: "", id: "")
    self.action = action
    self.resource = resource ?? AccessEntity(type: "", id: "")
    self.context = context
    if let page = reader.object("page", fields) {
      switch page["limit"] {
      case .integer(let number)? where number >= 0: limit = Int(min(number, Int64(Self.maximumLimit)))
      // `100.0` is a whole number, too, and `1e2`.
      case .number(let text)? where Self.whole(text) != nil: limit = min(Self.whole(text) ?? 0, Self.maximumLimit)
      case .some(let other):
        let found = if case .integer(let number) = other { "\(number)" } else { other.kindName }
        reader.add("page.limit", "`limit` is \(found)", expected: "a whole number that is not negative")
      case nil: break
      }
      switch page["token"] {
      case .string(let text)? where text.string.isEmpty: break
      case .string(let text)?:
        guard let token = PageToken(text.string) else {
          reader.add("page.token", "this is not a token", expected: "the `next_token` of the page before")
          break
        }
        after = token.after
      case .some(let other): reader.add("page.token", "`token` is \(other.kindName)", expected: "a string")
      case nil: break
      }
    }
    _ = try reader.result(true)
  }

  /// The whole number, not negative, that a number with a fraction or an exponent is, or as near as matters here.
  private static func whole(_ text: String) -> Int? {
    guard let number = Double(text), number >= 0, number == number.rounded() else { return nil }
    return Int(min(number, 1e15))
  }
}

/// Where the next page begins: after a name. It says so itself, so that nothing is kept for a client between two pages,
/// and a page of a later version goes on where the one before ended.
struct PageToken: Sendable {
  /// The last name that was looked at; `nil` before the first.
  var after: CedarString?

  init(after: CedarString?) { self.after = after }

  /// Reads hexadecimal digits of UTF-8 after a letter that tells whether there is a name.
  init?(_ text: String) {
    if text == "b" { return }
    let digits = Array(text.utf8)
    guard digits.first == 0x61, digits.count % 2 == 1 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 1, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16),
        digits[index] != 0x2B
      else { return nil }
      bytes.append(byte)
    }
    guard let name = String(validating: bytes, as: UTF8.self) else { return nil }
    after = CedarString(name)
  }

  /// The token.
  var text: String {
    guard let after else { return "b" }
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: [0x61] + after.string.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
