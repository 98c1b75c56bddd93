import Foundation

/// An instance that a change of level could ask for next.
struct StandbyWish: Hashable, Sendable {
  /// The key of the service's declaration.
  var service: String
  /// The resource.
  var resource: String
  /// The level at which it would be due.
  var level: String
  /// The recipe of its image.
  var recipe: String
  /// The hash of its boot-stage settings.
  var bootSettings: String
  /// The memory it is counted with, in bytes: its heap, and what it needs besides.
  var bytes: Int
  /// How many ranks the level is away from the one in force.
  var distance: Int

  fileprivate var order: (Int, String, String, String) { (distance, service, resource, level) }
}

/// An instance that was started and waits, off the network, until a change of level asks for it.
struct StandbyInstance: Hashable, Sendable {
  /// Its identifier.
  var id: String
  /// The key of the service's declaration.
  var service: String
  /// The resource.
  var resource: String
  /// The level it was started for.
  var level: String
  /// The recipe of its image.
  var recipe: String
  /// The hash of its boot-stage settings.
  var bootSettings: String
  /// The memory it is counted with, in bytes.
  var bytes: Int
  /// When it was started.
  var started: Date
  /// Until when it may wait.
  var expires: Date

  /// Whether it is what is wished for.
  func serves(_ wish: StandbyWish) -> Bool {
    service == wish.service && resource == wish.resource && recipe == wish.recipe && bootSettings == wish.bootSettings
  }
}

/// Which instances are to wait: those of the nearest levels, within the budget. What waits and is not among them, is of
/// another image or other settings, or has waited for too long, is ended, so that the least useful make room first.
struct StandbyPlan: Hashable, Sendable {
  /// The identifiers of those that are to be ended.
  private(set) var ended: [String] = []
  /// Those that are to be started, the most useful first.
  private(set) var started: [StandbyWish] = []

  /// Decides, by wishes, what waits, and the most bytes that may wait.
  init(_ wishes: [StandbyWish], waiting: [StandbyInstance], budget: Int, now: Date) {
    var room = budget
    var kept: Set<String> = []
    for wish in wishes.sorted(by: { $0.order < $1.order }) where wish.bytes <= room {
      room -= wish.bytes
      if let one = waiting.first(where: { $0.serves(wish) && $0.expires > now && !kept.contains($0.id) }) {
        kept.insert(one.id)
      } else {
        started.append(wish)
      }
    }
    ended = waiting.map(\.id).filter { !kept.contains($0) }.sorted()
  }
}
