public import Cedar

// The information model of the AuthZEN Authorization API 1.0, section 5.

/// A subject or a resource (sections 5.1 and 5.2).
struct AccessEntity: Sendable {
  var type: CedarString
  /// Empty where a search leaves it out.
  var id: CedarString
  var properties: [CedarString: JSONText] = [:]

  var uid: EntityUID { EntityUID(type: EntityType(type), id: id) }
}

/// An action (section 5.3).
struct AccessAction: Sendable {
  var name: CedarString
  var properties: [CedarString: JSONText] = [:]
}

/// What is asked: may the subject do this to the resource (section 6.1)?
struct Evaluation: Sendable {
  var subject: AccessEntity
  var action: AccessAction
  var resource: AccessEntity
  var context: [CedarString: JSONText]
}

/// Why a request is not one of the API's: everything that is wrong with it, in order.
public struct MalformedAccessRequest: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, each with its place: `subject.type`, or `line:column` where it is not JSON.
  public var mistakes: [CedarJSONError]

  /// All mistakes, on one line.
  public var description: String { mistakes.map(\.description).joined(separator: "; ") }
}

/// Reads requests, and collects all that is wrong with one. Fields that it does not know are none of its business
/// (section 10.1: they are ignored).
struct AccessRequestReader {
  private(set) var mistakes: [CedarJSONError] = []

  /// The fields of a body.
  static func fields(of body: String) throws(MalformedAccessRequest) -> [CedarString: JSONText] {
    let document: JSONText
    do throws(CedarJSONError) {
      guard body.utf8.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
        throw CedarJSONError(at: "body", "the body is empty", expected: "a JSON object")
      }
      document = try JSONText(parsing: body)
      guard case .object = document else {
        throw CedarJSONError(at: "body", "the body is \(document.kindName)", expected: "a JSON object")
      }
    } catch {
      throw MalformedAccessRequest(mistakes: [error])
    }
    guard case .object(let fields) = document else { return [:] }
    return fields
  }

  mutating func add(_ place: String, _ message: String, expected: String) {
    mistakes.append(CedarJSONError(at: place, message, expected: expected))
  }

  /// The value read, unless something was wrong.
  func result<Result>(_ value: Result?) throws(MalformedAccessRequest) -> Result {
    guard let value, mistakes.isEmpty else { throw MalformedAccessRequest(mistakes: mistakes) }
    return value
  }

  // MARK: Parts

  mutating func evaluation(_ fields: [CedarString: JSONText]) -> Evaluation? {
    let subject = entity("subject", fields)
    let action = action(fields)
    let resource = entity("resource", fields)
    let context = object("context", fields) ?? [:]
    guard let subject, let action, let resource else { return nil }
    return Evaluation(subject: subject, action: action, resource: resource, context: context)
  }

  /// A subject or a resource; where it is what a search looks for, an `id` is ignored.
  mutating func entity(
    _ name: CedarString, _ fields: [CedarString: JSONText], isSought: Bool = false
  ) -> AccessEntity? {
    guard let own = object(name, fields, isRequired: true) else { return nil }
    let type = string("type", own, of: name)
    if isSought { return type.map { AccessEntity(type: $0, id: "") } }
    let id = string("id", own, of: name)
    let properties = object("properties", own, of: name) ?? [:]
    guard let type, let id else { return nil }
    return AccessEntity(type: type, id: id, properties: properties)
  }

  mutating func action(_ fields: [CedarString: JSONText]) -> AccessAction? {
    guard let own = object("action", fields, isRequired: true) else { return nil }
    let name = string("name", own, of: "action")
    let properties = object("properties", own, of: "action") ?? [:]
    return name.map { AccessAction(name: $0, properties: properties) }
  }

  mutating func object(
    _ name: CedarString, _ fields: [CedarString: JSONText], of owner: CedarString? = nil, isRequired: Bool = false
  ) -> [CedarString: JSONText]? {
    let place = owner.map { "\($0).\(name)" } ?? name.string
    switch fields[name] {
    case .object(let own)?: return own
    case nil where !isRequired: return nil
    case nil: add(place, "the request has no `\(name)`", expected: "an object")
    case .some(let other): add(place, "`\(name)` is \(other.kindName)", expected: "an object")
    }
    return nil
  }

  private mutating func string(
    _ name: CedarString, _ fields: [CedarString: JSONText], of owner: CedarString
  ) -> CedarString? {
    switch fields[name] {
    case .string(let text)?: return text
    case nil: add("\(owner).\(name)", "`\(owner)` has no `\(name)`", expected: "a string")
    case .some(let other): add("\(owner).\(name)", "`\(name)` is \(other.kindName)", expected: "a string")
    }
    return nil
  }
}
