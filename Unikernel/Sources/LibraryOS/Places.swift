import Interchange

/// What would be lost if a connection ended now; the least first.
public enum Stillness: UInt8, Comparable, Sendable {
  /// Nothing: the client has had time to say something, and never has.
  case silent
  /// Nothing: the client may say something next.
  case waiting
  /// A message on its way, which the client is slow to send or to take.
  case underway
  /// Something is being worked on for the client.
  case busy

  /// Less is lost before more.
  public static func < (one: Stillness, other: Stillness) -> Bool { one.rawValue < other.rawValue }
}

/// Who holds a place in a bounded table of connections.
public protocol PlaceHolder: AnyObject {
  /// Which place it is; kept by `Places`.
  var index: Int { get set }
  /// The client.
  var client: Endpoint { get }
  /// When the client is given up unless it says something: of two that are equally still, the earlier waits longer.
  var deadline: Instant { get }
  /// What would be lost if it ended now.
  func stillness(at now: Instant) -> Stillness
  /// Ends at once, and gives its place back.
  func yieldPlace()
}

/// The places of a bounded table of connections, shared out so that no source keeps the others out. While there are free
/// ones, anybody gets one. When there are none, a newcomer whose source holds fewer than another gets one of that
/// other's: of the source that holds the most, the stillest.
///
/// It costs the same however many places there are: of them, `Places.looks` are looked at for each newcomer, in turn.
/// Whoever holds a large part of all is among these.
public final class Places<Holder: PlaceHolder> {
  /// How many are looked at for a newcomer.
  static var looks: Int { 64 }

  /// Those who hold a place.
  public private(set) var holders: [Holder] = []
  private var tally: SourceTally
  private var hand = 0

  /// All are free. `seed` should be random.
  public init(seed: UInt64) {
    tally = SourceTally(seed: seed)
  }

  /// How many are taken.
  public var count: Int { holders.count }

  /// How many a client's source holds.
  public func count(of client: Endpoint) -> Int { tally.count(of: client.address.sourceKey) }

  /// Gives somebody a place.
  public func take(_ holder: Holder) {
    holder.index = holders.count
    holders.append(holder)
    tally.add(holder.client.address.sourceKey)
  }

  /// Takes a place back; `false` if there was none.
  public func free(_ holder: Holder) -> Bool {
    let index = holder.index
    guard index < holders.count, holders[index] === holder else { return false }
    let last = holders.removeLast()
    if last !== holder {
      holders[index] = last
      last.index = index
    }
    tally.remove(holder.client.address.sourceKey)
    return true
  }

  /// Who is to yield to a client, where no place is free; `nil` where nobody holds more than is due.
  public func yielder(to client: Endpoint, at now: Instant) -> Holder? {
    let own = count(of: client)
    var best: Holder?
    var bestCount = 0
    var bestStillness = Stillness.busy
    for _ in 0..<min(Places.looks, holders.count) {
      hand = hand + 1 < holders.count ? hand + 1 : 0
      let holder = holders[hand]
      let count = count(of: holder.client)
      guard count > own, count >= bestCount else { continue }
      let stillness = holder.stillness(at: now)
      guard mayEnd(stillness, count: count, own: own) else { continue }
      if let best, count == bestCount {
        guard stillness <= bestStillness else { continue }
        if stillness == bestStillness, holder.deadline >= best.deadline { continue }
      }
      best = holder
      bestCount = count
      bestStillness = stillness
    }
    return best
  }

  /// Two sources come to hold equally many, and never take places from each other in turn. Who never said anything
  /// yields to whoever has nothing. What is on its way is cut off only where one source holds an eighth of all places;
  /// what is being worked on, never: the time for that is bounded elsewhere.
  private func mayEnd(_ stillness: Stillness, count: Int, own: Int) -> Bool {
    switch stillness {
    case .silent: count > own + 1 || own == 0
    case .waiting: count > own + 1
    case .underway: count > own + 1 && count * 8 > holders.count
    case .busy: false
    }
  }
}
