import Interchange

/// When the last failures of an account or a source were: after as many as are allowed within a minute, the next attempt
/// has to wait until the first of them is a minute old.
struct FailureRecord: Sendable {
  /// The time that is looked at.
  static let window = TimeSpan.seconds(60)

  private let allowed: Int
  /// The last failures, oldest first, at most `allowed` of them.
  private var failures: [Instant] = []

  /// No failure yet of an account.
  static let ofAccount = FailureRecord(allowed: FailureLog.allowedPerAccount)
  /// No failure yet from a source.
  static let ofSource = FailureRecord(allowed: FailureLog.allowedPerSource)

  private init(allowed: Int) {
    self.allowed = allowed
  }

  /// Counts a failure.
  mutating func add(at now: Instant) {
    if failures.count == allowed { failures.removeFirst() }
    failures.append(now)
  }

  /// How long until another attempt is allowed; zero if it is now.
  func wait(at now: Instant) -> TimeSpan {
    guard failures.count == allowed else { return TimeSpan(nanoseconds: 0) }
    return (failures[0] + FailureRecord.window) - now
  }
}

/// The failed attempts to show credentials that there were lately, by account and by source, in bounded memory. All modules
/// that authenticate write into the same one, so that who was slowed down at one is slowed down at the others.
public final class FailureLog {
  /// So many failures are allowed to an account within a minute.
  public static let allowedPerAccount = 5
  /// So many failures are allowed to a source within a minute. More than to an account, since many users can stand behind
  /// one address, and one who mistypes must not keep the others out.
  public static let allowedPerSource = 20
  /// How many accounts, and how many sources, are remembered.
  public static let capacity = 4096

  /// What names of accounts are made to numbers with, by HMAC: the same name is the same number in all modules, and nobody
  /// outside can tell which names share a place.
  public let nameKey: [UInt8]

  private var accounts: RecencyTable<FailureRecord>
  private var sources: RecencyTable<FailureRecord>

  /// Nothing has failed.
  public init(random: any RandomSource) {
    nameKey = random.bytes(32)
    let seed = UInt64(leading: random.bytes(8))
    accounts = RecencyTable(capacity: FailureLog.capacity, seed: seed)
    sources = RecencyTable(capacity: FailureLog.capacity, seed: ~seed)
  }

  /// How long until an attempt for this account from this source is allowed; zero if it is now.
  public func wait(account: UInt64, source: IPAddress, at now: Instant) -> TimeSpan {
    max(wait(account: account, at: now), wait(source: source, at: now))
  }

  /// How long until an attempt for this account is allowed.
  public func wait(account: UInt64, at now: Instant) -> TimeSpan {
    accounts.value(account)?.wait(at: now) ?? TimeSpan(nanoseconds: 0)
  }

  /// How long until an attempt from this source is allowed.
  public func wait(source: IPAddress, at now: Instant) -> TimeSpan {
    sources.value(source.sourceKey)?.wait(at: now) ?? TimeSpan(nanoseconds: 0)
  }

  /// Counts a failure for an account.
  public func add(account: UInt64, at now: Instant) {
    accounts.update(account, initial: .ofAccount) { $0.add(at: now) }
  }

  /// Counts a failure from a source.
  public func add(source: IPAddress, at now: Instant) {
    sources.update(source.sourceKey, initial: .ofSource) { $0.add(at: now) }
  }

  /// Forgets an account's failures, since its secret was shown. A source's stay: its owner may have an account.
  public func clear(account: UInt64) {
    accounts.remove(account)
  }

  /// The answer to somebody who has to wait: 429 with `Retry-After` (RFC 6585, 4).
  public static func refusal(wait: TimeSpan) -> HTTPResponse {
    let seconds = Int(clamping: (wait.nanoseconds + 999_999_999) / 1_000_000_000)
    return .text(
      429, "too many failed attempts", headers: [HTTPField("retry-after", ByteString(decimal: seconds))])
  }
}
