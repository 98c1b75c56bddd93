import Interchange
import LibraryOS

/// How often one party may ask for certain things.
struct Limit: Equatable, Sendable {
  /// Whose requests share a bucket.
  var party: Party
  /// The requests that it is meant for.
  var selection: RequestSelection
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
    var count = 0
    for field in fields {
      switch field.name {
      case "paths", "requests", "interval-ms", "burst": count += 1
      case "per", "methods": break
      default: throw Limit.fault("no fields but paths, requests, interval-ms, burst, per and methods")
      }
    }
    guard count == 4 else { throw Limit.fault("paths, requests, interval-ms and burst, each once") }
    guard let party = Party(value["per"]) else { throw Limit.fault("per as source, principal or all") }
    self.party = party
    selection = try RequestSelection(value, of: Limit.parameter)
    requests = try Limit.number(value["requests"], upTo: 1_000_000, expected: "requests from 1 to 1000000")
    burst = try Limit.number(value["burst"], upTo: 1_000_000, expected: "burst from 1 to 1000000")
    intervalMicroseconds =
      try Limit.number(value["interval-ms"], upTo: 86_400_000, expected: "interval-ms from 1 to 86400000") * 1000
  }

  private static let parameter: ByteString = "rate-limit.limits"

  private static func number(
    _ value: ParameterValue?, upTo bound: Int64, expected: ByteString
  ) throws(ParameterFault) -> UInt64 {
    guard let number = value?.integerValue, number >= 1, number <= bound else { throw fault(expected) }
    return UInt64(number)
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault(parameter, expected: expected)
  }
}
