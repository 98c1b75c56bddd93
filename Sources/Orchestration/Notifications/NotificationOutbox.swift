import Foundation
import SecTOSCA
import State
import Webhooks

/// Messages to webhooks that were not taken yet. They are stored, so that a control plane that is started again goes on; each
/// is sent until it is taken, later each time, and keeps its identifier, by which a receiver knows one that comes twice.
actor NotificationOutbox {
  /// A message that waits.
  struct Message: Hashable, Sendable, Codable {
    static let prefix = "outbox/"
    var id: String
    var tenant: String
    var service: String
    var trigger: String
    var correlation: String
    var webhook: Webhook
    /// A document of OCSF.
    var body: String
    /// How often it was sent.
    var attempts: Int

    /// The operation that stores it.
    var stored: State.Operation? {
      (try? JSONEncoder().encode(self)).map { .put(key: Self.prefix + id, [UInt8]($0)) }
    }
  }

  /// No more messages wait.
  static let limit = 1000
  /// A message is sent no more often: with the pauses between, for some three hours.
  static let maximumAttempts = 24
  /// No pause is longer, in seconds.
  private static let longestPause = 600
  /// No more messages are on their way at once.
  private static let maximumConnections = 16

  private let store: any StateStore
  private let journal: Journal
  private let client = WebhookClient()
  private var waiting: Set<String> = []
  private var connections = 0
  private var queue: [CheckedContinuation<Void, Never>] = []

  init(store: any StateStore, journal: Journal) {
    self.store = store
    self.journal = journal
  }

  /// Whether no more messages are taken.
  var isFull: Bool { waiting.count >= Self.limit }

  /// Goes on with the messages that were left.
  func resume() {
    for value in (try? store.values(under: Message.prefix)) ?? [] {
      if let message = try? JSONDecoder().decode(Message.self, from: Data(value.bytes)) { send(message) }
    }
  }

  /// Sends a message that is stored, until it is taken.
  func send(_ message: Message) {
    guard waiting.insert(message.id).inserted else { return }
    Task { await Correlation.$current.withValue(message.correlation) { await deliver(message) } }
  }

  private func deliver(_ first: Message) async {
    var message = first
    guard
      let receiver = WebhookReceiver(
        url: message.webhook.url, isPrivate: message.webhook.isPrivate, authorities: message.webhook.authorities)
    else { return end(message, "notification-failed", "it is no URL that can be posted to") }
    while true {
      message.attempts += 1
      await enter()
      let fault = await attempt(message, receiver)
      leave()
      guard let fault else {
        return end(message, "notification-delivered", "\(message.webhook.origin) took it")
      }
      guard !fault.isFinal, message.attempts < Self.maximumAttempts else {
        return end(message, "notification-failed", fault.reason)
      }
      // Said once, not at every attempt.
      if message.attempts == 1 { record(message, "notification-delayed", fault.reason, severity: "medium") }
      if let stored = message.stored { _ = try? store.transact(if: [], [stored]) }
      try? await Task.sleep(for: .seconds(min(Self.longestPause, 1 << min(message.attempts - 1, 10))))
    }
  }

  private func attempt(_ message: Message, _ receiver: WebhookReceiver) async -> WebhookFault? {
    do throws(WebhookFault) {
      try await client.deliver(
        WebhookMessage(id: message.id, body: Array(message.body.utf8)), to: receiver,
        signedWith: message.webhook.keys.map(\.key), at: Int(Date().timeIntervalSince1970))
      return nil
    } catch {
      return error
    }
  }

  private func end(_ message: Message, _ kind: String, _ text: String) {
    _ = try? store.transact(if: [], [.delete(key: Message.prefix + message.id)])
    waiting.remove(message.id)
    record(message, kind, text, severity: kind == "notification-failed" ? "high" : "informational")
  }

  private func record(_ message: Message, _ kind: String, _ text: String, severity: String) {
    journal.record(
      EventRecord(
        time: Timestamp.now(), severity: severity, tenant: message.tenant, service: message.service, kind: kind,
        message: "`\(message.trigger)`: \(text)",
        details: ["trigger": message.trigger, "message": message.id, "attempts": String(message.attempts)]))
  }

  private func enter() async {
    guard connections >= Self.maximumConnections else {
      connections += 1
      return
    }
    await withCheckedContinuation { queue.append($0) }
  }

  private func leave() {
    if queue.isEmpty {
      connections -= 1
    } else {
      queue.removeFirst().resume()
    }
  }
}
