import SecTOSCA
import Testing

@testable import ImageGeneration

@Suite("Who may connect, by the rules of a firewall")
struct FirewallRulesTests {
  private func admits(
    _ rules: [FilterRule], flows: Filtering.Flows = .declared, byDefault: Bool = false, isPeer: Bool = true,
    hasForwarder: Bool = false
  ) -> Bool? {
    let filtering = Filtering(flows: flows, rules: rules, allowsByDefault: byDefault)
    let environment = ResourceEnvironment(
      address: "10.77.0.2/24", mac: [], peers: isPeer ? ["10.77.0.1/32"] : [],
      forwarder: hasForwarder ? ForwarderIdentity(address: "10.77.0.1", secret: []) : nil)
    let firewall = FirewallRules(
      resource: Portal.orders, due: [Portal.requirement("ruled", .filtering(filtering))], environment: environment)
    guard let peer = IPNetwork(around: "10.77.0.1") else { return nil }
    return firewall.admits(peer, to: 8080, hasForwarder: hasForwarder)
  }

  @Test("the first rule that matches decides, then flows, then the default")
  func order() {
    let deny = FilterRule(.deny, transports: [.tcp], peers: ["10.77.0.0/24"])
    let allow = FilterRule(.allow, transports: [.tcp], peers: ["10.77.0.1/32"], ports: [8000...8080])
    #expect(admits([]) == true && admits([], isPeer: false) == false)
    #expect(admits([], flows: .none) == false && admits([], flows: .none, byDefault: true) == true)
    #expect(admits([deny]) == false && admits([allow, deny]) == true && admits([deny, allow]) == false)
    #expect(admits([allow], flows: .none, isPeer: false) == true)
    #expect(admits([deny], byDefault: true) == false)
  }

  @Test("rules about other packets say nothing of a connection")
  func others() {
    let others = [
      FilterRule(.deny, transports: [.udp, .icmp]), FilterRule(.deny, directions: [.outbound]),
      FilterRule(.deny, states: [.established]), FilterRule(.deny, transports: [.tcp], ports: [80...80]),
      FilterRule(.deny, peers: ["192.0.2.0/24", "2001:db8::/32"]),
    ]
    #expect(admits(others) == true && admits(others, isPeer: false) == false)
  }

  @Test("what depends on the time or on the port that packets come from is not known, unless all else says the same")
  func unknown() {
    let night = FilterRule(.deny, window: TimeWindow(startMinute: 0, endMinute: 60, days: [.monday]))
    let low = FilterRule(.deny, transports: [.tcp], sourcePorts: [0...1023])
    #expect(admits([night]) == nil && admits([low]) == nil)
    #expect(admits([night], isPeer: false) == false && admits([low, FilterRule(.deny)]) == false)
  }

  @Test("behind the port forwarder, rules are held against clients, and it may bring them")
  func forwarder() {
    let deny = FilterRule(.deny, transports: [.tcp], peers: ["10.77.0.1/32"])
    #expect(admits([], hasForwarder: true) == true && admits([deny], hasForwarder: true) == false)
    #expect(admits([deny, FilterRule(.allow)], hasForwarder: true) == false)
  }
}
