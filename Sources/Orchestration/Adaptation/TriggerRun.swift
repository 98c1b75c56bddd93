import Foundation
import State

/// What a trigger does once, from when it began to hold until all of it is done. It is stored before anything is carried out
/// and after each action, so that a control plane that is started again goes on after the last.
struct TriggerRun: Hashable, Sendable, Codable {
  /// How an action ended.
  struct Outcome: Hashable, Sendable, Codable {
    var succeeded: Bool
    var message: String
  }

  /// When a trigger last took instances away.
  struct Disruption: Hashable, Sendable, Codable {
    static let prefix = "disruptions/"
    /// The run that did.
    var run: String
    /// When, in seconds since 1970.
    var second: Int
  }

  static let prefix = "runs/"

  /// Its identifier.
  var id: String
  /// The key of the service's declaration.
  var service: String
  /// The trigger.
  var trigger: String
  /// What is known of the event.
  var event: [String: String]
  /// Why, for people.
  var cause: String
  /// What its events have in common with the cause.
  var correlation: String
  /// When it began, in seconds since 1970.
  var second: Int
  /// The event as webhooks are told it: a document of OCSF.
  var notice: String
  /// How actions ended, by their places: `2`, or `2/step/0` in a workflow.
  var outcomes: [String: Outcome] = [:]
  /// The instances that actions are about, found out before anything happens to one.
  var targets: [String: [String]] = [:]

  /// The key that it is stored under.
  var key: String { "\(Self.prefix)\(service)/\(id)" }

  /// The operation that stores it.
  var stored: State.Operation? {
    (try? JSONEncoder().encode(self)).map { .put(key: key, [UInt8]($0)) }
  }
}
