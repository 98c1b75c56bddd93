import Foundation
import Glibc
import Testing

/// The story once more, with each unikernel as a virtual machine.
@Suite("The microvm target", .serialized, .virtualMachines)
struct MachineTests {
  @Test("clients meet the same as on the process target: 200, 401, 403, 201, and a firewall that drops")
  func requests() async throws {
    try await Portal.up(target: "microvm") { portal in
      #expect(try await portal.unikernels().allSatisfy { $0.target == "microvm" && $0.state == "ready" })
      let url = try await portal.url()
      let order = "\(url)/orders/17"
      let page = try await Client.request("GET", "\(url)/")
      #expect(page.status == 200 && page.body.contains("<html"))
      let challenge = try await Client.request("GET", order)
      #expect(challenge.status == 401)
      #expect(challenge.headers["www-authenticate"]?.hasPrefix("Basic realm=\"portal\"") == true)
      #expect(try await Client.request("GET", order, as: .password("carl", "wrong")).status == 401)
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three amphorae").status == 201)
      let seen = try await Client.request("GET", order, as: .reader)
      #expect(seen.status == 200 && seen.body == "three amphorae")
      #expect(try await Client.request("PUT", order, as: .reader, body: "none").status == 403)
      // More than one segment, and more than one buffer of the device, each way.
      let large = String(repeating: "olive oil, ", count: 5500)
      #expect(try await Client.request("PUT", "\(url)/orders/18", as: .clerk, body: large).status == 201)
      #expect(try await Client.request("GET", "\(url)/orders/18", as: .clerk).body == large)
      let orders = try await portal.unikernel("orders").address
      let stopped = try await Client.request(
        "GET", "http://\(orders)/orders/17", from: try #require(portal.namespaces.first), timeout: 1)
      #expect(stopped.curl == 28)
      #expect(try await portal.events().contains { $0.kind == "firewall.dropped" })
    }
  }

  @Test("policies, a level and the way back take effect as on the process target; down leaves nothing")
  func adaptation() async throws {
    try await Portal.up(target: "microvm") { portal in
      let url = try await portal.url()
      let order = "\(url)/orders/17"
      let namespaces = portal.namespaces
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three amphorae").status == 201)
      let before = try await portal.unikernels()
      let file = portal.template.appending(path: "readers-may-write.cedar").path
      #expect(try await portal.testudo("policy", "apply", file).status == 0)
      #expect(try await Client.request("PUT", order, as: .reader, body: "two").status == 204)
      #expect(try await portal.unikernels().map(\.pid) == before.map(\.pid))

      // The token's times are compared with the machine's own wall clock.
      let token = Credentials.token(try await portal.token(subject: "carl", role: "clerk"))
      try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        #expect(try await portal.testudo("context", "set", "threat_level=high").status == 0)
        let statuses = try await crowd.stop()
        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
      }
      let raised = try await portal.unikernel("storefront")
      #expect(raised.mechanisms == AdaptationTests.elevated && raised.target == "microvm")
      #expect(try await Client.request("GET", order, as: token).status == 200)
      #expect(try await Client.request("GET", order, as: .reader).status == 401)
      #expect(try await portal.testudo("context", "set", "threat_level=low").status == 0)
      #expect(try await Client.request("GET", order, as: .reader).status == 200)

      #expect(try await portal.testudo("down", "portal").status == 0)
      let isGone = try await eventually(within: 5) { portal.remainingProcesses().isEmpty }
      #expect(isGone, "\(portal.remainingProcesses().map { portal.commandLine(of: $0) })")
      #expect(portal.existing(namespaces).isEmpty)
      #expect(portal.remainingFiles() == [])
    }
  }

  @Test("QEMU is locked in, has nothing both writable and executable, and rests when there is nothing to do")
  func confined() async throws {
    try await Portal.up(target: "microvm") { portal in
      #expect(try await Client.request("GET", "\(try await portal.url())/").status == 200)
      let processes = try await portal.unikernels().compactMap(\.pid)
      #expect(processes.count == 2)
      for process in processes {
        let status = try portal.status(of: process)
        #expect(status["Name"]?.hasPrefix("qemu-system") == true)
        #expect(status["Seccomp"] == "2")
        #expect(status["NoNewPrivs"] == "1")
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(status[set] == "0000000000000000", "\(set)") }
        let users = (status["Uid"] ?? "0").split(separator: "\t")
        #expect(users.count == 4 && !users.contains("0"))
        let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        for line in maps.split(separator: "\n") {
          let permissions = line.split(separator: " ")[1]
          #expect(!(permissions.contains("w") && permissions.contains("x")), "\(line)")
        }
      }
      let before = try processes.map(MachineTests.processorTime)
      try await Task.sleep(for: .seconds(4))
      let after = try processes.map(MachineTests.processorTime)
      // A loop that polls would take all four seconds.
      for (early, late) in zip(before, after) { #expect(late - early < 0.8, "\(late - early) s of 4 s") }
    }
  }

  /// The processor time that a process has used, in seconds.
  private static func processorTime(_ process: pid_t) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    let ticks = (Double(fields[12]) ?? .infinity) + (Double(fields[13]) ?? .infinity)
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  @Test("a machine that is killed is replaced")
  func killed() async throws {
    try await Portal.up(target: "microvm") { portal in
      let url = try await portal.url()
      let old = try await portal.unikernel("storefront")
      #expect(kill(try #require(old.pid), SIGKILL) == 0)
      let isBack = try await eventually(within: 30) {
        let running = try await portal.unikernels().filter { $0.resource == "storefront" }
        return running.count == 1 && running[0].state == "ready" && running[0].pid != old.pid
      }
      #expect(isBack)
      #expect(try await Client.request("GET", "\(url)/").status == 200)
    }
  }

  @Test("a service goes from one target to the other and back: other images, no interruption")
  func targets() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        for target in ["microvm", "process"] {
          let outcome = try await portal.up("--target", target)
          #expect(outcome.status == 0, "\(outcome.errors)")
          #expect(try await portal.unikernels().map(\.target) == [target, target])
        }
        let statuses = try await crowd.stop()
        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
      }
    }
  }

  @Test("images say their target, hold their platform and not the other, and have no system calls")
  func papers() async throws {
    try await Portal.copied { portal in
      let images = try await portal.images(target: "microvm")
      #expect(images.count == 2)
      for image in images {
        let inspected = try await portal.document("image", "inspect", image.digest, as: ImageInspection.self)
        #expect(inspected.target == "microvm")
        let names = inspected.modules.map(\.name)
        #expect(names.contains("microvm-platform") && !names.contains("process-platform"))
        let report = try await portal.document("image", "report", image.digest, as: SurfaceReport.self)
        #expect(report.writableExecutableSegments == 0 && report.executableBytes > 0)
        #expect(report.systemCalls == [])
        #expect(image.bytes < 500_000)
      }
      let others = try await portal.images(target: "process")
      #expect(Set(others.map(\.digest)).isDisjoint(with: images.map(\.digest)))
    }
  }

  @Test("an image without a source of entropy does not start, and says so")
  func noEntropy() async throws {
    try await Portal.copied { portal in
      let image = try #require(try await portal.images(target: "microvm").first)
      let path = portal.home.appending(path: "images/images/\(image.digest.dropFirst(7))/image.elf").path
      let outcome = try await Machine.run(
        path,
        [
          "-device", "virtio-serial-device", "-device", "virtconsole,chardev=control", "-chardev", "null,id=control",
        ])
      #expect(outcome.status == Machine.status(2), "\(outcome)")
      #expect(outcome.output.contains("testudo: no virtio entropy device; expected one"))
    }
  }

  @Test(
    "memory is protected from the first moment: what must end a machine does",
    arguments: [
      (1, "page fault"), (2, "page fault"), (3, "page fault"), (4, "the stack is full"), (5, "page fault"),
      (6, "page fault"), (7, "page fault"), (8, "page fault"), (9, "exception"),
    ])
  func faults(number: Int, said: String) async throws {
    let outcome = try await Machine.run(
      try #require(Testbed.library) + "/microvm-probe", ["-append", "fault=\(number)"])
    #expect(outcome.status == Machine.status(116), "\(outcome)")
    #expect(outcome.output.contains("testudo: \(said):"), "\(outcome.output)")
  }
}

/// A machine that a test starts by itself, without what the tender gives to it.
enum Machine {
  /// QEMU's exit status for one of an image's.
  static func status(_ status: Int32) -> Int32 { 2 * (10 + status) + 1 }

  static func run(_ image: String, _ arguments: [String]) async throws -> Outcome {
    try await Command.run(
      try #require(Testbed.path(of: "qemu-system-x86_64")),
      [
        "-M", "microvm,acpi=off,pit=off,pic=off,rtc=on,isa-serial=on,ioapic2=off,x-option-roms=off", "-accel", "tcg",
        "-cpu", "max", "-m", "64M", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-global",
        "virtio-mmio.force-legacy=false", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", "stdio",
        "-kernel", image, "-initrd", image,
      ] + arguments, deadline: 30)
  }
}

extension Portal {
  /// Makes the images of the service at level normal.
  fileprivate func images(target: String) async throws -> [ImageInspection] {
    let outcome = try await start(
      ["image", "build", template.path, "--level", "normal", "--target", target, "--format", "json"] + Portal.inputs
    ).outcome()
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode([ImageInspection].self, from: Data(outcome.output.utf8))
  }
}
