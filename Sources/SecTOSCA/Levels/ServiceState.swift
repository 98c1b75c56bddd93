/// In what phase of its life a service is. Operators and pipelines say so; nothing changes it by itself.
public enum OrchestrationPhase: String, Hashable, Sendable, Codable, CaseIterable {
  /// Its images are being made.
  case build
  /// It is being brought up, or changed.
  case deploy
  /// It serves. This is so unless something else was said.
  case run
  /// Somebody works on it.
  case maintenance
  /// It is about to be taken down.
  case retire
}

/// What triggers can follow besides attributes and events: it stands in a service's context under names that users cannot
/// set.
public struct ServiceState: Hashable, Sendable {
  /// The phase.
  public var phase: OrchestrationPhase
  /// Whether a vulnerability notice that nobody accepted concerns a module that the service cannot do without.
  public var hasOpenNotice: Bool
  /// The time, in seconds since 1970-01-01 UTC.
  public var second: Int

  /// A state.
  public init(phase: OrchestrationPhase = .run, hasOpenNotice: Bool = false, second: Int) {
    self.phase = phase
    self.hasOpenNotice = hasOpenNotice
    self.second = second
  }

  static let phaseAttribute = "service:phase"
  static let noticeAttribute = "service:notice"
  static let openNotice = "open"
  static let openWindow = "open"

  static func windowAttribute(_ trigger: String) -> String { "window:" + trigger }
  static func fieldAttribute(_ field: String) -> String { "event:" + field }

  /// Whether an attribute is not one of users: they cannot set it, and policies do not see it.
  public static func isReserved(_ attribute: String) -> Bool { attribute.contains(":") }

  /// The attributes that stand for the fields of an event.
  public static func attributes(ofEvent fields: [String: String]) -> [String: String] {
    Dictionary(fields.map { (fieldAttribute($0), $1) }, uniquingKeysWith: { first, _ in first })
  }
}

extension ProtectedService {
  /// The attributes that stand for a state in the context of this service.
  public func attributes(of state: ServiceState) -> [String: String] {
    var attributes = [ServiceState.phaseAttribute: state.phase.rawValue]
    if state.hasOpenNotice { attributes[ServiceState.noticeAttribute] = ServiceState.openNotice }
    for trigger in triggers where trigger.window?.contains(state.second) == true {
      attributes[ServiceState.windowAttribute(trigger.name)] = ServiceState.openWindow
    }
    return attributes
  }

  /// When the next window of a trigger begins or ends, in seconds since 1970-01-01 UTC.
  public func nextWindowChange(after second: Int) -> Int? {
    triggers.compactMap { $0.window?.nextChange(after: second) }.min()
  }

  /// Whether some trigger waits for vulnerability notices.
  public var followsNotices: Bool {
    triggers.contains { $0.conditions.contains { $0.attribute == ServiceState.noticeAttribute } }
  }
}
