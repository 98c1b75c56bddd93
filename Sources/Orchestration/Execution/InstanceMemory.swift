import Foundation
import Hosting
import State

/// What the orchestrator knows of an instance besides its record, kept in the store: what it acknowledged and whether it
/// is on its way out.
struct InstanceMemory: Hashable, Sendable, Codable {
  /// The run-stage settings it acknowledged last.
  var run: RunState
  /// The version of the last control message to it.
  var version: UInt64
  /// When it acknowledged them (RFC 3339).
  var acknowledged: String
  /// Whether it was told to drain.
  var isDraining: Bool
  /// Why it must give its place to a fresh one, if it must.
  var withdrawal: Withdrawal?
  /// What came of its probes.
  var probes: [ProbeOutcome]?
  /// What was known of it when it was put into quarantine; `nil` where it is not there.
  var quarantine: QuarantineRecord?

  /// The key it is stored under.
  static func key(_ id: String) -> String { "instances/\(id)" }

  /// What is stored of an instance, if that is something.
  static func read(_ id: String, from store: any StateStore) -> InstanceMemory? {
    guard let bytes = try? store.value(for: key(id))?.bytes else { return nil }
    return try? JSONDecoder().decode(InstanceMemory.self, from: Data(bytes))
  }
}

extension InstanceRecord {
  /// The recipe of its image.
  var recipe: String { metadata["recipe"] ?? "" }
  /// The hash of the boot-stage settings it was started with.
  var bootSettings: String { metadata["bootSettings"] ?? "" }
  /// Its address without the prefix length.
  var host: String { String(address.prefix { $0 != "/" }) }
}
