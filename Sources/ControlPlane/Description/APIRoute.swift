import Orchestration

/// A route of the API, as it is registered, described, and checked: before a handler sees a request, its query and the
/// kind and length of its body are what stands here.
struct APIRoute: Sendable {
  /// What a body is, and how long at most.
  struct Body: Sendable {
    /// The media types that are taken; the first is the one to send. Empty where any is.
    var types: [String]
    /// The schema in `components/schemas`; `nil` for a text.
    var schema: String?
    /// No more bytes are read.
    var limit = 4 << 20
    /// How another media type is refused: 415, or 400 where a standard says so.
    var refusal = 415
    /// Whether the handler refuses other media types, in a form of its own.
    var isRefusedByHandler = false
  }

  /// What is answered when all goes well: media types, each with the name of its schema, `nil` for a text.
  typealias Answer = (type: String, schema: String?)

  /// The HTTP method.
  var method: String
  /// The path, parameters in braces.
  var path: String
  /// The name of the operation, unique.
  var name: String
  /// What it does, for people.
  var summary: String
  /// What a caller needs to be allowed to; `nil` where no token is needed.
  var operation: APIOperation?
  /// What may stand in the query.
  var queries: [APIParameter] = []
  /// What the body is; `nil` for none.
  var body: Body?
  /// What is answered when all goes well.
  var answers: [Answer]
  /// The status then.
  var status = 200
  /// What is answered besides problems where a request is refused, if a standard says so.
  var refusal: (statuses: Set<Int>, types: [String], schema: String)?
  /// Statuses of problems beside those that any route can answer with.
  var problems: [Int] = []

  /// Whether its query can name a tenant.
  var takesTenant: Bool { queries.contains { $0.name == "tenant" } }

  /// The parameters in its path.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  /// Whether a path is one of this route's: the parts in braces stand for any.
  func matches(_ path: String) -> Bool {
    let own = self.path.split(separator: "/"), other = path.split(separator: "/")
    return own.count == other.count && zip(own, other).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }

  /// The route of a method and a path as the router has it. What is said of GET holds of HEAD (RFC 9110, section
  /// 9.3.2).
  static func of(_ method: String, _ path: String) -> APIRoute? {
    byName["\(method == "HEAD" ? "GET" : method) \(path)"]
  }

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ("\($0.method) \($0.path)", $0) })
}

/// What may stand in the query of a request.
struct APIParameter: Sendable {
  /// What values there are.
  enum Kind: Sendable {
    /// A tenant's name; `*` for all where `everywhere` says so.
    case tenant(everywhere: Bool)
    /// A whole number.
    case number(ClosedRange<Int>)
    /// A text of at most so many characters (Unicode scalars, as JSON Schema counts them), not empty.
    case text(Int)
    /// `true` or `false`.
    case flag
  }

  /// The name.
  var name: String
  /// What values there are.
  var kind: Kind
  /// What it is for.
  var summary: String

  /// The tenant that a request is about.
  static let tenant = APIParameter(
    name: "tenant", kind: .tenant(everywhere: false), summary: "The tenant; `default` unless given.")
  /// The tenant whose things are asked for.
  static let onlyTenant = APIParameter(
    name: "tenant", kind: .tenant(everywhere: false), summary: "Only this tenant's; all unless given.")

  /// What is expected of a value that is none of these; `nil` for one that is.
  func expectation(for value: String) -> String? {
    switch kind {
    case .tenant(let everywhere):
      if everywhere && value == AccessTokens.everywhere || DecisionPoints.isName(value) { return nil }
      return "1 to 40 lower-case letters, digits and `-`, a letter first" + (everywhere ? ", or `*` for all" : "")
    case .number(let range):
      let isPlain = !value.isEmpty && value.utf8.allSatisfy { 0x30...0x39 ~= $0 }
      return isPlain && Int(value).map(range.contains) == true
        ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .text(let limit):
      return (1...limit).contains(value.unicodeScalars.count) ? nil : "a text of 1 to \(limit) characters"
    case .flag:
      return value == "true" || value == "false" ? nil : "`true` or `false`"
    }
  }
}
