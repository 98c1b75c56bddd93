import Interchange
import LibraryOS

/// How many bytes one party may send and get in each period.
struct ByteQuota: Equatable, Sendable {
  /// Whose bytes are counted together.
  var party: Party
  /// The requests that count.
  var selection: RequestSelection
  /// The most bytes of requests, head and content; `nil`: any number.
  var received: UInt64?
  /// The most bytes of responses; `nil`: any number.
  var sent: UInt64?
  /// The period, in microseconds. It begins with the first request after the last one was over.
  var periodMicroseconds: UInt64

  /// The most bytes that can be declared: a pebibyte.
  static let maximumBytes: Int64 = 1 << 50
  /// The longest period that can be declared, in milliseconds: 31 days.
  static let maximumPeriod: Int64 = 31 * 86_400_000

  private static let parameter: ByteString = "quota.quotas"

  /// Reads one item of the parameter `quotas`.
  init(_ value: ParameterValue) throws(ParameterFault) {
    guard case .map(let fields) = value else { throw ByteQuota.fault("a map with paths, period-ms, received and sent") }
    for field in fields {
      switch field.name {
      case "paths", "period-ms", "received", "sent", "per", "methods": break
      default: throw ByteQuota.fault("no fields but paths, period-ms, received, sent, per and methods")
      }
    }
    guard let party = Party(value["per"]) else { throw ByteQuota.fault("per as source, principal or all") }
    self.party = party
    selection = try RequestSelection(value, of: ByteQuota.parameter)
    guard let period = value["period-ms"]?.integerValue, period >= 1, period <= ByteQuota.maximumPeriod else {
      throw ByteQuota.fault("period-ms from 1 to 2678400000")
    }
    periodMicroseconds = UInt64(period) * 1000
    received = try ByteQuota.bytes(value["received"])
    sent = try ByteQuota.bytes(value["sent"])
    guard received != nil || sent != nil else { throw ByteQuota.fault("received, sent, or both") }
  }

  private static func bytes(_ value: ParameterValue?) throws(ParameterFault) -> UInt64? {
    guard let value else { return nil }
    guard let number = value.integerValue, number >= 1, number <= maximumBytes else {
      throw fault("bytes from 1 to 1125899906842624")
    }
    return UInt64(number)
  }

  private static func fault(_ expected: ByteString) -> ParameterFault {
    ParameterFault(parameter, expected: expected)
  }
}

/// What one party has used of a quota in the present period.
struct Usage: Sendable {
  private var began: UInt64
  private var received: UInt64 = 0
  private var sent: UInt64 = 0

  /// Nothing in a period that begins now.
  init(at microseconds: UInt64) {
    began = microseconds
  }

  /// Begins another period where the present one is over.
  mutating func advance(to microseconds: UInt64, _ quota: ByteQuota) {
    guard microseconds > began, microseconds - began >= quota.periodMicroseconds else { return }
    self = Usage(at: microseconds)
  }

  /// Microseconds until the period is over, if all is used; 0 if not.
  func wait(at microseconds: UInt64, _ quota: ByteQuota) -> UInt64 {
    guard received >= quota.received ?? .max || sent >= quota.sent ?? .max else { return 0 }
    let elapsed = microseconds > began ? microseconds - began : 0
    return quota.periodMicroseconds - min(elapsed, quota.periodMicroseconds)
  }

  /// Counts a request.
  mutating func count(received bytes: Int) {
    received += UInt64(bytes)
  }

  /// Counts a response.
  mutating func count(sent bytes: Int) {
    sent += UInt64(bytes)
  }
}
