import Interchange
import LibraryOS

/// A part of a request that patterns are looked for in.
enum Part: Sendable {
  /// The path as all that follow see it: normalized.
  case path
  /// The same, with what is still percent-encoded decoded.
  case decodedPath
  /// The query as sent.
  case query
  /// The query decoded as that of a form.
  case decodedQuery
  /// The values of header fields.
  case header
  /// The body as sent.
  case body
  /// The body, decoded if it is a form.
  case decodedBody

  /// The part of that name.
  init?(_ name: ByteString) {
    if name.equals("path") {
      self = .path
    } else if name.equals("decoded-path") {
      self = .decodedPath
    } else if name.equals("query") {
      self = .query
    } else if name.equals("decoded-query") {
      self = .decodedQuery
    } else if name.equals("header") {
      self = .header
    } else if name.equals("body") {
      self = .body
    } else if name.equals("decoded-body") {
      self = .decodedBody
    } else {
      return nil
    }
  }

  var isBody: Bool { self == .body || self == .decodedBody }
}

/// A part of a request with the table that is walked over it.
struct Subject: Equatable, Sendable {
  var part: Part
  /// The name of the header fields, in lower case; empty for all.
  var header: ByteString
  /// The number of the table.
  var table: Int
  /// So many bytes of a body are looked at.
  var limit: Int
}

/// What was found in one request: each subject is walked over at most once, when the first rule needs it.
struct Inspection {
  private var results: [UInt32] = []
  private var isKnown: [Bool] = []
  /// Steps in tables since the start.
  private(set) var steps: UInt64 = 0

  /// Makes room for the subjects of a rule set.
  mutating func prepare(for set: RuleSet) {
    results = [UInt32](repeating: 0, count: set.subjects.count)
    isKnown = [Bool](repeating: false, count: set.subjects.count)
  }

  /// Forgets the last request.
  mutating func begin() {
    for index in 0..<isKnown.count { isKnown[index] = false }
  }

  /// The patterns that are found in a subject, one bit each.
  mutating func found(_ subject: Int, of set: RuleSet, in request: HTTPRequest) -> UInt32 {
    if isKnown[subject] { return results[subject] }
    let result = walk(set.subjects[subject], set, request)
    results[subject] = result
    isKnown[subject] = true
    return result
  }

  private mutating func walk(_ subject: Subject, _ set: RuleSet, _ request: HTTPRequest) -> UInt32 {
    let table = set.tables[subject.table]
    switch subject.part {
    case .path: return walk(request.path.bytes, .max, .plain, table)
    case .decodedPath: return walk(request.path.bytes, .max, .percent, table)
    case .query: return walk(request.query.bytes, .max, .plain, table)
    case .decodedQuery: return walk(request.query.bytes, .max, .form, table)
    case .body: return walk(request.body, subject.limit, .plain, table)
    case .decodedBody:
      return walk(request.body, subject.limit, MediaType.isForm(request) ? .form : .plain, table)
    case .header:
      var found: UInt32 = 0
      for field in request.headers where subject.header.isEmpty || field.name == subject.header {
        found |= walk(field.value.bytes, .max, .plain, table)
      }
      return found
    }
  }

  private mutating func walk(
    _ bytes: [UInt8], _ limit: Int, _ encoding: Encoding, _ table: PatternTable
  ) -> UInt32 {
    var walk = PatternTable.Walk(table)
    let end = min(bytes.count, limit)
    var index = 0
    while index < end {
      walk.step(encoding.next(bytes, &index), table)
      steps &+= 1
    }
    return walk.end(table)
  }
}
