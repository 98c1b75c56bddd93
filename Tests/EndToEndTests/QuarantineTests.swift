import Foundation
import Glibc
import Testing

@Suite("Altered memory and quarantine", .serialized, .realUnikernels)
struct QuarantineTests {
  /// What `quarantine list --format json` gives.
  private struct Kept: Decodable, Sendable {
    struct Record: Decodable, Sendable {
      var cause: String
      var backends: [String]
    }
    var instance: String
    var resource: String
    var pid: Int32?
    var record: Record
    var dump: String?
  }

  /// The portal with checks of memory every second.
  static func checked(_ template: String, onViolation: String = "quarantine") -> String {
    template.replacing(
      "    # When it is due.",
      with: """
            - checked:
                type: sectosca.policies.RuntimeIntegrity
                targets: [ storefront, orders ]
                properties: { interval: 1 s, on_violation: \(onViolation) }

        """
    )
    .replacing("order_rules ]", with: "order_rules, checked ]").replacing("calm ]", with: "calm, checked ]")
    .replacing("nobody ]", with: "nobody, checked ]")
  }

  /// Where an image is in the memory of its process, or of its machine's emulator.
  static func place(of address: UInt64, in process: pid_t, isMachine: Bool) throws -> UInt64 {
    guard isMachine else { return address }
    let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.split(separator: 0) ?? []
    let option = try #require(words.firstIndex(of: Data("-m".utf8)))
    let size = try #require(UInt64(String(decoding: words[option + 1].dropLast(), as: UTF8.self))) << 20
    let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
    for line in maps.split(separator: "\n") {
      let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
      if ends.count == 2, ends[1] - ends[0] == size { return ends[0] + address }
    }
    throw CancellationError()
  }

  /// Turns over one bit of a process's memory, as somebody would who broke into it.
  static func alter(_ address: UInt64, of process: pid_t) throws {
    let file = open("/proc/\(process)/mem", O_RDWR)
    try #require(file >= 0)
    defer { close(file) }
    var byte: UInt8 = 0
    try #require(pread(file, &byte, 1, Int(address)) == 1)
    byte ^= 1
    try #require(pwrite(file, &byte, 1, Int(address)) == 1)
  }

  private static func state(of process: pid_t, _ portal: Portal) -> String {
    ((try? portal.status(of: process))?["State"] ?? "gone").prefix(1).description
  }

  /// Waits until another instance serves in the place of one, which does nothing any more.
  private static func replacement(of process: pid_t, in portal: Portal) async throws {
    let isReplaced = try await eventually(within: 30) {
      let found = try await portal.unikernels().filter { $0.resource == "storefront" && $0.state == "ready" }
      return found.count == 1 && found[0].pid != process && !found[0].urls.isEmpty
    }
    #expect(isReplaced)
    let isOff = try await eventually { ["T", "g"].contains(Self.state(of: process, portal)) }
    #expect(isOff)
  }

  /// One byte in the text of a running instance is another: the alert names it, a clean instance serves, no request fails.
  private static func altered(target: String, onViolation: String, at address: UInt64, segment: String) async throws {
    try await Portal.up(target: target, changing: { Self.checked($0, onViolation: onViolation) }) { portal in
      let url = try await portal.url()
      let old = try await portal.unikernel("storefront")
      let process = try #require(old.pid)
      let statuses = try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        await crowd.add("public on a connection for each request", "\(url)/about.html", "-H", "Connection: close")
        try #require(try await eventually { await crowd.count > 200 })
        try Self.alter(try Self.place(of: address, in: process, isMachine: target == "microvm"), of: process)
        try await Self.replacement(of: process, in: portal)
        let count = await crowd.count
        try #require(try await eventually { await crowd.count > count + 200 })
        return try await crowd.stop()
      }
      #expect(statuses.count == 2 && statuses.allSatisfy { $0.value.keys.sorted() == ["200"] }, "\(statuses)")
      let events = try await portal.events()
      let alerts = events.filter { $0.kind == "integrity-violation" }
      #expect(alerts.count == 1)
      let alert = try #require(alerts.first)
      #expect(alert.resource == "storefront")
      #expect(alert.details?["segment"] == segment && alert.details?["offset"] == "0x1234")
      let kept = try await portal.document("quarantine", "list", as: [Kept].self)
      if onViolation == "quarantine" {
        #expect(kept.map(\.pid) == [process] && kept.allSatisfy { $0.record.cause.contains("0x1234") })
        #expect(Self.state(of: process, portal) == "T")
        // Altered as it is, it does not come back.
        let release = try await portal.testudo(
          "quarantine", "release", String(try #require(kept.first).instance.prefix(8)))
        #expect(release.status == 1 && release.errors.contains("0x1234"), "\(release.errors)")
        #expect(try await portal.testudo("ps").output.contains("quarantined (altered)"))
      } else {
        #expect(kept.isEmpty && Self.state(of: process, portal) == "g")
      }
      // The other resource was left alone.
      #expect(try await portal.unikernels().filter { $0.resource == "orders" }.map(\.state) == ["ready"])
    }
  }

  @Test("one altered byte of code is seen, its instance is kept off the network, and a clean one serves without a gap")
  func alteredCode() async throws {
    try await Self.altered(target: "process", onViolation: "quarantine", at: 0x1000_1234, segment: "text")
  }

  @Test("the same with an instance that is to be stopped only")
  func alteredCodeReplaced() async throws {
    try await Self.altered(target: "process", onViolation: "replace", at: 0x1000_1234, segment: "text")
  }

  @Test("the same in the memory of a virtual machine", .virtualMachines)
  func alteredMachine() async throws {
    try await Self.altered(target: "microvm", onViolation: "quarantine", at: 0x20_1234, segment: "text")
  }

  @Test("an altered instance goes also where no clean one can be started, and one comes as soon as it can")
  func noCleanOne() async throws {
    try await Portal.up(changing: { Self.checked($0) }) { portal in
      let old = try await portal.unikernel("storefront")
      let process = try #require(old.pid)
      // With a byte of the image's file altered, nothing is started of it.
      let image = portal.home.appending(path: "images/images/\(old.image.dropFirst(7))/image.elf")
      let clean = try Data(contentsOf: image)
      // The reference was taken before.
      let isChecked = try await eventually {
        try await portal.testudo("ps", "--format", "json").output.contains("intact")
      }
      try #require(isChecked)
      try Data(clean.dropLast() + [clean.last! ^ 1]).write(to: image)
      try Self.alter(0x1000_1234, of: process)
      let isOff = try await eventually { Self.state(of: process, portal) == "T" }
      #expect(isOff)
      #expect(try await portal.events().contains { $0.kind == "replacement-failed" })
      try clean.write(to: image)
      let isBack = try await eventually(within: 60) {
        try await portal.unikernels().contains { $0.resource == "storefront" && $0.state == "ready" }
      }
      #expect(isBack)
      #expect(try await Client.request("GET", "\(try await portal.urlOfServing())/").status == 200)
    }
  }

  @Test("an instance that did not answer when it was put into quarantine takes its place again, and keeps it")
  func late() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let process = try #require(try await portal.unikernel("orders").pid)
      #expect(try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "three amphorae").status == 201)
      // What it is told on its way out it does only when it goes on, with what it is told then.
      kill(process, SIGSTOP)
      let put = try await portal.document("quarantine", "portal/orders", as: [Kept].self)
      #expect(put.map(\.pid) == [process])
      let release = try await portal.testudo(
        "quarantine", "release", String(try #require(put.first).instance.prefix(8)))
      #expect(release.status == 0, "\(release.errors)")
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await portal.unikernel("orders").pid == process)
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .clerk).body == "three amphorae")
    }
  }

  @Test(
    "an instance put into quarantine keeps its memory over a restart of the control plane, and takes its place again")
  func byHand() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let orders = try await portal.unikernel("orders")
      let process = try #require(orders.pid)
      #expect(try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "three amphorae").status == 201)
      try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        await crowd.add("anonymous", "\(url)/orders/17")
        try #require(try await eventually { await crowd.count > 100 })
        let put = try await portal.document("quarantine", "portal/orders", "--reason", "odd answers", as: [Kept].self)
        #expect(put.map(\.pid) == [process] && put[0].record.cause.contains("odd answers"))
        let statuses = try await crowd.stop()
        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
        #expect(statuses["anonymous"]?.keys.sorted() == ["401"], "\(statuses)")
      }
      // Another, without its values, serves instead; nothing reaches the one that is kept.
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .clerk).status == 404)
      let stopped = try await Client.request(
        "GET", "http://\(orders.address)/orders/17", from: try #require(portal.namespaces.first), timeout: 1)
      #expect(stopped.status == 0)
      #expect(Self.state(of: process, portal) == "T")

      #expect(kill(try portal.controlPlane(), SIGKILL) == 0)
      let kept = try await portal.document("quarantine", "list", as: [Kept].self)
      #expect(kept.map(\.pid) == [process] && Self.state(of: process, portal) == "T")
      let id = try #require(kept.first).instance
      #expect(
        try await portal.unikernels().filter { $0.resource == "orders" }.map(\.state).sorted() == [
          "quarantined", "ready",
        ])

      let shown = try await portal.document("quarantine", "show", String(id.prefix(8)), "--dump", as: Kept.self)
      let dump = try #require(shown.dump)
      let attributes = try FileManager.default.attributesOfItem(atPath: dump)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try Data(contentsOf: URL(filePath: dump)).firstRange(of: Data("three amphorae".utf8)) != nil)

      #expect(try await portal.testudo("quarantine", "release", "none").status == 1)
      let release = try await portal.testudo("quarantine", "release", String(id.prefix(8)))
      #expect(release.status == 0, "\(release.errors)")
      #expect(try await portal.unikernel("orders").pid == process)
      #expect(!FileManager.default.fileExists(atPath: dump))
      let seen = try await Client.request("GET", "\(url)/orders/17", as: .clerk)
      #expect(seen.status == 200 && seen.body == "three amphorae")

      // Again, to be discarded; and once more, to go with the service.
      #expect(try await portal.testudo("quarantine", "portal/orders/\(id.prefix(8))").status == 0)
      #expect(try await portal.testudo("quarantine", "discard", id).status == 0)
      #expect(Self.state(of: process, portal) == "g")
      #expect(try await portal.testudo("quarantine", "portal/storefront").status == 0)
      let namespaces = portal.namespaces
      #expect(try await portal.testudo("down", "portal").status == 0)
      let isGone = try await eventually { portal.remainingProcesses().isEmpty }
      #expect(isGone && portal.existing(namespaces).isEmpty && portal.remainingFiles() == [])
    }
  }

  @Test("what cannot be put into quarantine is said: no such service, resource, instance, or too many")
  func refused() async throws {
    try await Portal.up { portal in
      for (name, text) in [
        ("portel/orders", "portel"), ("portal/oders", "storefront, orders"), ("portal/orders/zz", "ps"),
      ] {
        let outcome = try await portal.testudo("quarantine", name)
        #expect(outcome.status == 1 && outcome.errors.contains(text), "\(name): \(outcome.errors)")
      }
      #expect(try await portal.testudo("quarantine", "portal").status == 2)
      for _ in 0..<8 { #expect(try await portal.testudo("quarantine", "portal/orders").status == 0) }
      let full = try await portal.testudo("quarantine", "portal/orders")
      #expect(full.status == 1 && full.errors.contains("full"), "\(full.errors)")
      let metrics = try await Command.run(
        Client.curl,
        ["-s", "--unix-socket", portal.home.appending(path: "run/api.sock").path, "http://testudo/metrics"])
      #expect(metrics.output.contains("testudo_quarantined_instances{tenant=\"default\",service=\"portal\"} 8"))
    }
  }
}

extension Portal {
  /// As `url`, where other instances than the one that serves are there.
  fileprivate func urlOfServing() async throws -> String {
    let url = try #require(try await unikernels().flatMap(\.urls).first)
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }
}
