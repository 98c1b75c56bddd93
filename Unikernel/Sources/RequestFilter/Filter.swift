import Interchange
import LibraryOS

/// What a filter says of a request.
struct Ruling {
  /// The status of the answer; 0 lets the request go on.
  var status: Int
  /// The rule that decided, or what else did.
  var rule: ByteString
}

/// Rules in their order.
struct Filter: Sendable {
  /// In which parts doubtful percent-encodings are refused.
  enum Ambiguity: Sendable {
    case all
    case path
    case none
  }

  /// The requirement that it comes from.
  var name: ByteString
  var ambiguity: Ambiguity
  /// Whether a body that is longer than what is inspected of it is refused by the rule that would look into it.
  var refusesBeyond: Bool
  /// The status where no rule fits; 0 lets the request go on.
  var defaultStatus: Int
  var rules: [Rule]

  /// Decides about a request.
  func ruling(on exchange: Exchange, _ set: RuleSet, _ inspection: inout Inspection) -> Ruling {
    let request = exchange.request
    if ambiguity != .none, Encoding.isAmbiguous(request.path.bytes) { return Ruling(status: 400, rule: "encoding") }
    if ambiguity == .all, Encoding.isAmbiguous(request.query.bytes) { return Ruling(status: 400, rule: "encoding") }
    for rule in rules where rule.fits(exchange) {
      var isMatched = true
      for match in rule.matches {
        if refusesBeyond, match.isBody, request.body.count > match.limit {
          return Ruling(status: 413, rule: rule.name)
        }
        isMatched = false
        for place in match.places where inspection.found(place.subject, of: set, in: request) & place.bits != 0 {
          isMatched = true
          break
        }
        if !isMatched { break }
      }
      if isMatched { return Ruling(status: rule.status, rule: rule.name) }
    }
    return Ruling(status: defaultStatus, rule: "default")
  }
}

/// What a request must be for a rule to fit. What is empty or absent does not count.
struct Rule: Sendable {
  /// Patterns of which one must be found in a part of the request.
  struct Match: Sendable {
    /// Some patterns of a table.
    struct Place: Sendable {
      /// The number of the subject in the rule set.
      var subject: Int
      /// The patterns in the subject's table, one bit each.
      var bits: UInt32
    }

    /// Whether the part is the body.
    var isBody: Bool
    /// So many bytes of it are looked at, if it is the body.
    var limit: Int
    /// Where the patterns are.
    var places: [Place]
  }

  /// More than so many bytes, or header fields.
  struct Bounds: Sendable {
    var target: Int?
    var query: Int?
    var headers: Int?
    var headerBytes: Int?
    var body: Int?
  }

  var name: ByteString
  /// The status of the answer; 0 lets the request go on.
  var status: Int
  var methods: [ByteString] = []
  var paths: [PathPrefix] = []
  var sources: [IPNetwork] = []
  var present: [ByteString] = []
  var absent: [ByteString] = []
  var mediaTypes: [ByteString] = []
  var over = Bounds()
  var matches: [Match] = []

  /// Whether everything but the patterns fits.
  func fits(_ exchange: Exchange) -> Bool {
    let request = exchange.request
    if !methods.isEmpty, !methods.contains(request.method) { return false }
    if !paths.isEmpty, !paths.contains(where: { $0.claim(request.path) != nil }) { return false }
    if !sources.isEmpty, !sources.contains(where: { $0.contains(exchange.source.address) }) { return false }
    if let bound = over.target {
      let query = request.query.isEmpty ? 0 : request.query.count + 1
      if request.path.count + query <= bound { return false }
    }
    if let bound = over.query, request.query.count <= bound { return false }
    if let bound = over.headers, request.headers.count <= bound { return false }
    if let bound = over.headerBytes {
      var sum = 0
      for field in request.headers { sum += field.name.count + field.value.count }
      if sum <= bound { return false }
    }
    if let bound = over.body, request.body.count <= bound { return false }
    for name in present where request.header(name) == nil { return false }
    for name in absent where request.header(name) != nil { return false }
    return mediaTypes.isEmpty || MediaType.isAmong(mediaTypes, request)
  }
}

/// The media type of a request's content (RFC 9110, 8.3).
enum MediaType {
  /// Whether there is a media type, and each that is said is among those: who reads the first and who reads the last must
  /// not read another one.
  static func isAmong(_ types: [ByteString], _ request: HTTPRequest) -> Bool {
    var isGiven = false
    for field in request.headers where field.name.equals("content-type") {
      isGiven = true
      if !types.contains(where: { covers($0, field.value) }) { return false }
    }
    return isGiven
  }

  /// Whether one of the media types that are said is that of a form.
  static func isForm(_ request: HTTPRequest) -> Bool {
    for field in request.headers where field.name.equals("content-type") {
      if covers("application/x-www-form-urlencoded", field.value) { return true }
    }
    return false
  }

  /// Whether `text/plain`, or a range such as `text/*`, covers a value, whose parameters do not count.
  private static func covers(_ type: ByteString, _ value: ByteString) -> Bool {
    let isRange = type.bytes.last == 0x2A
    let count = isRange ? type.count - 1 : type.count
    guard value.count >= count else { return false }
    for index in 0..<count {
      let byte = value.bytes[index]
      guard (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == type.bytes[index] else { return false }
    }
    if isRange || value.count == count { return true }
    let next = value.bytes[count]
    return next == 0x3B || next == 0x20 || next == 0x09
  }
}
