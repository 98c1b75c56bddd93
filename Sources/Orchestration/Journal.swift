import Foundation
import Hosting
import ImageGeneration
import Interchange
import State
import Synchronization

/// The event log: everything worth telling is stored, and passed on to whoever follows.
public final class Journal: Sendable {
  private let store: any StateStore
  private let followers = Mutex<[UUID: AsyncStream<EventRecord>.Continuation]>([:])

  init(store: any StateStore) {
    self.store = store
  }

  /// Stores an event and passes it on. An event that cannot be stored is passed on all the same, with number 0. Returns it
  /// as it was stored.
  @discardableResult
  func record(_ event: EventRecord) -> EventRecord { record([event])[0] }

  /// The same for several, all at once.
  @discardableResult
  func record(_ events: [EventRecord]) -> [EventRecord] {
    let encoder = JSONEncoder()
    var stored = events
    var storable: [(place: Int, bytes: [UInt8])] = []
    for place in stored.indices {
      stored[place].correlation = stored[place].correlation ?? Correlation.current
      if let bytes = try? encoder.encode(stored[place]) { storable.append((place, [UInt8](bytes))) }
    }
    if !storable.isEmpty, let first = try? store.append(events: storable.map(\.bytes)) {
      for (offset, event) in storable.enumerated() { stored[event.place].number = first + offset }
    }
    followers.withLock { followers in
      for follower in followers.values {
        for event in stored { follower.yield(event) }
      }
    }
    return stored
  }

  /// Events with numbers greater than `number`, oldest first, at most 10,000.
  public func events(after number: Int) -> [EventRecord] {
    ((try? store.events(after: number, limit: 10_000)) ?? []).compactMap(Journal.event)
  }

  private static func event(_ entry: LoggedEvent) -> EventRecord? {
    var event = try? JSONDecoder().decode(EventRecord.self, from: Data(entry.bytes))
    event?.number = entry.number
    return event
  }

  /// All events of one cause, oldest first, at most 10,000.
  public func history(_ correlation: String) -> [EventRecord] {
    var found: [EventRecord] = []
    var last = 0
    let mark = Data(correlation.utf8)
    while found.count < 10_000 {
      let page = (try? store.events(after: last, limit: 10_000)) ?? []
      guard let end = page.last?.number, end > last else { break }
      // Entries without its text anywhere need not be read.
      found += page.filter { Data($0.bytes).range(of: mark) != nil }.compactMap(Journal.event)
        .filter { $0.correlation == correlation }
      last = end
    }
    return Array(found.prefix(10_000))
  }

  /// Events from now on. Who reads slowly misses the oldest of more than 1,000 that wait.
  public func follow() -> AsyncStream<EventRecord> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1000)) { continuation in
      let id = UUID()
      followers.withLock { $0[id] = continuation }
      continuation.onTermination = { [weak self] _ in
        self?.followers.withLock { _ = $0.removeValue(forKey: id) }
      }
    }
  }
}

extension EventRecord {
  /// A step that was carried out or failed.
  init(
    _ action: Action, text: String, milliseconds: Double, failure: OrchestrationFault?, tenant: String,
    service: String
  ) {
    let (resource, instance) = action.step.subject
    self.init(
      time: Timestamp.now(), severity: failure == nil ? "informational" : "high", tenant: tenant, service: service,
      resource: resource, instance: instance, kind: failure == nil ? "action" : "action-failed",
      message: failure.map { "\(text): \($0.message)" } ?? text,
      details: ["reason": action.reason, "milliseconds": String(milliseconds), "step": action.step.name])
  }
}

extension Journal {
  /// A security event of an image. One that the control plane's own probe led to is marked as such, and nothing to look at.
  func record(
    _ event: SecurityEvent, instance: InstanceRecord?, tenant: String, service: String, isOfProbe: Bool = false,
    correlation: String? = nil
  ) {
    var details: [String: String] = [:]
    for field in event.details { details[field.name.description] = Journal.text(field.value) }
    if isOfProbe { details["probe"] = "true" }
    record(
      EventRecord(
        time: Timestamp.text(milliseconds: event.time),
        severity: isOfProbe ? "informational" : "\(event.severity)", tenant: tenant,
        service: service, resource: instance?.resource, instance: instance?.id,
        kind: "\(event.module).\(event.action)",
        message: details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
        details: details, correlation: correlation))
  }

  /// An instance that ended by itself.
  func record(failure: String, instance: InstanceRecord?, tenant: String, service: String) {
    record(
      EventRecord(
        time: Timestamp.now(), severity: "high", tenant: tenant, service: service, resource: instance?.resource,
        instance: instance?.id, kind: "instance-failed", message: failure))
  }

  /// An instance that runs though this host cannot keep it from using the addresses of others.
  func record(unlocked lacking: String, instance: InstanceRecord, tenant: String, service: String) {
    record(
      EventRecord(
        time: Timestamp.now(), severity: "medium", tenant: tenant, service: service, resource: instance.resource,
        instance: instance.id, kind: "addresses-unlocked", message: lacking))
  }

  /// A message that an instance refused.
  func record(refusal: String, instance: InstanceRecord?, tenant: String, service: String) {
    record(
      EventRecord(
        time: Timestamp.now(), severity: "high", tenant: tenant, service: service, resource: instance?.resource,
        instance: instance?.id, kind: "message-refused", message: refusal))
  }

  /// An image that was generated.
  func record(_ image: Image, resource: String, tenant: String, service: String) {
    record(
      EventRecord(
        time: Timestamp.now(), severity: "informational", tenant: tenant, service: service, resource: resource,
        kind: "image-generated", message: image.digest,
        details: ["bytes": String(image.bytes), "mechanisms": image.mechanisms.joined(separator: ",")]))
  }

  static func text(_ value: ParameterValue) -> String {
    switch value {
    case .integer(let number): String(number)
    case .boolean(let flag): String(flag)
    case .text(let text): text.description
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .list(let items): items.map(text).joined(separator: ",")
    case .map(let fields): fields.map { "\($0.name)=\(text($0.value))" }.joined(separator: ",")
    }
  }
}

extension Action.Step {
  /// The step's name, as events have it.
  var name: String {
    switch self {
    case .createNetwork: "createNetwork"
    case .startForwarder: "startForwarder"
    case .offer: "offer"
    case .withdraw: "withdraw"
    case .generateImage: "generateImage"
    case .startInstance: "startInstance"
    case .push: "push"
    case .route: "route"
    case .unpublish: "unpublish"
    case .drain: "drain"
    case .quarantine: "quarantine"
    case .stopInstance: "stopInstance"
    case .stopForwarder: "stopForwarder"
    case .removeNetwork: "removeNetwork"
    }
  }

  /// The resource and instance that a step is about.
  var subject: (resource: String?, instance: String?) {
    switch self {
    case .generateImage(let resource), .startInstance(let resource, _), .unpublish(let resource): (resource, nil)
    case .push(let instance, let resource, _), .drain(let instance, let resource),
      .quarantine(let instance, let resource), .stopInstance(let instance, let resource):
      (resource, instance)
    case .route(let resource, let instance): (resource, instance)
    case .offer(let external), .withdraw(let external): (external, nil)
    case .createNetwork, .startForwarder, .stopForwarder, .removeNetwork: (nil, nil)
    }
  }
}
