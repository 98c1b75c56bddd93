import Certificates
import Foundation
import TOSCA

/// An action with the place where it is written.
struct PlacedAction {
  var action: TriggerAction
  var place: SourceRange
  /// The value of a parameter, as it is written.
  var value: Value?
}

/// Who calls an operation: a trigger, or a step of a workflow.
struct ActionCaller {
  /// As messages name it.
  var holder: String
  /// Where it stands.
  var place: SourceRange
  /// The event that is waited for, if it is one that has fields.
  var event: SecurityEventKind?
  /// The resource that a step acts on.
  var target: String?
  /// The values of a workflow's inputs.
  var inputs: [String: Value] = [:]
  /// The workflows that the step is part of, from the outermost: none may be in itself.
  var workflows: [String] = []
}

/// The actions of triggers: calls of the operations of `sectosca.interfaces.SecurityControl`, and workflows.
extension Interpretation {
  /// The most actions that a trigger may have.
  static let mostActions = 16
  /// The longest time that credentials can be revoked for, in seconds, unless it is for good: a year.
  static let longestRevocation = 365 * 86_400

  /// What a trigger does, in order.
  mutating func readActions(of trigger: Trigger, upon event: Vocabulary.Event) -> [PlacedAction] {
    var caller = ActionCaller(holder: "`\(trigger.name)`", place: trigger.place)
    if case .counted(let kind) = event { caller.event = kind }
    guard (1...Self.mostActions).contains(trigger.actions.count) else {
      report(
        "unsupported-action", at: trigger.place,
        "`\(trigger.name)` has \(trigger.actions.isEmpty ? "no action" : "\(trigger.actions.count) actions")",
        expected:
          "1 to \(Self.mostActions) actions, such as `call_operation` of `\(Vocabulary.Operation.setLevel.name)`")
      return []
    }
    var actions: [PlacedAction] = []
    for action in trigger.actions {
      guard let read = readAction(action, of: caller) else { continue }
      if case .setLevel = read.action,
        actions.contains(where: { if case .setLevel = $0.action { true } else { false } })
      {
        report(
          "unsupported-action", at: read.place, "`\(trigger.name)` sets two levels", expected: "one level of a trigger")
      }
      actions.append(read)
    }
    return actions
  }

  private mutating func readAction(_ action: Value, of caller: ActionCaller) -> PlacedAction? {
    let kinds = ["call_operation", "inline"]
    guard let entries = action.map, let activity = entries.first, entries.count == 1, kinds.contains(activity.key)
    else {
      let names = (action.map ?? []).map(\.key)
      report(
        "unsupported-action", at: action.map?.first?.place ?? action.place,
        "\(caller.holder) has the action \(names.isEmpty ? "`\(action.string ?? "")`" : enumeration(names))",
        expected: enumeration(kinds, last: "or"), suggestion: names.first.flatMap { nearest($0, among: kinds) })
      return nil
    }
    let main = activity.key == "inline" ? "workflow" : "operation"
    let called = activity.value[main] ?? activity.value
    let inputs = Self.inputs(activity.value["inputs"])
    let place = activity.value["inputs"]?.place ?? activity.place
    if activity.key == "inline" {
      guard let name = called.string else {
        report("unsupported-action", at: called.place, "\(caller.holder) inlines no workflow", expected: "a name")
        return nil
      }
      return readWorkflow(Located(name, at: called.place), inputs: inputs, of: caller)
        .map { PlacedAction(action: .runWorkflow($0), place: activity.place) }
    }
    return readCall(called.string.map { Located($0, at: called.place) }, inputs, at: called.place, place, of: caller)
  }

  /// The entries of inputs: a map, or in older versions a list of maps.
  private static func inputs(_ value: Value?) -> [Value.Entry] {
    value?.map ?? (value?.list ?? []).flatMap { $0.map ?? [] }
  }

  /// A call of an operation, from a trigger or from a step of a workflow.
  mutating func readCall(
    _ operation: Located<String>?, _ written: [Value.Entry], at operationPlace: SourceRange,
    _ inputsPlace: SourceRange, of caller: ActionCaller
  ) -> PlacedAction? {
    let names = Vocabulary.Operation.allCases.map(\.name)
    let parts = operation?.value.split(separator: ".").map(String.init) ?? []
    let interface = parts.dropLast().joined(separator: ".")
    guard let last = parts.last, Vocabulary.securityControl.contains(interface),
      let known = Vocabulary.Operation(rawValue: last)
    else {
      report(
        "unsupported-action", at: operationPlace,
        "\(caller.holder) calls \(operation.map { "`\($0.value)`" } ?? "no operation")",
        expected: enumeration(names, last: "or"), suggestion: operation.flatMap { nearest($0.value, among: names) })
      return nil
    }
    let before = findings.count
    var values: [String: Value] = [:]
    for input in written {
      guard known.inputs.contains(input.key) else {
        report(
          "unsupported-action", at: input.place, "`\(known.name)` has no input `\(input.key)`",
          expected: enumeration(known.inputs, last: "or"), suggestion: nearest(input.key, among: known.inputs))
        continue
      }
      // 1.3 gives parameters (3.6.23.3): the value may stand in its long form.
      values[input.key] = given(input.value["value"] ?? input.value, to: caller)
    }
    guard findings.count == before else { return nil }
    let inputs = Properties(values, holder: "\(known.name) in \(caller.holder)", place: inputsPlace)
    let action = readOperation(known, inputs, of: caller)
    return action.map { PlacedAction(action: $0, place: operationPlace, value: values["value"]) }
  }

  private mutating func readOperation(
    _ operation: Vocabulary.Operation, _ inputs: Properties, of caller: ActionCaller
  ) -> TriggerAction? {
    switch operation {
    case .setLevel: return readLevel(inputs, of: caller).map(TriggerAction.setLevel)
    case .setParameter: return readParameter(inputs, of: caller).map(TriggerAction.setParameter)
    case .revokeSessions:
      let principal = readText("principal", of: inputs, caller)
      guard inputs.values["principal"] == nil || principal != nil else { return nil }
      checkRevocable([.session], at: inputs.place, operation, caller)
      return .revokeSessions(principal: principal)
    case .revokeCredentials: return readRevocation(inputs, of: caller)
    case .replace: return readInstances(inputs, of: caller).map(TriggerAction.replace)
    case .quarantine: return readInstances(inputs, of: caller).map(TriggerAction.quarantine)
    case .notify: return readWebhook(inputs, of: caller).map(TriggerAction.notify)
    }
  }

  // MARK: Values

  /// What an input is given: the value of a template's or workflow's input where it is taken from one.
  func given(_ value: Value, to caller: ActionCaller) -> Value {
    guard let (function, arguments) = Self.function(value), function == "get_input" else { return value }
    guard let name = arguments.string ?? arguments.list?.first?.string,
      var found = caller.inputs[name] ?? topology.inputs[name]
    else { return Value(.unresolved(function: function, arguments: arguments), at: value.place) }
    // What is wrong with it is wrong here; and an input's own place is not the template's.
    found.place = value.place
    return found
  }

  /// A function call, as written or as far as it was read.
  private static func function(_ value: Value) -> (name: String, arguments: Value)? {
    if case .unresolved(let function, let arguments) = value.content {
      return (function.hasPrefix("$") ? String(function.dropFirst()) : function, arguments)
    }
    guard let entries = value.map, entries.count == 1, let entry = entries.first else { return nil }
    let name = entry.key.hasPrefix("$") ? String(entry.key.dropFirst()) : entry.key
    return name.hasPrefix("get_") ? (name, entry.value) : nil
  }

  /// A text, or a field of the event: `{ get_attribute: [ SELF, event, principal ] }`.
  private mutating func readText(
    _ name: String, of inputs: Properties, _ caller: ActionCaller, required: Bool = false
  ) -> ActionText? {
    guard let written = inputs.values[name], let (function, arguments) = Self.function(written),
      function == "get_attribute"
    else {
      guard let text = text(name, of: inputs, required: required) else { return nil }
      guard (1...256).contains(text.value.utf8.count) else {
        report(
          "invalid-value", at: text.place, "`\(name)` of \(inputs.holder) is empty or too long",
          expected: "1 to 256 bytes")
        return nil
      }
      return .written(text.value)
    }
    let fields = caller.event?.fields ?? []
    guard let path = arguments.list?.compactMap(\.string), path.count == 3, path[0] == "SELF", path[1] == "event",
      fields.contains(path[2])
    else {
      let asked = arguments.list?.last?.string
      report(
        "unsupported-action", at: arguments.place, "`\(name)` of \(inputs.holder) is not a field of the event",
        expected: fields.isEmpty
          ? "a text: what \(caller.holder) waits for has no fields"
          : "`[ SELF, event, FIELD ]` with \(enumeration(fields, last: "or"))",
        suggestion: asked.flatMap { nearest($0, among: fields) })
      return nil
    }
    return .event(path[2])
  }

  private mutating func readLevel(_ inputs: Properties, of caller: ActionCaller) -> String? {
    guard let value = inputs.values["level"] else {
      report(
        "unsupported-action", at: inputs.place, "\(caller.holder) does not say which level to set",
        expected: "the input `level`")
      return nil
    }
    let names = policies(of: Vocabulary.Policy.level).map(\.name)
    guard let level = value.string, names.contains(level) else {
      let found = value.string.map { "the level `\($0)`, which does not exist" } ?? "a level that is not a name"
      report(
        "unknown-level", at: value.place, "\(caller.holder) sets \(found)",
        expected: names.isEmpty ? "a level" : enumeration(names, last: "or"),
        suggestion: value.string.flatMap { nearest($0, among: names) })
      return nil
    }
    return level
  }

  private mutating func readRevocation(_ inputs: Properties, of caller: ActionCaller) -> TriggerAction? {
    let before = findings.count
    let ways = ["principal", "api_key", "key"].filter { inputs.values[$0] != nil }
    guard ways.count == 1, let way = ways.first else {
      report(
        "unsupported-action", at: inputs.place,
        "\(caller.holder) revokes \(ways.isEmpty ? "no credentials" : enumeration(ways) + " at once")",
        expected: "one of the inputs `principal`, `api_key` and `key`")
      return nil
    }
    var seconds: Int?
    if let duration = inputs.values["duration"] {
      seconds = Self.secondsOf(duration)
      if !(seconds.map { (1...Self.longestRevocation).contains($0) } ?? false) {
        report(
          "invalid-value", at: duration.place, "`duration` of \(inputs.holder) cannot be used",
          expected: "a time from `1 s` to `365 d`; without it, for good")
      }
    }
    let name = readText(way, of: inputs, caller)
    guard findings.count == before, let name else { return nil }
    checkRevocable([.authentication], at: inputs.place, .revokeCredentials, caller)
    let credential: RevokedCredential =
      switch way {
      case "api_key": .apiKey(name)
      case "key": .key(name)
      default: .principal(name)
      }
    return .revokeCredentials(credential, seconds: seconds)
  }

  /// Whole seconds of a time, as written or as a topology has it.
  static func secondsOf(_ value: Value) -> Int? {
    value.string.flatMap(seconds) ?? value.amount.flatMap { Int(exactly: $0) }
  }

  /// What nobody has cannot be revoked.
  private mutating func checkRevocable(
    _ kinds: Set<Protection.Kind>, at place: SourceRange, _ operation: Vocabulary.Operation, _ caller: ActionCaller
  ) {
    guard !requirements.contains(where: { Protection.Kind(rawValue: $0.protection.kind).map(kinds.contains) ?? false })
    else { return }
    let name = kinds.map(\.rawValue).joined(separator: ", ")
    warn(
      "action-without-effect", at: place,
      "`\(operation.name)` in \(caller.holder) does nothing: no level asks for \(name)",
      expected: "a requirement of \(name)")
  }

  private mutating func readInstances(_ inputs: Properties, of caller: ActionCaller) -> InstanceTarget? {
    let before = findings.count
    let instance = readText("instance", of: inputs, caller)
    var resource = readText("resource", of: inputs, caller)
    guard findings.count == before else { return nil }
    if resource == nil {
      // An instance that an event names is of the resource that it names.
      if case .event? = instance {
        resource = .event("resource")
      } else {
        resource = caller.target.map { .written($0) }
      }
    }
    let names = resources.map(\.name)
    guard let resource else {
      report(
        "unsupported-action", at: inputs.place, "\(inputs.holder) does not say of which resource",
        expected: "the input `resource`")
      return nil
    }
    if case .written(let name) = resource, !names.contains(name) {
      report(
        "unknown-target", at: inputs.values["resource"]?.place ?? inputs.place,
        "\(inputs.holder) names the resource `\(name)`, which is no unikernel of the template",
        expected: enumeration(names, last: "or"), suggestion: nearest(name, among: names))
      return nil
    }
    return InstanceTarget(resource: resource, instance: instance)
  }

  // MARK: Webhooks

  private mutating func readWebhook(_ inputs: Properties, of caller: ActionCaller) -> Webhook? {
    let before = findings.count
    let url = text("url", of: inputs, required: true)
    let keyFile = text("keys", of: inputs, required: true)
    let isPrivate = flag("private", of: inputs) ?? false
    if let url { checkURL(url, inputs.holder, isPrivate: isPrivate) }
    let keys = keyFile.flatMap { readKeySet($0) } ?? []
    if let keyFile, !keys.isEmpty,
      keys.count > Self.mostSessionKeys || !keys.allSatisfy({ $0.algorithm == .hs256 && $0.id.utf8.count <= 64 })
    {
      report(
        "invalid-key", at: keyFile.place,
        "`\(keyFile.value)` has a key that messages cannot be signed with, or too many",
        expected: "1 to \(Self.mostSessionKeys) `oct` keys of at least 32 bytes, each with a `kid` of at most 64")
    }
    let authorities = readCertificates("authorities", of: inputs, required: false) ?? []
    guard findings.count == before, let url, !keys.isEmpty else { return nil }
    return Webhook(url: url.value, keys: keys, isPrivate: isPrivate, authorities: authorities.map(\.bytes))
  }

  private mutating func checkURL(_ url: Located<String>, _ holder: String, isPrivate: Bool) {
    let parts = url.value.utf8.count <= 2048 ? URLComponents(string: url.value) : nil
    let isForm =
      parts.map { parts in
        ["https", "http"].contains(parts.scheme) && parts.host?.isEmpty == false && parts.user == nil
          && parts.password == nil && parts.fragment == nil && (parts.port.map { (1...65_535).contains($0) } ?? true)
          && url.value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      } ?? false
    // No part of it is shown: receivers put secrets into paths.
    guard isForm else {
      report(
        "invalid-value", at: url.place, "`url` of \(holder) is no URL that events can be posted to",
        expected: "a URL such as `https://hooks.example/testudo`: no user, no `#`, at most 2048 bytes")
      return
    }
    if parts?.scheme == "http", !isPrivate {
      report(
        "invalid-value", at: url.place, "`url` of \(holder) is not encrypted on its way",
        expected: "`https`; `http` only to a receiver with `private: true`")
    }
  }
}

extension Webhook {
  /// Where it is, without the path: receivers put secrets there.
  public var origin: String {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host else { return "" }
    return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
  }
}
