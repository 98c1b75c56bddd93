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
    /// What the events have in common that are counted together: the values of the fields that the trigger's actions name.
    var group = ""

    /// As keys of the store end.
    var path: String {
      "\(service)/\(trigger)"
        + (group.isEmpty ? "" : "/" + Data(group.utf8).base64EncodedString().replacing("/", with: "_"))
    }
  }

  /// A trigger whose number of events is complete.
  struct Fired {
    var trigger: AdaptationTrigger
    var subject: Subject
  }

  /// No more groups of a trigger's events are told apart; the one that was quiet for longest gives way.
  static let maximumGroups = 1000

  /// When counted events happened, oldest first: never more than the trigger needs.
  var counted: [Subject: [Date]] = [:]
  /// The subjects whose counts differ from what is stored.
  private var uncertain: Set<Subject> = []
  /// Until when levels stay due.
  private(set) var ends: [Subject: Date] = [:]

  /// Counts an event of a service. Returns the triggers that it completes; their levels are due from now on.
  mutating func note(
    _ kind: SecurityEventKind, in service: ProtectedService, key: String, context: [String: String],
    event: [String: String] = [:], now: Date
  ) -> [Fired] {
    var fired: [Fired] = []
    for trigger in service.triggers {
      guard let events = trigger.events, events.kind == kind, trigger.conditionsHold(in: context) else { continue }
      let group = trigger.groupingFields.map { event[$0] ?? "" }.joined(separator: "\u{1F}")
      let subject = Subject(service: key, trigger: trigger.name, group: group)
      makeRoom(for: subject)
      let start = now.addingTimeInterval(-Double(events.periodSeconds))
      var times = counted[subject, default: []].filter { $0 > start && $0 <= now }
      times.append(now)
      counted[subject] = times.suffix(events.count)
      // Where one event is enough, none has to be remembered.
      if events.count > 1 { uncertain.insert(subject) }
      guard times.count >= events.count else { continue }
      if (ends[subject] ?? .distantPast) <= now {
        fired.append(Fired(trigger: trigger, subject: subject))
      }
      ends[subject] = now.addingTimeInterval(Double(trigger.holdSeconds))
    }
    return fired
  }

  private mutating func makeRoom(for subject: Subject) {
    guard !subject.group.isEmpty, counted[subject] == nil else { return }
    let own = counted.filter { $0.key.service == subject.service && $0.key.trigger == subject.trigger }
    guard own.count >= Self.maximumGroups,
      let quietest = own.min(by: { ($0.value.last ?? .distantPast) < ($1.value.last ?? .distantPast) })
    else { return }
    counted[quietest.key] = nil
    uncertain.insert(quietest.key)
  }

  /// The counts that changed since they were asked for last: what is to be stored.
  mutating func takeChangedCounts() -> [Count] {
    defer { uncertain = [] }
    return uncertain.map { Count(subject: $0, times: counted[$0] ?? []) }
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
    let held = Set(ends.lazy.filter { $0.key.service == key && $0.value > now }.map(\.key.trigger))
    for trigger in service.triggers where held.contains(trigger.name) {
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
    for subject in counted.keys where subject.service == key {
      counted[subject] = nil
      uncertain.insert(subject)
    }
    return held
  }
}

extension TriggerHolds.Subject {
  /// Reads what `path` wrote.
  init?(path: some StringProtocol) {
    // The key of a declaration has three parts.
    let parts = String(path).split(separator: Character("/"), omittingEmptySubsequences: false).map(String.init)
    guard (4...5).contains(parts.count) else { return nil }
    service = parts[..<3].joined(separator: "/")
    trigger = parts[3]
    guard parts.count == 5 else { return }
    guard let data = Data(base64Encoded: parts[4].replacing("_", with: "/")) else { return nil }
    group = String(decoding: data, as: UTF8.self)
  }
}
