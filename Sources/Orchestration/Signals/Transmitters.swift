import Crypto
public import Foundation
public import SharedSignals
public import State
import Synchronization

/// The transmitters of shared signals, and which of their tokens came in already, kept in the store.
public final class Transmitters: Sendable {
  /// No more transmitters are kept.
  public static let maximumTransmitters = 64
  /// No more tokens of one transmitter are remembered; one that sends more in a day is told to wait.
  public static let maximumTokens = 10_000
  private static let prefix = "signals/transmitters/"
  private static let seenPrefix = "signals/seen/"
  /// For how long a token is remembered, in seconds: for as long as one of its age would be accepted.
  private static let memory = SecurityEventToken.longestAge + 600

  /// A token that was verified.
  public struct Receipt: Sendable {
    /// Who sent it.
    public var transmitter: Transmitter
    /// The token.
    public var token: SecurityEventToken
    /// What it tells, as far as that is understood.
    public var signals: [SharedSignal]

    /// What stands for its identifier in the store.
    var hash: String {
      SHA256.hash(data: Data(token.identifier.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        .joined()
    }
  }

  /// Why a token was not accepted.
  public enum Refusal: Error, Sendable {
    /// The token is at fault.
    case token(SignalRefusal)
    /// The transmitter sends too much; it may try again in so many seconds.
    case tooMany(retryAfter: Int)
  }

  private struct Known {
    var transmitter: Transmitter
    var keys: TransmitterKeys
    /// The tokens that came in: hashes of their identifiers, with when each may be forgotten, oldest first.
    var order: [(hash: String, end: Date)] = []
    var seen: Set<String> = []
    /// What may be taken out of the store.
    var forgotten: [String] = []

    mutating func note(_ hash: String, until end: Date) {
      if seen.insert(hash).inserted { order.append((hash, end)) }
    }

    /// Forgets what is over, and returns it.
    mutating func forget(at now: Date) -> [String] {
      let over = order.prefix { $0.end <= now }.map(\.hash)
      order.removeFirst(over.count)
      seen.subtract(over)
      return over
    }
  }

  private let store: any StateStore
  private let known: Mutex<[String: Known]>

  /// The transmitters of a store.
  public init(store: any StateStore) throws(OrchestrationFault) {
    self.store = store
    var known: [String: Known] = [:]
    do {
      for value in try store.values(under: Self.prefix) {
        let transmitter = try JSONDecoder().decode(Transmitter.self, from: Data(value.bytes))
        known[transmitter.name] = Known(
          transmitter: transmitter, keys: try TransmitterKeys(json: Data(transmitter.keys.utf8)))
      }
      for value in try store.values(under: Self.seenPrefix) {
        let parts = value.key.dropFirst(Self.seenPrefix.count).split(separator: "/").map(String.init)
        guard parts.count == 2, let end = Timestamp.date(String(decoding: value.bytes, as: UTF8.self)) else { continue }
        known[parts[0]]?.note(parts[1], until: end)
      }
    } catch {
      throw .execution("the transmitters of shared signals cannot be read: \(error)")
    }
    for name in known.keys { known[name]?.order.sort { $0.end < $1.end } }
    self.known = Mutex(known)
  }

  /// The transmitters, by name.
  public func list() -> [Transmitter] { known.withLock { $0.values.map(\.transmitter) }.sorted { $0.name < $1.name } }

  /// Takes in a transmitter, in the place of the one of its name.
  public func add(_ transmitter: Transmitter) throws(OrchestrationFault) {
    for (what, name) in [("transmitter", transmitter.name), ("tenant", transmitter.tenant)]
    where !DecisionPoints.isName(name) {
      throw .input(
        "the \(what)'s name is `\(name)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
    for (what, text) in [("issuer", transmitter.issuer), ("audience", transmitter.audience)]
    where !(1...512).contains(text.utf8.count) {
      throw .input("the \(what) is `\(text)`, expected a text of 1 to 512 bytes")
    }
    let keys: TransmitterKeys
    do throws(TransmitterKeys.Fault) {
      keys = try TransmitterKeys(json: Data(transmitter.keys.utf8))
    } catch {
      throw .input("the transmitter's keys: \(error.message)")
    }
    try known.withLock { known throws(OrchestrationFault) in
      guard known.count < Self.maximumTransmitters || known[transmitter.name] != nil else {
        throw .input("there are \(known.count) transmitters already, at most \(Self.maximumTransmitters) can be kept")
      }
      if let other = known.values.first(where: {
        $0.transmitter.issuer == transmitter.issuer && $0.transmitter.name != transmitter.name
      }) {
        throw .input("`\(other.transmitter.name)` has the issuer `\(transmitter.issuer)`, expected another issuer")
      }
      do {
        let bytes = [UInt8](try JSONEncoder().encode(transmitter))
        try store.transact(if: [], [.put(key: Self.prefix + transmitter.name, bytes)])
      } catch {
        throw .execution("the transmitter cannot be stored: \(error)")
      }
      var entry = known[transmitter.name] ?? Known(transmitter: transmitter, keys: keys)
      entry.transmitter = transmitter
      entry.keys = keys
      known[transmitter.name] = entry
    }
  }

  /// Takes no more tokens of a transmitter.
  public func remove(_ name: String) throws(OrchestrationFault) -> Transmitter {
    try known.withLock { known throws(OrchestrationFault) in
      guard let entry = known[name] else {
        throw .notFound("there is no transmitter `\(name)`; `testudo transmitter list` shows those that there are")
      }
      do throws(StateFault) {
        try store.transact(
          if: [],
          [.delete(key: Self.prefix + name)]
            + entry.seen.map { .delete(key: "\(Self.seenPrefix)\(name)/\($0)") })
      } catch {
        throw .execution("the transmitter cannot be taken out of the store: \(error.reason)")
      }
      known[name] = nil
      return entry.transmitter
    }
  }

  /// Verifies a token, and takes note that it is coming in: the same is not accepted again. Once what it says is done,
  /// `remember` stores that; a token whose effect a crash prevented is accepted again.
  public func receive(_ text: String, now: Date) throws(Refusal) -> Receipt {
    let receipt: Receipt
    do throws(SignalRefusal) {
      let token = try SecurityEventToken(text)
      guard let found = known.withLock({ $0.values.first { $0.transmitter.issuer == token.issuer } }) else {
        throw SignalRefusal(.invalidIssuer, "the issuer `\(token.issuer)` is not known")
      }
      let signals = try token.verified(with: found.keys, audience: found.transmitter.audience, now: now)
      receipt = Receipt(transmitter: found.transmitter, token: token, signals: signals)
    } catch {
      throw .token(error)
    }
    // Only what is verified is remembered: nobody else can fill the memory.
    try known.withLock { known throws(Refusal) in
      guard var entry = known[receipt.transmitter.name] else {
        throw .token(SignalRefusal(.invalidIssuer, "the issuer `\(receipt.token.issuer)` is not known"))
      }
      entry.forgotten += entry.forget(at: now)
      defer { known[receipt.transmitter.name] = entry }
      guard !entry.seen.contains(receipt.hash) else {
        throw .token(SignalRefusal(.invalidRequest, "the token `\(receipt.token.identifier)` came in already"))
      }
      guard entry.seen.count < Self.maximumTokens else { throw .tooMany(retryAfter: 600) }
      entry.note(receipt.hash, until: now.addingTimeInterval(Self.memory))
    }
    return receipt
  }

  /// Stores that a token came in.
  func remember(_ receipt: Receipt, now: Date) throws(OrchestrationFault) {
    let name = receipt.transmitter.name
    func key(_ hash: String) -> String { "\(Self.seenPrefix)\(name)/\(hash)" }
    let forgotten = known.withLock { known -> [String] in
      defer { known[name]?.forgotten = [] }
      return known[name]?.forgotten ?? []
    }
    let end = now.addingTimeInterval(Self.memory).timeIntervalSince1970
    do throws(StateFault) {
      try store.transact(
        if: [],
        [.put(key: key(receipt.hash), Array(Timestamp.text(milliseconds: UInt64(max(0, end * 1000))).utf8))]
          + forgotten.map { .delete(key: key($0)) })
    } catch {
      throw .execution("what came in cannot be stored: \(error.reason)")
    }
  }
}
