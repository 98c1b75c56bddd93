import Foundation
public import PolicyDecision
public import State
import Synchronization

/// The decision points of all tenants, and what they are made of, which is kept in the store: each change is another
/// version, stored before it decides.
public final class DecisionPoints: Sendable {
  /// A part of what a decision point is made of.
  public enum Part: String, CaseIterable, Sendable, Codable {
    /// Cedar policies.
    case policies
    /// A Cedar schema.
    case schema
    /// Entities in Cedar's JSON format.
    case entities
  }

  /// What the store has of a tenant.
  private struct Stored: Codable {
    var version: Int
    var changed: String
    var sources: DecisionSources
  }

  private struct Entry {
    var stored: Stored
    var point: DecisionPoint
  }

  private let store: any StateStore
  private let entries: Mutex<[String: Entry]>
  /// Held while a tenant's version is made, so that none is made twice. Decisions do not wait for it.
  private let changing = Mutex<Void>(())
  private static let prefix = "decision/"

  /// The decision points of a store.
  public init(store: any StateStore) throws(OrchestrationFault) {
    self.store = store
    var entries: [String: Entry] = [:]
    do {
      for value in try store.values(under: Self.prefix) {
        let stored = try JSONDecoder().decode(Stored.self, from: Data(value.bytes))
        let point = try DecisionPoint(stored.sources, version: stored.version)
        entries[String(value.key.dropFirst(Self.prefix.count))] = Entry(stored: stored, point: point)
      }
    } catch {
      throw .execution("what the decision points decide with cannot be read: \(error)")
    }
    self.entries = Mutex(entries)
  }

  /// The decision point of a tenant; one that denies everything where nothing was set.
  public func point(of tenant: String) -> DecisionPoint {
    entries.withLock { $0[tenant]?.point } ?? .empty
  }

  /// What each tenant's decision point is made of, by tenant.
  public func status(tenant: String?) -> [DecisionStatus] {
    entries.withLock { entries in
      entries.filter { tenant == nil || $0.key == tenant }.sorted { $0.key < $1.key }.map {
        Self.status($0.key, $0.value)
      }
    }
  }

  /// A part as it was given; `nil` where there is none.
  public func text(of part: Part, tenant: String) -> String? {
    guard let sources = entries.withLock({ $0[tenant]?.stored.sources }) else { return nil }
    return switch part {
    case .policies: sources.policies.text
    case .schema: sources.schema?.text
    case .entities: sources.entities
    }
  }

  /// Puts parts in the place of those before, or takes parts away, all in one version. Refused with all findings if what
  /// there would then be is not sound; what decides stays.
  public func change(_ parts: [Part: String?], of tenant: String) throws(OrchestrationFault) -> DecisionStatus {
    guard Self.isName(tenant) else {
      throw .input(
        "the tenant's name is `\(tenant)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
    guard !parts.isEmpty else {
      throw .input("there is nothing to change, expected `policies`, `schema` or `entities`")
    }
    return try changing.withLock { _ throws(OrchestrationFault) in
      let known = entries.withLock { $0[tenant] }
      var sources = known?.stored.sources ?? DecisionSources(policies: .init(""))
      for (part, text) in parts {
        switch part {
        case .policies: sources.policies = .init(text ?? "")
        case .schema: sources.schema = text.map { DecisionSources.Document($0) }
        case .entities: sources.entities = text
        }
      }
      let version = (known?.stored.version ?? 0) + 1
      let stored = Stored(version: version, changed: Timestamp.now(), sources: sources)
      let entry: Entry
      do throws(PolicyFindings) {
        entry = Entry(
          stored: stored, point: try DecisionPoint(sources, version: version, previous: known?.point))
      } catch {
        let texts = [
          "policies": sources.policies.text, "schema": sources.schema?.text, "entities": sources.entities,
        ]
        throw .findings(error.templateFindings, sources: texts.compactMapValues { $0 })
      }
      do {
        let bytes = [UInt8](try JSONEncoder().encode(stored))
        try store.transact(if: [], [.put(key: Self.prefix + tenant, bytes)])
      } catch {
        throw .execution("what the decision point decides with cannot be stored: \(error)")
      }
      entries.withLock { $0[tenant] = entry }
      return Self.status(tenant, entry)
    }
  }

  /// Forgets everything of a tenant. Its decision point then denies everything.
  func remove(_ tenant: String) throws(OrchestrationFault) {
    try changing.withLock { _ throws(OrchestrationFault) in
      do throws(StateFault) {
        try store.transact(if: [], [.delete(key: Self.prefix + tenant)])
      } catch {
        throw .execution("what the decision point decides with cannot be taken out of the store: \(error.reason)")
      }
      entries.withLock { _ = $0.removeValue(forKey: tenant) }
    }
  }

  private static func status(_ tenant: String, _ entry: Entry) -> DecisionStatus {
    DecisionStatus(
      tenant: tenant, version: entry.point.version, changed: entry.stored.changed,
      policies: entry.point.policyCount, entities: entry.point.entityCount, schema: entry.point.hasSchema)
  }

  /// Whether a text can be a tenant's name: 1 to 40 lower-case letters, digits and `-`, a letter first.
  public static func isName(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count) && text.utf8.first.map { 0x61...0x7A ~= $0 } == true
      && text.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
  }
}

/// What a tenant's decision point is made of.
public struct DecisionStatus: Hashable, Sendable, Codable {
  /// The tenant.
  public var tenant: String
  /// The version that decides.
  public var version: Int
  /// When it was set (RFC 3339).
  public var changed: String
  /// How many policies there are.
  public var policies: Int
  /// How many entities there are, the schema's actions among them.
  public var entities: Int
  /// Whether there is a schema.
  public var schema: Bool
}
