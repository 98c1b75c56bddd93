import Foundation
import State
import Synchronization

/// The tenants that were made, with their quotas, kept in the store.
final class Tenants: Sendable {
  /// What the store has of a tenant.
  struct Entry: Codable {
    var created: String
    var quota: TenantQuota
  }

  /// No more are kept.
  static let maximumTenants = 10_000
  private static let prefix = "tenants/"

  private let store: any StateStore
  private let entries: Mutex<[String: Entry]>

  /// The tenants of a store.
  init(store: any StateStore) throws(OrchestrationFault) {
    self.store = store
    var entries: [String: Entry] = [:]
    do {
      for value in try store.values(under: Self.prefix) {
        entries[String(value.key.dropFirst(Self.prefix.count))] = try JSONDecoder().decode(
          Entry.self, from: Data(value.bytes))
      }
    } catch {
      throw .execution("the tenants cannot be read: \(error)")
    }
    self.entries = Mutex(entries)
  }

  /// All of them, by name.
  var all: [String: Entry] { entries.withLock { $0 } }

  /// How much a tenant may have.
  func quota(of tenant: String) -> TenantQuota { entries.withLock { $0[tenant]?.quota } ?? TenantQuota() }

  /// Makes a tenant or, where it is there, gives it another quota.
  func put(_ tenant: String, quota: TenantQuota, isNew: Bool) throws(OrchestrationFault) {
    try Self.requireName(tenant)
    if let mistake = quota.mistake { throw .input(mistake) }
    try entries.withLock { entries throws(OrchestrationFault) in
      if isNew, entries[tenant] != nil {
        throw .input("there is a tenant `\(tenant)` already; `testudo tenant set-quota` changes what it may have")
      }
      guard entries[tenant] != nil || entries.count < Self.maximumTenants else {
        throw .input("there are \(entries.count) tenants already, at most \(Self.maximumTenants) can be kept")
      }
      let entry = Entry(created: entries[tenant]?.created ?? Timestamp.now(), quota: quota)
      do {
        let bytes = [UInt8](try JSONEncoder().encode(entry))
        try store.transact(if: [], [.put(key: Self.prefix + tenant, bytes)])
      } catch {
        throw .execution("the tenant cannot be stored: \(error)")
      }
      entries[tenant] = entry
    }
  }

  /// Forgets a tenant. Nothing happens where there is none.
  func remove(_ tenant: String) throws(OrchestrationFault) {
    try entries.withLock { entries throws(OrchestrationFault) in
      do throws(StateFault) {
        try store.transact(if: [], [.delete(key: Self.prefix + tenant)])
      } catch {
        throw .execution("the tenant cannot be taken out of the store: \(error.reason)")
      }
      entries[tenant] = nil
    }
  }

  static func requireName(_ tenant: String) throws(OrchestrationFault) {
    guard DecisionPoints.isName(tenant) else {
      throw .input(
        "the tenant's name is `\(tenant)`, expected 1 to 40 lower-case letters, digits and `-`, a letter first")
    }
  }
}
