import CHosting
import Glibc
import Interchange
import Testing

@testable import Hosting

@Suite(
  "Instances",
  .enabled(if: isRoot, "needs root"), .enabled(if: FakeTender.program != nil, "needs a C compiler"))
struct ProcessHostTests {
  private func withNetwork(_ body: (ProcessHost, ServiceNetwork) async throws -> Void) async throws {
    try await withHost(tender: FakeTender.program ?? "") { host, network in
      try await host.createNetwork(network)
      try await body(host, network)
    }
  }

  private func first(_ channel: any InstanceChannel) async -> Report? {
    for await report in channel.reports { return report }
    return nil
  }

  @Test("an instance starts, is told its boot message, acknowledges, refuses, drains and ends")
  func lifeCycle() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home)
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      var reports = channel.reports.makeAsyncIterator()
      #expect(await reports.next() == .ready(version: 1, mechanisms: ["firewall"]))
      guard case .running(let process) = await host.observed(record.id) else {
        Issue.record("the image does not run")
        return
      }
      #expect(ProcessTable.isAlive(process))
      let answer = try await channel.request(record.message(.apply, 2), version: 2, deadline: .seconds(30))
      #expect(answer == .acknowledged(version: 2))
      #expect(await reports.next() == .acknowledged(version: 2))
      let refusal = try await channel.request(record.message(.query, 3), version: 3, deadline: .seconds(30))
      #expect(refusal == .refused(version: 3, reason: "not here"))
      #expect(await reports.next() == refusal)
      try channel.send(record.message(.drain, 4))
      #expect(await reports.next() == .drained)
      #expect(await reports.next() == nil)
      #expect(await eventually { await host.observed(record.id) == .exited("status 0") })
      #expect(await host.survivors() == [])
      #expect(Files.text(host.folder(record.id).console) == "tender is up\n")
      try await host.stop(record.id)
      #expect(access(host.folder(record.id).path, F_OK) != 0)
      #expect(await host.observed(record.id) == .unknown)
      try await host.stop(record.id)
    }
  }

  @Test("an image's TAP is a port of the bridge: what the host sends arrives")
  func tap() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home)
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      var reports = channel.reports.makeAsyncIterator()
      #expect(await reports.next() == .ready(version: 1, mechanisms: ["firewall"]))
      // Nobody answers, but to ask for the address is a broadcast.
      await #expect(throws: HostingFault.self) {
        try await NetworkProbe(network).exchange([], with: "10.77.3.2", port: 80, deadline: .milliseconds(50))
      }
      guard case .event(let event)? = await reports.next() else {
        Issue.record("no frame arrived")
        return
      }
      #expect(event.module == "tap" && event.action == "arp")
    }
  }

  @Test("an instance that is isolated stands still off the bridge with its memory, and goes on when it rejoins")
  func isolation() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home)
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      var reports = channel.reports.makeAsyncIterator()
      #expect(await reports.next() == .ready(version: 1, mechanisms: ["firewall"]))
      guard case .running(let process) = await host.observed(record.id) else {
        Issue.record("the image does not run")
        return
      }
      let namespace = try NetworkNamespace(network)
      func isOnBridge() throws -> Bool {
        // What is a port already cannot be made one again.
        try namespace.visit { () throws(HostingFault) in
          let attached = hosting_bridge_attach(ServiceNetwork.bridge, record.tapName)
          if attached == 0 { _ = hosting_bridge_detach(ServiceNetwork.bridge, record.tapName) }
          return attached == -EBUSY
        }
      }
      #expect(try isOnBridge())
      for _ in 0..<2 {
        try await host.isolate(record.id)
        #expect(try !isOnBridge())
        #expect(ProcessTable.status(of: process)?.state == "T")
      }
      #expect(await host.traffic(of: record.id) != nil)
      #expect(try await !host.memory(of: record.id).regions.isEmpty)
      // Another control plane finds it as it is, and lets it go.
      let restarted = ProcessHost(home: host.home, tender: host.tender, forwarder: host.forwarder)
      #expect(await restarted.survivors().map(\.id) == [record.id])
      for _ in 0..<2 { try await restarted.rejoin(record.id) }
      // Its port is tied to its hardware address as before: nothing is learned there.
      let learning = "/sys/class/net/\(record.tapName)/brport/learning"
      #expect(TestFolder.run("ip netns exec \(network.name) grep -qx 0 \(learning)") == 0)
      #expect(try isOnBridge())
      let answer = try await channel.request(record.message(.apply, 2), version: 2, deadline: .seconds(30))
      #expect(answer == .acknowledged(version: 2))
      try await host.isolate(record.id)
      try await host.stop(record.id)
      #expect(!ProcessTable.isAlive(process))
      await #expect(throws: HostingFault.self) { try await host.isolate(record.id) }
      await #expect(throws: HostingFault.self) { try await host.rejoin(record.id) }
      await #expect(throws: HostingFault.self) { try await host.memory(of: record.id) }
      #expect(await host.traffic(of: record.id) == nil)
    }
  }

  @Test("an instance outlives the control plane, which finds and takes it over again")
  func adoption() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home)
      let before = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await first(before) == .ready(version: 1, mechanisms: ["firewall"]))
      let restarted = ProcessHost(home: host.home + "/", tender: host.tender, forwarder: host.forwarder)
      let survivors = await restarted.survivors()
      #expect(survivors.map(\.id) == [record.id])
      #expect(survivors.first?.metadata == ["note": "a test"])
      #expect(survivors.first?.tenderPID != nil)
      let found = try #require(survivors.first)
      let after = try await restarted.adopt(found)
      let answer = try await after.request(record.message(.apply, 2), version: 2, deadline: .seconds(30))
      #expect(answer == .acknowledged(version: 2))
      // The old channel has ended, since a new one took over.
      var rest: [Report] = []
      for await report in before.reports { rest.append(report) }
      #expect(rest == [])
      // And an adopted instance's death is seen as well.
      guard case .running(let process) = await restarted.observed(record.id) else {
        Issue.record("the image does not run")
        return
      }
      kill(process, SIGKILL)
      var last: Report?
      for await report in after.reports { last = report }
      #expect(last == .acknowledged(version: 2))
      #expect(await eventually { await restarted.observed(record.id) == .exited("signal 9") })
      await #expect(throws: HostingFault.self) { _ = try await restarted.adopt(found) }
      try await restarted.stop(record.id)
    }
  }

  @Test(
    "the death of an image or its tender ends the reports and fails the request that waits", arguments: [true, false])
  func death(ofTender: Bool) async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home, mode: "mute")
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await eventually { if case .running = await host.observed(record.id) { true } else { false } })
      let processes = InstanceProcesses(folder: host.folder(record.id))
      let victim = try #require(ofTender ? processes.tender : processes.image)
      let answer = Task { try await channel.request(record.message(.apply, 2), version: 2, deadline: .seconds(30)) }
      kill(victim, SIGKILL)
      await #expect {
        _ = try await answer.value
      } throws: { error in
        guard case .gone(let text)? = error as? HostingFault else { return false }
        return text.contains(record.id)
      }
      #expect(await first(channel) == nil)
      #expect(throws: HostingFault.self) { try channel.send([1]) }
      #expect(await eventually { if case .exited = await host.observed(record.id) { true } else { false } })
      #expect(await eventually { processes.image == nil && processes.tender == nil })
    }
  }

  @Test("an image that does not answer is a missed deadline, and the channel goes on")
  func deadline() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home, mode: "mute")
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      await #expect {
        _ = try await channel.request(record.message(.apply, 2), version: 2, deadline: .milliseconds(30))
      } throws: { error in
        if case .deadline? = error as? HostingFault { true } else { false }
      }
      try channel.send(record.message(.apply, 3))
    }
  }

  @Test("an image that ends at once is told by its exit")
  func crash() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home, mode: "crash")
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await first(channel) == nil)
      #expect(await eventually { await host.observed(record.id) == .exited("status 3") })
    }
  }

  @Test("an instance that does not end when asked is killed")
  func stubborn() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home, mode: "stubborn")
      _ = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await eventually { if case .running = await host.observed(record.id) { true } else { false } })
      let processes = InstanceProcesses(folder: host.folder(record.id))
      let both = [try #require(processes.tender), try #require(processes.image)]
      try await host.stop(record.id)
      #expect(!both.contains { ProcessTable.isAlive($0) })
      #expect(await host.observed(record.id) == .unknown)
      try await host.removeNetwork(network)
    }
  }

  @Test("a start that fails leaves nothing and says why")
  func failedStart() async throws {
    try await withNetwork { host, network in
      var record = InstanceRecord.sample(network, home: host.home)
      record.imagePath = "/nonexistent/image"
      await #expect(throws: HostingFault.self) { _ = try await host.start(record, boot: []) }
      record = .sample(ServiceNetwork(name: "testudo-nowhere", subnet: "10.77.3.0/24"), home: host.home)
      await #expect(throws: HostingFault.gone("the network testudo-nowhere does not exist")) {
        _ = try await host.start(record, boot: [])
      }
      record = .sample(network, home: host.home)
      let bare = ProcessHost(home: host.home, tender: host.home + "/missing", forwarder: "")
      await #expect(
        throws: HostingFault.lacking(
          what: "the tender program \(host.home)/missing", remedy: "make it with `make build`")
      ) { _ = try await bare.start(record, boot: []) }
      // A tender that is no program.
      TestFolder.write(host.home + "/text", [0x68, 0x69])
      chmod(host.home + "/text", 0o755)
      let broken = ProcessHost(home: host.home, tender: host.home + "/text", forwarder: "")
      await #expect(throws: HostingFault.self) { _ = try await broken.start(record, boot: []) }
      #expect(Files.names(in: host.home + "/instances") == [])
      let tap = record.tapName
      // A program that another test starts meanwhile has a copy of the TAP's descriptor until it is executed.
      let namespace = try NetworkNamespace(network)
      #expect(try await eventually { try namespace.visit { if_nametoindex(tap) } == 0 })
    }
  }

  @Test("a running instance is not started again, and its network is not removed")
  func conflicts() async throws {
    try await withNetwork { host, network in
      let record = InstanceRecord.sample(network, home: host.home)
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await first(channel) != nil)
      await #expect(throws: HostingFault.conflict("instance \(record.id) runs already")) {
        _ = try await host.start(record, boot: [])
      }
      await #expect(throws: HostingFault.conflict("network \(network.name) is still used by \(record.id)")) {
        try await host.removeNetwork(network)
      }
    }
  }

  @Test("a sweep removes dead instances, tenders without a folder and unused networks, and nothing that lives")
  func sweep() async throws {
    try await withNetwork { host, network in
      let living = InstanceRecord.sample(network, home: host.home, host: 2)
      let dead = InstanceRecord.sample(network, home: host.home, mode: "crash", host: 3)
      let lost = InstanceRecord.sample(network, home: host.home, host: 4)
      for record in [living, dead, lost] {
        let channel = try await host.start(record, boot: record.message(.boot, 1))
        _ = await first(channel)
      }
      #expect(await eventually { await host.observed(dead.id) == .exited("status 3") })
      let tender = try #require(InstanceProcesses(folder: host.folder(lost.id)).tender)
      let image = try #require(InstanceProcesses(folder: host.folder(lost.id)).image)
      TestFolder.remove(host.folder(lost.id).path)
      let spare = ServiceNetwork(name: network.name + "-spare", subnet: "10.77.4.0/24")
      let kept = ServiceNetwork(name: network.name + "-kept", subnet: "10.77.5.0/24")
      try await host.createNetwork(spare)
      try await host.createNetwork(kept)
      let restarted = ProcessHost(home: host.home, tender: host.tender, forwarder: host.forwarder)
      let report = try await restarted.sweep(keeping: [kept.name])
      #expect(report == SweepReport(instances: [dead.id], tenders: [tender], networks: [spare.name]))
      #expect(await eventually { !ProcessTable.isAlive(tender) && !ProcessTable.isAlive(image) })
      #expect(await restarted.survivors().map(\.id) == [living.id])
      #expect(try await restarted.sweep(keeping: [kept.name]) == SweepReport())
      try await host.removeNetwork(kept)
    }
  }

  @Test("the tender is given the TAP, the channel, nothing else open, and the boot message in a file")
  func contract() async throws {
    try await withNetwork { host, network in
      // Descriptors that are not close-on-exec must not reach the tender, which reports any it finds.
      let stray = open("/dev/null", O_RDONLY)
      defer { close(stray) }
      let record = InstanceRecord.sample(network, home: host.home)
      let channel = try await host.start(record, boot: record.message(.boot, 1))
      #expect(await first(channel) == .ready(version: 1, mechanisms: ["firewall"]))
      let folder = host.folder(record.id)
      #expect(Files.read(folder.path + "/boot") == record.message(.boot, 1))
      let tender = try #require(folder.tender)
      #expect(
        ProcessTable.arguments(of: tender)
          == [host.tender, folder.path, record.imagePath, "3", "4", String(record.memoryBytes)])
      #expect(Files.read("/proc/\(tender)/environ") == [])
      #expect(getsid(tender) == tender)
      var stored = record
      stored.tenderPID = tender
      #expect(folder.readRecord() == stored)
    }
  }
}
