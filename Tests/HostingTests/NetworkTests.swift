import CHosting
import Glibc
import Testing

@testable import Hosting

@Suite("Service networks")
struct NetworkTests {
  @Test(
    "a subnet or name that is malformed is refused with what was expected",
    arguments: [
      ("a", "10.0.0.1/24"), ("a", "10.0.0.0"), ("a", "10.0.0.0/31"), ("a", "10.0.0.0/7"), ("a", "10.00.0.0/24"),
      ("a", "10.0.0.256/24"), ("a", "10.0.0/24"), ("a", "10.0.0.0/24/"), ("", "10.0.0.0/24"), ("../a", "10.0.0.0/24"),
      ("A", "10.0.0.0/24"), ("-a", "10.0.0.0/24"), (String(repeating: "a", count: 65), "10.0.0.0/24"),
    ])
  func malformed(name: String, subnet: String) throws {
    #expect {
      try NetworkNamespace(ServiceNetwork(name: name, subnet: subnet))
    } throws: { error in
      guard case .invalid(_, let found, let expected)? = error as? HostingFault else { return false }
      return (found == name || found == subnet) && !expected.isEmpty
    }
  }

  @Test("the host has the first address of a subnet")
  func hostAddress() {
    #expect(ServiceNetwork(name: "a", subnet: "10.77.3.0/24").hostAddress == "10.77.3.1")
    #expect(ServiceNetwork(name: "a", subnet: "10.77.3.16/28").hostAddress == "10.77.3.17")
    #expect(ServiceNetwork(name: "a", subnet: "nonsense").hostAddress == nil)
  }

  @Test("a network's name depends on all parts and where they are divided")
  func names() {
    let name = ServiceNetwork.name(for: ["a", "bc"])
    #expect(name.hasPrefix("testudo-"))
    #expect(name.utf8.count == 28)
    #expect(ServiceNetwork.isName(name))
    #expect(name == ServiceNetwork.name(for: ["a", "bc"]))
    #expect(name != ServiceNetwork.name(for: ["ab", "c"]))
    #expect(name != ServiceNetwork.name(for: ["a", "bc", ""]))
  }

  @Test("a network is made, completed when made again, and removed without a trace", .enabled(if: isRoot, "needs root"))
  func lifeCycle() async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      #expect(try NetworkNamespace(network).exists)
      #expect(await host.networks() == [network])
      // What `ip netns` and a user would see.
      #expect(TestFolder.run("ip -n \(network.name) addr show br0 | grep -q 'inet 10.77.3.1/24'") == 0)
      let index = try NetworkNamespace(network).visit { if_nametoindex("br0") }
      try await host.createNetwork(network)
      #expect(try NetworkNamespace(network).visit { if_nametoindex("br0") } == index)
      try await host.removeNetwork(network)
      #expect(access(network.path, F_OK) != 0)
      #expect(access(host.home + "/networks/\(network.name).json", F_OK) != 0)
      try await host.removeNetwork(network)
      #expect(throws: HostingFault.self) { try NetworkNamespace(network).visit {} }
    }
  }

  @Test("a namespace that another installation made is left alone", .enabled(if: isRoot, "needs root"))
  func foreign() async throws {
    try await withHost { owner, network in
      try await owner.createNetwork(network)
      try await withHost { other, _ in
        await #expect {
          try await other.createNetwork(network)
        } throws: { error in
          guard case .conflict(let text)? = error as? HostingFault else { return false }
          return text.contains(network.name) && text.contains(other.home)
        }
        try await other.removeNetwork(network)
        try await other.sweep()
        #expect(try NetworkNamespace(network).exists)
      }
      var wider = network
      wider.subnet = "10.77.0.0/16"
      await #expect(throws: HostingFault.self) { try await owner.createNetwork(wider) }
    }
  }

  @Test("a TAP forwards at once, and goes with its descriptor", .enabled(if: isRoot, "needs root"))
  func tap() async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let namespace = try NetworkNamespace(network)
      let first = try namespace.openTAP("tapone", for: Frames.addresses(2, network))
      let second = try namespace.openTAP("taptwo", for: Frames.addresses(3, network))
      let hardware = TestFolder.run("ip -n \(network.name) link show br0 | grep -q 02:54:0a:4d:03:01")
      #expect(hardware == 0, "the bridge keeps its own hardware address")
      // Broadcast; before it a virtio-net header that asks nothing.
      let frame = [UInt8](repeating: 0, count: 10) + Frames.arp(1)
      #expect(write(first.tap.number, frame, frame.count) == frame.count)
      var buffer = [UInt8](repeating: 0, count: 2048)
      let number = second.tap.number
      let isForwarded = await eventually {
        let count = read(number, &buffer, buffer.count)
        return count == frame.count && Array(buffer[0..<count]) == frame
      }
      #expect(isForwarded)
      #expect(try namespace.visit { if_nametoindex("tapone") } != 0)
      _ = consume first
      // Another test may just be starting a process, which has a copy of every descriptor for a moment.
      #expect(try await eventually { try namespace.visit { if_nametoindex("tapone") } == 0 })
      #expect(throws: HostingFault.self) { _ = try namespace.openTAP("taptwo", for: Frames.addresses(3, network)) }
      _ = consume second
    }
  }

  @Test("a probe tells who answers, who refuses and who is silent", .enabled(if: isRoot, "needs root"))
  func probe() async throws {
    try await withHost { host, network in
      try await host.createNetwork(network)
      let server = try TestServer(network, reply: .bytes(Array("hello".utf8)))
      defer { server.stop() }
      let probe = NetworkProbe(network)
      let answer = try await probe.exchange([1], with: "10.77.3.1", port: server.port, deadline: .seconds(30))
      #expect(answer == Array("hello".utf8))
      await #expect {
        try await probe.exchange([1], with: "10.77.3.1", port: 9, deadline: .seconds(30))
      } throws: { error in
        if case .gone? = error as? HostingFault { true } else { false }
      }
      await #expect {
        try await probe.exchange([1], with: "10.77.3.9", port: 80, deadline: .milliseconds(200))
      } throws: { error in
        if case .deadline? = error as? HostingFault { true } else { false }
      }
    }
  }

  @Test(
    "without root, what is lacking is said together with the remedy", .enabled(if: !isRoot, "runs without root only"))
  func unprivileged() async throws {
    try await withHost { host, network in
      await #expect {
        try await host.createNetwork(network)
      } throws: { error in
        guard case .lacking(let what, let remedy)? = error as? HostingFault else { return false }
        return what.contains("network") && remedy.contains("sudo")
      }
    }
  }

  @Test("what the kernel does not permit counts as lacking, anything else as the kernel's refusal")
  func faults() {
    #expect(HostingFault.failed("x", EPERM).isLackOfHost)
    #expect(HostingFault.failed("x", -EACCES).isLackOfHost)
    #expect(HostingFault.failed("mount y", -EBUSY) == .system(operation: "mount y", code: EBUSY))
    #expect(HostingFault.failed("mount y", EBUSY).description == "cannot mount y: Device or resource busy")
  }
}
