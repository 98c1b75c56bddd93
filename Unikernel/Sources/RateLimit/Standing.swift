import Interchange
import LibraryOS

/// How somebody stands with a limit, as its bucket says it.
struct Standing {
  let limit: Limit
  /// Microseconds until a request can be paid for; 0 if it can now.
  let wait: UInt64
  private let remaining: UInt64
  private let untilFull: UInt64

  init(_ limit: Limit, _ bucket: TokenBucket) {
    self.limit = limit
    wait = bucket.wait(limit)
    remaining = bucket.remaining(limit)
    untilFull = bucket.timeUntilFull(limit)
  }

  /// Whoever must wait longer is limited more tightly, and else who has fewer requests left.
  func isTighter(than other: Standing) -> Bool {
    wait == other.wait ? remaining < other.remaining : wait > other.wait
  }

  /// What a client is told of it (draft-ietf-httpapi-ratelimit-headers-10): the policy, with what the bucket holds and the
  /// seconds in which an empty one becomes full; what is left, and the seconds until the bucket is full again.
  var fields: [HTTPField] {
    let window = Standing.seconds((limit.burst * limit.intervalMicroseconds + limit.requests - 1) / limit.requests)
    let quota: ByteString = ";q="
    let seconds: ByteString = ";w="
    let left: ByteString = ";r="
    let reset: ByteString = ";t="
    return [
      HTTPField(
        "ratelimit-policy",
        limit.party.label + quota + ByteString(decimal: Int(clamping: limit.burst)) + seconds
          + ByteString(decimal: window)),
      HTTPField(
        "ratelimit",
        limit.party.label + left + ByteString(decimal: Int(clamping: remaining)) + reset
          + ByteString(decimal: Standing.seconds(untilFull))),
    ]
  }

  /// Whole seconds, rounded up.
  static func seconds(_ microseconds: UInt64) -> Int {
    Int(clamping: microseconds / 1_000_000 + (microseconds % 1_000_000 == 0 ? 0 : 1))
  }
}

extension Party {
  /// Its name as a string of structured fields (RFC 9651, 3.3.3).
  fileprivate var label: ByteString {
    switch self {
    case .source: "\"source\""
    case .principal: "\"principal\""
    case .everybody: "\"all\""
    }
  }
}
