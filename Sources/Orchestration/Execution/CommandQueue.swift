import Foundation

/// Something that changes what runs: asked for, or due by itself.
struct Command: Sendable {
  /// What it does, as users call it.
  var name: String
  /// What it is about.
  var subject: ServiceScope
  /// Who asked for it; `nil` for whoever opened the control plane's socket, and for what is due by itself.
  var caller: String?
  /// When it came.
  var since: Date

  /// How somebody is told of it who waits for it with a command about `other`: of what other tenants do, no more than that.
  func summary(to other: ServiceScope, now: Date) -> String {
    let seconds = String(format: "%.1f", max(0, now.timeIntervalSince(since)))
    guard other.tenant == nil || subject.tenant == other.tenant else {
      return "a command about all tenants, which came \(seconds) s ago"
    }
    return
      "`\(name)`\(subject.service.map { " of `\($0)`" } ?? "")\(caller.map { " by \($0)" } ?? ""), which came \(seconds) s ago"
  }
}

/// Commands in the order they came. One is under way unless an earlier one that is not done yet is about the same: those
/// about different services go on side by side, and none is overtaken by a later one that it would have to wait for.
struct CommandQueue<Waiter> {
  /// A command's place.
  struct Entry {
    /// Its number, by which it leaves.
    let number: Int
    /// What it is.
    let command: Command
    /// Who is to be woken when its turn comes; `nil` while it is under way.
    var waiter: Waiter?
  }

  /// Those that are not done, in the order they came.
  private(set) var entries: [Entry] = []
  private var count = 0

  /// Whether nothing is under way, and nothing waits.
  var isEmpty: Bool { entries.isEmpty }

  /// The last of those that a command about `subject` would have to wait for.
  func obstacle(to subject: ServiceScope) -> Command? {
    entries.last { $0.command.subject.overlaps(subject) }?.command
  }

  /// Takes a command in: as one that is under way, or that waits.
  mutating func append(_ command: Command, waiter: Waiter?) -> Int {
    count += 1
    entries.append(Entry(number: count, command: command, waiter: waiter))
    return count
  }

  /// Takes a command out that is done. Returns those to wake whose turn it is now, in their order.
  mutating func remove(_ number: Int) -> [Waiter] {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return [] }
    let subject = entries.remove(at: index).command.subject
    var next: [Waiter] = []
    for position in entries.indices.dropFirst(index) {
      let own = entries[position].command.subject
      guard let waiter = entries[position].waiter, own.overlaps(subject),
        !entries[..<position].contains(where: { $0.command.subject.overlaps(own) })
      else { continue }
      entries[position].waiter = nil
      next.append(waiter)
    }
    return next
  }
}
