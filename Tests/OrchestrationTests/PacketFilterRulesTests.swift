import Foundation
import OpenC2
import SecTOSCA
import State
import Testing

@testable import Orchestration

@Suite("Rules of packet filters")
struct PacketFilterRulesTests {
  private func rule(
    _ network: String, number: Int? = nil, stop: Int? = nil, isPersistent: Bool = true, service: String? = nil,
    resource: String? = nil
  ) throws -> PacketFilterRule {
    PacketFilterRule(
      number: number, permits: false,
      pattern: TrafficPattern(isIPv6: false, addresses: .either(try #require(IPNetwork(around: network)))),
      stop: stop, isPersistent: isPersistent, filters: .init(hostname: resource, group: service))
  }

  @Test("rules are looked through by their numbers, and get one that leaves room where they bring none")
  func order() throws {
    let rules = try PacketFilterRules(store: try SQLiteStateStore(path: ":memory:"))
    #expect(try rules.insert(rule("192.0.2.1"), tenant: "a") == 10)
    #expect(try rules.insert(rule("192.0.2.2", number: 15), tenant: "a") == 15)
    #expect(try rules.insert(rule("192.0.2.3"), tenant: "a") == 20)
    #expect(try rules.insert(rule("192.0.2.4", number: 5), tenant: "a") == 5)
    #expect(rules.all(of: "a").map(\.number) == [5, 10, 15, 20])
    #expect(throws: OpenC2Refusal.self) { try rules.insert(rule("192.0.2.5", number: 15), tenant: "a") }
    #expect(try rules.insert(rule("192.0.2.5", number: 15), tenant: "b") == 15, "tenants have numbers of their own")
  }

  @Test("rules are for the service and the resource that they name, and for all where they name none")
  func filters() throws {
    let rules = try PacketFilterRules(store: try SQLiteStateStore(path: ":memory:"))
    for rule in [
      try rule("192.0.2.1"), try rule("192.0.2.2", service: "portal"),
      try rule("192.0.2.3", service: "portal", resource: "orders"), try rule("192.0.2.4", service: "shop"),
    ] { _ = try rules.insert(rule, tenant: "a") }
    func numbers(_ resource: String, _ service: String, _ tenant: String = "a") -> [Int?] {
      rules.inForce(for: resource, of: service, tenant: tenant, at: 0).map(\.number)
    }
    #expect(numbers("storefront", "portal") == [10, 20])
    #expect(numbers("orders", "portal") == [10, 20, 30])
    #expect(numbers("orders", "shop") == [10, 40])
    #expect(numbers("orders", "portal", "b") == [])
    rules.forget(service: "portal", tenant: "a")
    #expect(numbers("orders", "portal") == [10])
  }

  @Test("a rule ends at its time, or earlier where that is said, and is forgotten then")
  func ends() throws {
    let store = try SQLiteStateStore(path: ":memory:")
    let rules = try PacketFilterRules(store: store)
    let first = try rules.insert(rule("192.0.2.1", stop: 1000), tenant: "a")
    let second = try rules.insert(rule("192.0.2.2"), tenant: "a")
    #expect(rules.nextChange(after: 0) == 1000)
    #expect(try rules.end(second, tenant: "a", at: 500, now: 100).stop == 500)
    #expect(rules.nextChange(after: 0) == 500)
    #expect(rules.inForce(for: "r", of: "s", tenant: "a", at: 499).count == 2)
    #expect(rules.inForce(for: "r", of: "s", tenant: "a", at: 500).map(\.number) == [first])
    #expect(rules.forgetOver(at: 600).map(\.rule.number) == [second])
    #expect(try rules.end(first, tenant: "a", at: nil, now: 700).stop == 700)
    #expect(rules.all(of: "a").isEmpty && rules.nextChange(after: 0) == nil)
    #expect(throws: OpenC2Refusal.self) { try rules.end(first, tenant: "a", at: nil, now: 700) }
    #expect(try PacketFilterRules(store: store).all(of: "a").isEmpty)
  }

  @Test("rules outlive a restart, unless they are not to")
  func restart() throws {
    let store = try SQLiteStateStore(path: ":memory:")
    let rules = try PacketFilterRules(store: store)
    _ = try rules.insert(rule("192.0.2.0/24", service: "portal"), tenant: "a")
    _ = try rules.insert(rule("192.0.2.2", isPersistent: false), tenant: "a")
    #expect(try PacketFilterRules(store: store).all(of: "a") == rules.all(of: "a").filter(\.isPersistent))
  }

  @Test("a rule is about the other end of packets, each way that they go, and about nothing that goes elsewhere")
  func peers() throws {
    let own = [try #require(IPNetwork(around: "10.77.0.2"))]
    func rules(
      _ addresses: TrafficPattern.Addresses, permits: Bool = false, _ direction: OpenC2Command.Direction = .both,
      transport: TrafficPattern.TransportProtocol? = nil, from: Int? = nil, to: Int? = nil, isIPv6: Bool = false
    ) -> [FilterRule] {
      PacketFilterRule(
        permits: permits,
        pattern: TrafficPattern(
          isIPv6: isIPv6, addresses: addresses, transport: transport, sourcePort: from, destinationPort: to),
        direction: direction
      ).filterRules(own: own)
    }
    let there = try #require(IPNetwork(around: "198.51.100.0/24"))
    let both = rules(.either(there))
    #expect(both.map(\.directions) == [[.inbound], [.outbound]])
    #expect(both.allSatisfy { $0.peers == ["198.51.100.0/24"] && $0.transports == [.tcp, .udp, .icmp] })
    #expect(both.allSatisfy { $0.action == .deny && $0.states == FilterRule.State.allCases })
    // The instance itself is one end of all its packets.
    #expect(rules(.either(own[0]), .ingress).map(\.peers) == [["0.0.0.0/0"]])
    let from = rules(.both(source: there, destination: nil), transport: .tcp, from: 53, to: 80)
    #expect(from.map(\.directions) == [[.inbound]], "none that goes out comes from there")
    #expect(from.first?.ports == [80...80] && from.first?.sourcePorts == [53...53] && from.first?.transports == [.tcp])
    #expect(rules(.both(source: nil, destination: there)).map(\.directions) == [[.outbound]])
    #expect(rules(.both(source: nil, destination: own[0]), .ingress).map(\.peers) == [["0.0.0.0/0"]])
    #expect(rules(.both(source: there, destination: there)).isEmpty)
    #expect(rules(.both(source: there, destination: nil), .egress).isEmpty)
    // Strays are let through by nobody.
    #expect(rules(.either(there), permits: true).first?.states == [.new, .established, .related])
    let six = try #require(IPNetwork(around: "2001:db8::/32"))
    #expect(rules(.either(six), transport: .icmp, isIPv6: true).first?.transports == [.icmpv6])
  }

  @Test("rules that say the same are told from others by nothing but what they say")
  func digest() throws {
    let first = try rule("192.0.2.1", number: 7, stop: 1000, service: "portal")
    #expect([first].digest == [try rule("192.0.2.1")].digest)
    let other = try rule("192.0.2.2")
    #expect([first].digest != [other].digest && [first, other].digest != [other, first].digest)
  }

  @Test("no more rules are kept than fit")
  func bound() throws {
    let rules = try PacketFilterRules(store: try SQLiteStateStore(path: ":memory:"))
    for _ in 0..<PacketFilterRules.maximumRules {
      _ = try rules.insert(rule("192.0.2.1", isPersistent: false), tenant: "a")
    }
    #expect(throws: OpenC2Refusal.self) { try rules.insert(rule("192.0.2.1"), tenant: "a") }
    #expect(try rules.insert(rule("192.0.2.1"), tenant: "b") == 10)
  }
}
