import Foundation
public import OpenC2
import State
import Synchronization

/// The rules of packet filters that commands of OpenC2 led to, by tenant and number, kept in the store.
public final class PacketFilterRules: Sendable {
  /// No more rules of a tenant are kept.
  public static let maximumRules = 1000
  private static let prefix = "packet-rules/"
  /// Rules that were given no number get one that leaves room before them.
  private static let step = 10

  private let store: any StateStore
  private let rules: Mutex<[String: [Int: PacketFilterRule]]>

  /// The rules of a store. What was not to outlive a restart is not in it.
  init(store: any StateStore) throws(OrchestrationFault) {
    self.store = store
    var rules: [String: [Int: PacketFilterRule]] = [:]
    do {
      for value in try store.values(under: Self.prefix) {
        let parts = value.key.dropFirst(Self.prefix.count).split(separator: "/").map(String.init)
        guard parts.count == 2, let number = Int(parts[1]) else { continue }
        rules[parts[0], default: [:]][number] = try JSONDecoder().decode(
          PacketFilterRule.self, from: Data(value.bytes))
      }
    } catch {
      throw .execution("the rules of packet filters cannot be read: \(error)")
    }
    self.rules = Mutex(rules)
  }

  /// A tenant's rules in their order, also those whose time has not come.
  public func all(of tenant: String) -> [PacketFilterRule] {
    rules.withLock { $0[tenant, default: [:]].sorted { $0.key < $1.key }.map(\.value) }
  }

  /// The rules that hold for a resource at a time (milliseconds since 1970), in their order.
  func inForce(for resource: String, of service: String, tenant: String, at now: Int) -> [PacketFilterRule] {
    all(of: tenant).filter { $0.holds(at: now) && $0.isFor(resource, of: service) }
  }

  /// Takes in a rule, and returns the number that it has.
  func insert(_ rule: PacketFilterRule, tenant: String) throws(OpenC2Refusal) -> Int {
    try rules.withLock { rules throws(OpenC2Refusal) in
      var own = rules[tenant, default: [:]]
      guard own.count < Self.maximumRules else {
        throw OpenC2Refusal(
          .internalError, "Rule not updated: there are \(own.count) rules, at most \(Self.maximumRules) are kept")
      }
      let highest = own.keys.max() ?? 0
      let number = rule.number ?? (highest / Self.step + 1) * Self.step
      guard own[number] == nil else {
        throw OpenC2Refusal(.notImplemented, "Rule number currently in use: \(number)")
      }
      var rule = rule
      rule.number = number
      if rule.isPersistent { try put(rule, number, tenant) }
      own[number] = rule
      rules[tenant] = own
      return number
    }
  }

  /// Ends a rule: at once, or where a time is given, then. Returns it as it is from now on.
  func end(_ number: Int, tenant: String, at time: Int?, now: Int) throws(OpenC2Refusal) -> PacketFilterRule {
    try rules.withLock { rules throws(OpenC2Refusal) in
      guard var rule = rules[tenant]?[number] else {
        throw OpenC2Refusal(.internalError, "firewall rule not removed or updated: there is no rule \(number)")
      }
      rule.stop = min(rule.stop ?? .max, max(time ?? now, now))
      if rule.isOver(at: now) {
        try delete([number], tenant)
        rules[tenant]?[number] = nil
      } else {
        if rule.isPersistent { try put(rule, number, tenant) }
        rules[tenant]?[number] = rule
      }
      return rule
    }
  }

  /// Forgets the rules whose time is over, and returns them with their tenants.
  func forgetOver(at now: Int) -> [(tenant: String, rule: PacketFilterRule)] {
    rules.withLock { rules in
      var over: [(tenant: String, rule: PacketFilterRule)] = []
      for (tenant, own) in rules.sorted(by: { $0.key < $1.key }) {
        let ended = own.filter { $0.value.isOver(at: now) }
        // One that the store keeps is over also when it is read again.
        try? delete(Array(ended.keys), tenant)
        for (number, rule) in ended.sorted(by: { $0.key < $1.key }) {
          rules[tenant]?[number] = nil
          over.append((tenant, rule))
        }
      }
      return over
    }
  }

  /// Forgets the rules that name a service which is gone.
  func forget(service: String, tenant: String) {
    rules.withLock { rules in
      let gone = rules[tenant, default: [:]].filter { $0.value.filters.group == service }.map(\.key)
      try? delete(gone, tenant)
      for number in gone { rules[tenant]?[number] = nil }
    }
  }

  /// When the next rule of any tenant begins or ceases to hold.
  func nextChange(after now: Int) -> Int? {
    rules.withLock { $0.values.flatMap(\.values).compactMap { $0.nextChange(after: now) }.min() }
  }

  private func put(_ rule: PacketFilterRule, _ number: Int, _ tenant: String) throws(OpenC2Refusal) {
    do {
      let bytes = [UInt8](try JSONEncoder().encode(rule))
      try store.transact(if: [], [.put(key: Self.key(number, tenant), bytes)])
    } catch {
      throw OpenC2Refusal(.internalError, "Rule not updated: it cannot be stored: \(error)")
    }
  }

  private func delete(_ numbers: [Int], _ tenant: String) throws(OpenC2Refusal) {
    guard !numbers.isEmpty else { return }
    do throws(StateFault) {
      try store.transact(if: [], numbers.map { .delete(key: Self.key($0, tenant)) })
    } catch {
      throw OpenC2Refusal(.internalError, "firewall rule not removed or updated: \(error.reason)")
    }
  }

  private static func key(_ number: Int, _ tenant: String) -> String { "\(prefix)\(tenant)/\(number)" }
}

/// A rule, as it is listed.
public struct PacketRuleStatus: Hashable, Sendable, Codable {
  /// Its number.
  public var number: Int
  /// Whether packets may pass.
  public var permits: Bool
  /// What it says, in a line.
  public var rule: String
  /// The service that it is for, where it is not for all.
  public var service: String?
  /// The resource that it is for, where it is not for all.
  public var resource: String?
  /// When it begins to hold (RFC 3339), where it has a beginning.
  public var start: String?
  /// When it ends.
  public var stop: String?
  /// Whether it outlives a restart of the control plane.
  public var isPersistent: Bool
  /// Whether it holds now.
  public var holds: Bool

  /// The status of a rule now.
  public init(_ rule: PacketFilterRule) {
    number = rule.number ?? 0
    permits = rule.permits
    self.rule = rule.summary
    service = rule.filters.group
    resource = rule.filters.hostname
    start = rule.start.map { Timestamp.text(milliseconds: UInt64($0)) }
    stop = rule.stop.map { Timestamp.text(milliseconds: UInt64($0)) }
    isPersistent = rule.isPersistent
    holds = rule.holds(at: Orchestrator.milliseconds)
  }
}
