/// A policy.
public struct Policy: Hashable, Sendable, Codable {
  /// The policy's name.
  public var name: String
  /// Its type.
  public var type: TypeReference
  /// Its description.
  public var description: String?
  /// Its metadata.
  public var metadata: [String: String]
  /// The properties, defaults included.
  public var properties: [String: Value]
  /// The nodes and groups it applies to, as written.
  public var targets: [Located<String>]
  /// The triggers, in order.
  public var triggers: [Trigger]
  /// Where the policy begins: its name.
  public var place: SourceRange

  /// A policy.
  public init(
    name: String, type: TypeReference, description: String? = nil, metadata: [String: String] = [:],
    properties: [String: Value], targets: [Located<String>], triggers: [Trigger], place: SourceRange
  ) {
    self.name = name
    self.type = type
    self.description = description
    self.metadata = metadata
    self.properties = properties
    self.targets = targets
    self.triggers = triggers
    self.place = place
  }
}

/// A trigger of a policy (TOSCA 1.3, 3.6.22): an event, a condition, actions. The condition and the actions are kept as
/// written, because what they mean belongs to the policy's type.
public struct Trigger: Hashable, Sendable, Codable {
  /// The trigger's name.
  public var name: String
  /// The event's type name.
  public var event: Located<String>
  /// The condition, as written.
  public var condition: Value?
  /// The activities, as written, in order.
  public var actions: [Value]
  /// When the trigger is active, as written (1.x).
  public var schedule: Value?
  /// What the event and the condition are about, as written (1.x).
  public var targetFilter: Value?
  /// Where the trigger begins: its name.
  public var place: SourceRange

  /// A trigger.
  public init(
    name: String, event: Located<String>, condition: Value?, actions: [Value], schedule: Value? = nil,
    targetFilter: Value? = nil, place: SourceRange
  ) {
    self.name = name
    self.event = event
    self.condition = condition
    self.actions = actions
    self.schedule = schedule
    self.targetFilter = targetFilter
    self.place = place
  }
}
