import LibraryOS

/// When the last failures of an account or a source were: after as many as are allowed within a minute, the next attempt
/// has to wait until the first of them is a minute old.
struct FailureRecord: Sendable {
  /// So many failures are allowed to an account within `window`.
  static let allowedPerAccount = 5
  /// So many failures are allowed to a source within `window`. More than to an account, since many users can stand behind
  /// one address, and one who mistypes must not keep the others out.
  static let allowedPerSource = 20
  /// The time that is looked at.
  static let window = TimeSpan.seconds(60)

  private let allowed: Int
  /// The last failures, oldest first, at most `allowed` of them.
  private var failures: [Instant] = []

  /// No failure yet of an account.
  static let ofAccount = FailureRecord(allowed: allowedPerAccount)
  /// No failure yet from a source.
  static let ofSource = FailureRecord(allowed: allowedPerSource)

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

/// The failures of all accounts and sources that there were lately, in bounded memory.
struct FailureLog {
  /// How many accounts, and how many sources, are remembered.
  static let capacity = 4096

  private var accounts: RecencyTable<FailureRecord>
  private var sources: RecencyTable<FailureRecord>

  /// Nothing has failed. `seed` is random.
  init(seed: UInt64) {
    accounts = RecencyTable(capacity: FailureLog.capacity, seed: seed)
    sources = RecencyTable(capacity: FailureLog.capacity, seed: ~seed)
  }

  /// How long until an attempt for this account from this source is allowed; zero if it is now.
  func wait(account: UInt64, source: IPAddress, at now: Instant) -> TimeSpan {
    max(wait(account: account, at: now), wait(source: source, at: now))
  }

  /// How long until an attempt for this account is allowed.
  func wait(account: UInt64, at now: Instant) -> TimeSpan {
    accounts.value(account)?.wait(at: now) ?? TimeSpan(nanoseconds: 0)
  }

  /// How long until an attempt from this source is allowed.
  func wait(source: IPAddress, at now: Instant) -> TimeSpan {
    sources.value(source.sourceKey)?.wait(at: now) ?? TimeSpan(nanoseconds: 0)
  }

  /// Counts a failure for an account.
  mutating func add(account: UInt64, at now: Instant) {
    accounts.update(account, initial: .ofAccount) { $0.add(at: now) }
  }

  /// Counts a failure from a source.
  mutating func add(source: IPAddress, at now: Instant) {
    sources.update(source.sourceKey, initial: .ofSource) { $0.add(at: now) }
  }

  /// Forgets an account's failures, since its password was shown. A source's stay: its owner may have an account.
  mutating func clear(account: UInt64) {
    accounts.remove(account)
  }
}
