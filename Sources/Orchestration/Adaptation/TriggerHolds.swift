import Foundation
import SecTOSCA

/// What triggers remember: the security events that they count, and until when the levels they called for stay due. A
/// value of its own, so that time and events can be made up in tests.
struct TriggerHolds: Sendable {
  /// A trigger of a service.
  struct Subject: Hashable, Sendable {
    /// The key of the service's declaration.
    var service: String
    /// The trigger's name.
    var trigger: String
  }

  /// When counted events happened, oldest first: never more than the trigger needs.
  private var counted: [Subject: [Date]] = [:]
  /// Until when levels stay due.
  private(set) var ends: [Subject: Date] = [:]

  /// Counts an event of a service. Returns the triggers that it completes; their levels are due from now on.
  mutating func note(
    _ kind: SecurityEventKind, in service: ProtectedService, key: String, context: [String: String], now: Date
  ) -> [AdaptationTrigger] {
    var fired: [AdaptationTrigger] = []
    for trigger in service.triggers {
      guard let events = trigger.events, events.kind == kind, trigger.conditionsHold(in: context) else { continue }
      let subject = Subject(service: key, trigger: trigger.name)
      let start = now.addingTimeInterval(-Double(events.periodSeconds))
      var times = counted[subject, default: []].filter { $0 > start && $0 <= now }
      times.append(now)
      counted[subject] = times.suffix(events.count)
      guard times.count >= events.count else { continue }
      if (ends[subject] ?? .distantPast) <= now { fired.append(trigger) }
      ends[subject] = now.addingTimeInterval(Double(trigger.holdSeconds))
    }
    return fired
  }

  /// Notes a change of the contextual attributes: what begins to hold stays due for its minimum dwell.
  mutating func note(
    change former: [String: String], to context: [String: String], in service: ProtectedService, key: String, now: Date
  ) {
    for trigger in service.triggers where trigger.events == nil && trigger.holdSeconds > 0 {
      guard trigger.conditionsHold(in: context), !trigger.conditionsHold(in: former) else { continue }
      ends[Subject(service: key, trigger: trigger.name)] = now.addingTimeInterval(Double(trigger.holdSeconds))
    }
  }

  /// The attributes that stand for what is held of a service.
  func attributes(of service: ProtectedService, key: String, now: Date) -> [String: String] {
    var attributes: [String: String] = [:]
    for trigger in service.triggers {
      guard let end = ends[Subject(service: key, trigger: trigger.name)], end > now else { continue }
      attributes[trigger.holdAttribute] = AdaptationTrigger.held
    }
    return attributes
  }

  /// How many events are remembered.
  var rememberedEvents: Int { counted.values.reduce(0) { $0 + $1.count } }

  /// When the next of a service's holds ends.
  func nextEnd(of key: String, after now: Date) -> Date? {
    ends.filter { $0.key.service == key && $0.value > now }.values.min()
  }

  /// Takes up a hold that was stored.
  mutating func restore(_ subject: Subject, until end: Date) { ends[subject] = end }

  /// Forgets what is over, and returns it.
  mutating func forgetEnded(of key: String, now: Date) -> [Subject] {
    let over = ends.filter { $0.key.service == key && $0.value <= now }.map(\.key)
    for subject in over { ends[subject] = nil }
    return over
  }

  /// Forgets a service that is gone, and returns what was held of it.
  mutating func forget(_ key: String) -> [Subject] {
    let held = ends.keys.filter { $0.service == key }
    for subject in held { ends[subject] = nil }
    for subject in counted.keys where subject.service == key { counted[subject] = nil }
    return held
  }
}
