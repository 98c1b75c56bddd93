import Interchange
import LibraryOS

/// How often one source may ask for certain paths.
struct Limit: Equatable, Sendable {
  /// The parts of the tree of paths that it is meant for.
  var prefixes: [PathPrefix]
  /// So many requests per interval, in the long run.
  var requests: UInt64
  /// The interval, in microseconds.
  var intervalMicroseconds: UInt64
  /// So many requests at once, after a time without any.
  var burst: UInt64

  /// Reads one item of the parameter `limits`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value else {
      throw Limit.fault("a map with paths, requests, interval-ms and burst")
    }
    for field in fields {
      guard
        field.name == "paths" || field.name == "requests" || field.name == "interval-ms" || field.name == "burst"
      else { throw Limit.fault("no fields but paths, requests, interval-ms and burst") }
    }
    guard fields.count == 4 else { throw Limit.fault("paths, requests, interval-ms and burst, each once") }
    guard let paths = value["paths"]?.listValue, !paths.isEmpty, paths.count <= 256 else {
      throw Limit.fault("paths as a list of 1 to 256 path prefixes")
    }
    prefixes = []
    for path in paths {
      guard let text = path.textValue, let prefix = PathPrefix(text) else {
        throw Limit.fault("path prefixes such as / or /orders")
      }
      prefixes.append(prefix)
    }
    requests = try Limit.number(value["requests"], upTo: 1_000_000, expected: "requests from 1 to 1000000")
    burst = try Limit.number(value["burst"], upTo: 1_000_000, expected: "burst from 1 to 1000000")
    intervalMicroseconds =
      try Limit.number(value["interval-ms"], upTo: 86_400_000, expected: "interval-ms from 1 to 86400000") * 1000
  }

  /// Whether this limit is meant for `path`.
  func covers(_ path: ByteString) -> Bool {
    for prefix in prefixes where prefix.claim(path) != nil {
      return true
    }
    return false
  }

  private static func number(
    _ value: ParameterValue?, upTo bound: Int64, expected: ByteString
  ) throws(ParameterFault) -> UInt64 {
    guard let number = value?.integerValue, number >= 1, number <= bound else { throw fault(expected) }
    return UInt64(number)
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault("rate-limit.limits", expected: expected)
  }
}
