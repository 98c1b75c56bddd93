/// Something that a trigger does. Levels and parameters are states: they are in force while the trigger holds. All else is
/// done once, in the order in which it is written, each time the trigger begins to hold.
public enum TriggerAction: Hashable, Sendable, Codable {
  /// A level is due.
  case setLevel(String)
  /// A property of a requirement has another value.
  case setParameter(ParameterSetting)
  /// Sessions of browsers that began before are over: a principal's; nil: everybody's.
  case revokeSessions(principal: ActionText?)
  /// Credentials are refused for so many seconds; nil: until somebody lifts that.
  case revokeCredentials(RevokedCredential, seconds: Int?)
  /// Instances give their place to fresh ones, and are stopped.
  case replace(InstanceTarget)
  /// Instances give their place to fresh ones, and are kept off the network to be looked at.
  case quarantine(InstanceTarget)
  /// Somebody is told.
  case notify(Webhook)
  /// The steps of a workflow of the template are carried out.
  case runWorkflow(ActionWorkflow)

  /// Whether it is in force while the trigger holds, and not done once.
  public var isState: Bool {
    switch self {
    case .setLevel, .setParameter: true
    default: false
    }
  }

  /// Whether it takes instances away.
  public var isDisruptive: Bool {
    switch self {
    case .replace, .quarantine: true
    case .runWorkflow(let workflow): workflow.actions.contains(where: \.isDisruptive)
    default: false
    }
  }

  /// The texts of it that may be fields of the event.
  var texts: [ActionText] {
    switch self {
    case .setLevel, .setParameter, .notify, .revokeSessions(nil): []
    case .revokeSessions(let principal?): [principal]
    case .revokeCredentials(let credential, _): [credential.name]
    case .replace(let target), .quarantine(let target): [target.resource, target.instance].compactMap(\.self)
    case .runWorkflow(let workflow): workflow.actions.flatMap(\.texts)
    }
  }
}

/// A text of an action: written in the template, or known only when the event happens.
public enum ActionText: Hashable, Sendable, Codable {
  /// As it is written.
  case written(String)
  /// A field of the event, by its name.
  case event(String)

  /// The text, where an event has these fields; nil where it lacks the one that is asked for.
  public func text(in event: [String: String]) -> String? {
    switch self {
    case .written(let text): text
    case .event(let field): event[field].flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  /// In words.
  public var summary: String {
    switch self {
    case .written(let text): "`\(text)`"
    case .event(let field): "the event's \(field)"
    }
  }
}

/// Another value for a property of a requirement.
public struct ParameterSetting: Hashable, Sendable, Codable {
  /// The requirement's name.
  public var requirement: String
  /// The property's name.
  public var property: String
  /// The value, in words.
  public var value: String
  /// The resource that it is for; nil: all targets of the requirement.
  public var resource: String?

  /// Another value for a property.
  public init(requirement: String, property: String, value: String, resource: String? = nil) {
    self.requirement = requirement
    self.property = property
    self.value = value
    self.resource = resource
  }
}

/// Credentials that can be revoked.
public enum RevokedCredential: Hashable, Sendable, Codable {
  /// All that speak for somebody: the account of the name, the client's API keys, and tokens with the subject.
  case principal(ActionText)
  /// One API key, by its identifier.
  case apiKey(ActionText)
  /// A key that tokens are verified with, by its `kid`: all tokens signed with it.
  case key(ActionText)

  /// What it is named by.
  public var name: ActionText {
    switch self {
    case .principal(let name), .apiKey(let name), .key(let name): name
    }
  }

  /// What is named, in words.
  public var kind: String {
    switch self {
    case .principal: "the credentials of"
    case .apiKey: "the API key"
    case .key: "the key"
    }
  }
}

/// Which instances an action is about.
public struct InstanceTarget: Hashable, Sendable, Codable {
  /// The resource.
  public var resource: ActionText
  /// The instance's identifier; nil: all of the resource.
  public var instance: ActionText?

  /// Which instances an action is about.
  public init(resource: ActionText, instance: ActionText? = nil) {
    self.resource = resource
    self.instance = instance
  }
}

/// Where somebody is told of an event.
public struct Webhook: Hashable, Sendable, Codable {
  /// The `http` or `https` URL that events are posted to.
  public var url: String
  /// What messages are signed with, secrets for HMAC: all sign.
  public var keys: [VerificationKey]
  /// Whether the receiver has a loopback, private or link-local address; else it must not have one.
  public var isPrivate: Bool
  /// Who signs the receiver's certificate, in DER; empty: those whom the host trusts.
  public var authorities: [[UInt8]]

  /// Where somebody is told of an event.
  public init(url: String, keys: [VerificationKey], isPrivate: Bool = false, authorities: [[UInt8]] = []) {
    self.url = url
    self.keys = keys
    self.isPrivate = isPrivate
    self.authorities = authorities
  }
}

/// A workflow of the template (TOSCA 1.3, 7; 2.0, 13.2), as far as triggers carry workflows out.
public struct ActionWorkflow: Hashable, Sendable, Codable {
  /// A step.
  public struct Step: Hashable, Sendable, Codable {
    /// Its name.
    public var name: String
    /// What must hold of contextual attributes for it to be carried out; else it succeeds without doing anything.
    public var filter: [ContextCondition]
    /// What it does, in order.
    public var activities: [TriggerAction]
    /// The steps that follow when all activities succeeded.
    public var onSuccess: [String]
    /// The steps that follow when one failed; its later ones are not carried out.
    public var onFailure: [String]
  }

  /// Its name.
  public var name: String
  /// What must hold of contextual attributes when it begins; else nothing of it is carried out.
  public var precondition: [ContextCondition]
  /// Its steps, in an order in which each comes after those that lead to it.
  public var steps: [Step]

  /// All that its steps do.
  var actions: [TriggerAction] { steps.flatMap(\.activities) }

  /// The steps that it begins with: those that follow no other.
  public var firstSteps: [String] {
    let following = Set(steps.flatMap { $0.onSuccess + $0.onFailure })
    return steps.map(\.name).filter { !following.contains($0) }
  }
}

extension TriggerAction {
  /// What it does, in words.
  public var summary: String {
    switch self {
    case .setLevel(let level): return "\(level) is due"
    case .setParameter(let setting):
      let place = setting.resource.map { " at `\($0)`" } ?? ""
      return "`\(setting.property)` of `\(setting.requirement)` is \(setting.value)\(place)"
    case .revokeSessions(let principal):
      return "revoke " + (principal.map { "the sessions of \($0.summary)" } ?? "all sessions")
    case .revokeCredentials(let credential, let seconds):
      return "revoke \(credential.kind) \(credential.name.summary)" + (seconds.map { " for \(durationText($0))" } ?? "")
    case .replace(let target): return "replace \(target.summary)"
    case .quarantine(let target): return "quarantine \(target.summary)"
    case .notify(let webhook): return "notify \(webhook.origin)"
    case .runWorkflow(let workflow): return "run the workflow `\(workflow.name)`"
    }
  }
}

extension InstanceTarget {
  /// In words.
  public var summary: String {
    guard let instance else { return "all instances of \(resource.summary)" }
    return "the instance \(instance.summary) of \(resource.summary)"
  }
}

extension AdaptationTrigger {
  /// The level that is due while it holds; nil where it sets none.
  public var level: String? {
    for case .setLevel(let level) in actions { return level }
    return nil
  }

  /// Whether it does something once, each time it begins to hold.
  public var acts: Bool { actions.contains { !$0.isState } }

  /// The fields of events that its actions name. Events are counted apart by their values: what is done to one principal or
  /// instance is not what another brought about.
  public var groupingFields: [String] {
    var fields: Set<String> = []
    for case .event(let field) in actions.flatMap(\.texts) { fields.insert(field) }
    return fields.sorted()
  }
}
