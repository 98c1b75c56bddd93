import Foundation
import Glibc
import Testing

@Suite("Up, down, and up again", .serialized, .realUnikernels)
struct LifecycleTests {
  @Test("down leaves no process, namespace, file or open port, and up works again after it")
  func down() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let namespaces = portal.namespaces
      // A linker that makes the pool's images ready is gone after a moment.
      _ = try await eventually { portal.remainingProcesses().count == 6 }
      let processes = portal.remainingProcesses()
      #expect(portal.existing(namespaces) == namespaces)
      #expect(namespaces.count == 1)
      // What is looked for afterwards is found while the service is up: images, tenders, forwarder and control plane.
      #expect(processes.count == 6)
      #expect(Set(try await portal.unikernels().compactMap(\.pid)).isSubset(of: processes))
      #expect(processes.contains(try portal.controlPlane()))
      #expect(try await Client.request("GET", "\(url)/").status == 200)

      try await expectDown(portal, namespaces: namespaces, url: url)

      #expect(try await portal.up().status == 0)
      #expect(try await Client.request("GET", "\(try await portal.url())/").status == 200)
      #expect(try await portal.unikernels().map(\.state) == ["ready", "ready"])
      try await expectDown(portal, namespaces: namespaces, url: url)
    }
  }

  private func expectDown(_ portal: Portal, namespaces: [String], url: String) async throws {
    let outcome = try await portal.testudo("down", "portal")
    #expect(outcome.status == 0, "\(outcome.errors)")
    // The control plane ends with its last service; the kernel may take a moment to have it gone.
    let isGone = try await eventually { portal.remainingProcesses().isEmpty }
    #expect(isGone, "\(portal.remainingProcesses().map { portal.commandLine(of: $0) })")
    #expect(portal.existing(namespaces).isEmpty)
    #expect(portal.remainingFiles() == [])
    // 7: could not connect.
    #expect(try await Client.request("GET", "\(url)/").curl == 7)
    #expect(try await portal.unikernels().isEmpty)
    let again = try await portal.testudo("down", "portal")
    #expect(again.status == 1)
    #expect(!again.errors.isEmpty)
    #expect(portal.remainingProcesses().isEmpty)
  }

  @Test("up of what is up already changes nothing")
  func twice() async throws {
    try await Portal.up { portal in
      let before = try await portal.unikernels()
      let plan = try await portal.start(["plan", portal.template.path, "--detailed-exitcode"] + Portal.inputs).outcome()
      #expect(plan.status == 0, "\(plan.output)")
      #expect(try await portal.up().status == 0)
      #expect(try await portal.unikernels() == before)
      let other = ["plan", portal.template.path, "--detailed-exitcode", "--level", "elevated"] + Portal.inputs
      #expect(try await portal.start(other).outcome().status == 2)
      #expect(try await portal.unikernels() == before)
    }
  }

  @Test("a second control plane for the same home is refused, and leaves the first as it is")
  func second() async throws {
    try await Portal.up { portal in
      let first = try portal.controlPlane()
      for _ in 0..<2 {
        let refused = try await portal.start(["serve"], deadline: 10).outcome()
        #expect(refused.status == 1)
        #expect(refused.errors.contains("process \(first)"), "\(refused.errors)")
        #expect(try portal.controlPlane() == first)
      }
      #expect(try await portal.unikernels().map(\.state) == ["ready", "ready"])
      #expect(portal.remainingProcesses().count == 6)
    }
  }

  @Test(
    "an image that dies is replaced without being asked for, and that is told", arguments: ["orders", "storefront"])
  func replaced(_ resource: String) async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let before = try await portal.unikernel(resource)
      let process = try #require(before.pid)
      #expect(kill(process, SIGKILL) == 0)
      let isReplaced = try await eventually {
        let found = try await portal.unikernels()
        return found.count == 2 && found.allSatisfy { $0.state == "ready" && $0.pid != nil && $0.pid != process }
      }
      #expect(isReplaced)
      #expect(try await portal.unikernel(resource).mechanisms == before.mechanisms)
      #expect(try await portal.url() == url)
      let answers = try await eventually {
        try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "wine").status / 100 == 2
      }
      #expect(answers)
      #expect(try await Client.request("GET", "\(url)/orders/17").status == 401)
      let events = try await portal.events()
      let death = try #require(events.firstIndex { $0.kind == "instance-failed" && $0.resource == resource })
      #expect(events[death...].contains { $0.resource == resource && $0.message.hasPrefix("started \(resource) ") })
      #expect(portal.remainingProcesses().count == 6)
    }
  }

  @Test("a port forwarder that dies is replaced where it was, and that is told")
  func forwarder() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let before = try await portal.unikernels()
      let forwarder = try #require(
        portal.remainingProcesses().first { portal.commandLine(of: $0).first?.hasSuffix("testudo-forwarder") == true })
      #expect(kill(forwarder, SIGKILL) == 0)
      #expect(try await eventually { try await Client.request("GET", "\(url)/").status == 200 })
      #expect(try await portal.unikernels() == before)
      #expect(try await portal.events().map(\.kind).contains("forwarder-failed"))
      #expect(try await portal.testudo("level", "portal", "elevated").status == 0)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
      #expect(portal.remainingProcesses().count == 6)
    }
  }

  @Test("an image that dies while no control plane runs is told of and replaced by the next one")
  func fallen() async throws {
    try await Portal.up { portal in
      let orders = try #require(try await portal.unikernel("orders").pid)
      let controlPlane = try portal.controlPlane()
      #expect(kill(controlPlane, SIGKILL) == 0)
      #expect(kill(orders, SIGKILL) == 0)
      #expect(try await eventually { !FileManager.default.fileExists(atPath: "/proc/\(orders)/exe") })
      let isBack = try await eventually {
        let found = try await portal.unikernels()
        return found.count == 2 && found.allSatisfy { $0.state == "ready" && $0.pid != nil && $0.pid != orders }
      }
      #expect(isBack)
      let failed = try await portal.events().filter { $0.kind == "instance-failed" }
      #expect(failed.map(\.resource) == ["orders"] && failed.first?.message.contains("no control plane") == true)
    }
  }

  @Test("commands of several operators are carried out one after the other, and none is lost")
  func operators() async throws {
    try await Portal.up { portal in
      let policy = portal.template.appending(path: "readers-may-write.cedar").path
      let commands = try [
        ["context", "set", "threat_level=high"], ["policy", "apply", policy], ["level", "portal", "lockdown"],
      ].map { try portal.start($0) }
      for command in commands {
        let outcome = try await command.outcome()
        #expect(outcome.status == 0, "\(outcome)")
      }
      #expect(try await portal.unikernels().allSatisfy { $0.level == "lockdown" && $0.state == "ready" })
      #expect(try await portal.unikernel("storefront").policyVersion == 2)
      #expect(try await portal.document("context", "list", as: [String: String].self)["threat_level"] == "high")
      // The steps of each are together: nobody else's are among them.
      let causes = try await portal.events().filter { $0.kind == "action" }.compactMap(\.correlation)
      let runs = causes.enumerated().filter { $0.offset == 0 || causes[$0.offset - 1] != $0.element }.map(\.element)
      #expect(runs.count == Set(runs).count && runs.count > 2, "\(causes)")
    }
  }

  @Test("the state of a home folder that is gone brings its services up in another one")
  func restored() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "testudo-state-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try await Portal.up { portal in
      let policy = portal.template.appending(path: "readers-may-write.cedar").path
      for command in [
        ["policy", "apply", policy], ["context", "set", "threat_level=high"],
        ["state", "export", file.path, "--with-secrets"],
      ] {
        let outcome = try await portal.start(command).outcome()
        #expect(outcome.status == 0, "\(outcome)")
      }
    }
    try await Portal.copied { portal in
      let imported = try await portal.testudo("state", "import", file.path)
      #expect(imported.status == 0, "\(imported)")
      // Any command begins a control plane where services are declared.
      let isUp = try await eventually {
        guard let all = try? await portal.unikernels() else { return false }
        return all.count == 2 && all.allSatisfy { $0.state == "ready" }
      }
      let events = try await portal.testudo("events")
      #expect(isUp, "\(events)")
      #expect(try await portal.unikernel("storefront").level == "elevated")
      #expect(try await portal.unikernel("storefront").policyVersion == 2)
      let url = try await portal.url()
      #expect(try await Client.request("GET", "\(url)/orders/17").status == 401)
    }
  }

  @Test("a command waits for another one about the same service, and is told; those about other services go on")
  func sideBySide() async throws {
    try await Portal.up { portal in
      let other = try await portal.up("--name", "other")
      #expect(other.status == 0, "\(other.errors)")
      let storefront = try #require(
        try await portal.unikernels().first { $0.service == "portal" && $0.resource == "storefront" }?.pid)
      // It does not answer when it is told to end, so that the change takes until it is given up.
      kill(storefront, SIGSTOP)
      let first = try portal.start(["level", "portal", "lockdown"])
      #expect(try await eventually { try await portal.unikernels().contains { $0.level == "lockdown" } })
      let second = try portal.start(["level", "portal", "elevated"])
      let elsewhere = try await portal.testudo("level", "other", "lockdown")
      #expect(elsewhere.status == 0, "\(elsewhere)")
      #expect(!elsewhere.errors.contains("waited"), "\(elsewhere.errors)")
      #expect(first.isRunning, "what was to be waited for was done before")
      kill(storefront, SIGCONT)
      #expect(try await first.outcome().status == 0)
      let outcome = try await second.outcome()
      #expect(outcome.status == 0, "\(outcome)")
      #expect(
        outcome.errors.contains("waited for another command  (`level set` of `portal`, which came "),
        "\(outcome.errors)")
      let levels = try await portal.unikernels().map { "\($0.service) \($0.level)" }
      #expect(Set(levels) == ["portal elevated", "other lockdown"])
    }
  }
}
