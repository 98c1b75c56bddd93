import SecTOSCA
import State

/// Which triggers hold, of those that follow states and do something once: so that it is done when they begin to hold, and
/// not again for as long as they do. It is stored, and so outlives the control plane.
struct TriggerEdges: Sendable {
  static let prefix = "holding/"

  private(set) var holding: Set<TriggerHolds.Subject> = []

  /// None holds.
  init() {}

  /// Those that held when the control plane ended.
  init(_ stored: [StoredValue]) {
    for value in stored {
      guard let subject = TriggerHolds.Subject(path: value.key.dropFirst(Self.prefix.count)) else { continue }
      holding.insert(subject)
    }
  }

  /// Notes what holds of a service in a context. Returns the triggers that begin to, and what is to be stored.
  mutating func note(
    _ service: ProtectedService, key: String, context: [String: String]
  ) -> (begun: [AdaptationTrigger], changes: [State.Operation]) {
    var begun: [AdaptationTrigger] = []
    var now: Set<TriggerHolds.Subject> = []
    for trigger in service.triggers where trigger.events == nil && trigger.acts && trigger.holds(in: context) {
      let subject = TriggerHolds.Subject(service: key, trigger: trigger.name)
      now.insert(subject)
      if !holding.contains(subject) { begun.append(trigger) }
    }
    let former = holding.filter { $0.service == key }
    holding.subtract(former)
    holding.formUnion(now)
    let changes =
      now.subtracting(former).map { State.Operation.put(key: Self.prefix + $0.path, []) }
      + former.subtracting(now).map { State.Operation.delete(key: Self.prefix + $0.path) }
    return (begun, changes)
  }

  /// Forgets a service that is gone. Returns what is to be stored.
  mutating func forget(_ key: String) -> [State.Operation] {
    let former = holding.filter { $0.service == key }
    holding.subtract(former)
    return former.map { State.Operation.delete(key: Self.prefix + $0.path) }
  }
}
