import Foundation
import SecTOSCA
import State

// What triggers have counted, as it is stored: events that were counted before the control plane ended count on when it is
// started again.

extension TriggerHolds {
  /// When events of a trigger happened that are counted together.
  struct Count: Equatable {
    static let prefix = "counts/"

    var subject: Subject
    /// Oldest first.
    var times: [Date]

    init(subject: Subject, times: [Date]) {
      self.subject = subject
      self.times = times
    }

    /// Reads what `stored` wrote.
    init?(_ value: StoredValue) {
      guard let subject = Subject(path: value.key.dropFirst(Self.prefix.count)),
        let times = try? JSONDecoder().decode([UInt64].self, from: Data(value.bytes))
      else { return nil }
      self.subject = subject
      self.times = times.map { Date(timeIntervalSince1970: Double($0) / 1000) }
    }

    /// What is to be done to the store: without times, nothing is left there.
    var stored: State.Operation {
      let key = Self.prefix + subject.path
      let milliseconds = times.map { UInt64(max(0, $0.timeIntervalSince1970 * 1000)) }
      guard !times.isEmpty, let bytes = try? JSONEncoder().encode(milliseconds) else { return .delete(key: key) }
      return .put(key: key, [UInt8](bytes))
    }
  }

  /// Takes up a count that was stored, and gives whether it still counts: that of a trigger that the service has, with
  /// events that are not over.
  mutating func restore(_ count: Count, of service: ProtectedService?, now: Date) -> Bool {
    let trigger = service?.triggers.first { $0.name == count.subject.trigger }
    guard let events = trigger?.events else { return false }
    let start = now.addingTimeInterval(-Double(events.periodSeconds))
    let times = count.times.filter { $0 > start && $0 <= now }
    guard !times.isEmpty else { return false }
    counted[count.subject] = times.suffix(events.count)
    return true
  }

  /// Takes up what triggers of declared services had counted, and forgets in the store what is over.
  mutating func restoreCounts(
    of declarations: [String: ServiceDeclaration], from store: any StateStore, now: Date
  ) throws(StateFault) {
    var over: [State.Operation] = []
    for value in try store.values(under: Count.prefix) {
      let count = Count(value)
      let isTakenUp = count.map { restore($0, of: declarations[$0.subject.service]?.service, now: now) }
      if isTakenUp != true { over.append(.delete(key: value.key)) }
    }
    guard !over.isEmpty else { return }
    try store.transact(if: [], over)
  }
}
