import Foundation
import Glibc
import Testing

@Suite("The control plane is killed during a swap", .serialized, .realUnikernels)
struct CrashTests {
  /// Milliseconds from the start of the command to the end of the control plane: random, and the same in every run. The
  /// first and the last are the bounds.
  static let delays: [Int] = {
    var state: UInt64 = 0x7e57_0d0
    let random = (0..<8).map { _ in
      // SplitMix64.
      state &+= 0x9e37_79b9_7f4a_7c15
      var bits = state
      bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
      bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
      return Int((bits ^ (bits >> 31)) % 401)
    }
    return ([0, 400] + random).sorted()
  }()

  @Test("started again, it ends in one of the two whole states, and no request fails; killed after", arguments: delays)
  func killed(_ delay: Int) async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let namespaces = portal.namespaces
      try await Crowd.gathered { crowd in
        await crowd.add("public", "\(url)/")
        let command = try portal.start(["context", "set", "threat_level=high"])
        try await Task.sleep(for: .milliseconds(delay))
        #expect(kill(try portal.controlPlane(), SIGKILL) == 0)
        let outcome = try await command.outcome()

        // Every other time it is started by a command, and else as a service manager would.
        if CrashTests.delays.firstIndex(of: delay)?.isMultiple(of: 2) == true {
          let up = try await portal.up()
          #expect(up.status == 0, "\(up.errors)")
        } else {
          _ = try portal.start(["serve", "--until-idle"])
        }
        // What is due depends on whether the attribute was stored before the end, and must be if the command said so.
        let attributes = try await portal.document("context", "list", as: [String: String].self)
        let due = attributes["threat_level"] == "high" ? "elevated" : "normal"
        if outcome.status == 0 { #expect(due == "elevated") }
        let isWhole = try await eventually(within: 20) { try await wholeLevel(of: portal) == due }
        let found = try await portal.testudo("ps")
        #expect(isWhole, "\(due) is due: \(found.output)\(found.errors)")
        try await expectService(portal, url: url, level: due)

        let statuses = try await crowd.stop()
        #expect(statuses["public"]?.keys.sorted() == ["200"], "\(statuses)")
        try await expectNothingElse(portal, namespaces: namespaces)
      }
      let down = try await portal.testudo("down", "portal")
      #expect(down.status == 0, "\(down.errors)")
      let isGone = try await eventually { portal.remainingProcesses().isEmpty }
      #expect(isGone, "\(portal.remainingProcesses().map { portal.commandLine(of: $0) })")
      #expect(portal.existing(namespaces).isEmpty)
      #expect(portal.remainingFiles() == [])
    }
  }

  /// The level that everything is at, or `nil` while something is not whole.
  private func wholeLevel(of portal: Portal) async throws -> String? {
    let outcome = try await portal.testudo("ps", "--format", "json")
    // It may be starting just now.
    guard outcome.status == 0,
      let found = try? JSONDecoder().decode([RunningUnikernel].self, from: Data(outcome.output.utf8)),
      found.map(\.resource).sorted() == ["orders", "storefront"], found.allSatisfy({ $0.state == "ready" }),
      let orders = found.first(where: { $0.resource == "orders" }),
      let storefront = found.first(where: { $0.resource == "storefront" }), orders.level == storefront.level,
      orders.mechanisms == ["firewall"]
    else { return nil }
    switch (storefront.level, storefront.mechanisms) {
    case ("normal", AdaptationTests.normal), ("elevated", AdaptationTests.elevated): return storefront.level
    default: return nil
    }
  }

  private func expectService(_ portal: Portal, url: String, level: String) async throws {
    let token = Credentials.token(try await portal.token(subject: "carl", role: "clerk"))
    let isElevated = level == "elevated"
    #expect(try await Client.request("GET", "\(url)/").status == 200)
    #expect(try await Client.request("GET", "\(url)/orders/17", as: token).status == (isElevated ? 404 : 401))
    #expect(try await Client.request("GET", "\(url)/orders/17", as: .clerk).status == (isElevated ? 401 : 404))
    #expect(try await Client.request("GET", "\(url)/orders/17").status == 401)
  }

  /// That `ps` is true: everything it names exists, and nothing else does but what goes with it.
  private func expectNothingElse(_ portal: Portal, namespaces: [String]) async throws {
    let images = try await portal.unikernels().compactMap(\.pid)
    #expect(images.count == 2)
    // An image's tender is its parent.
    let tenders = try images.map { try #require(pid_t(try portal.status(of: $0)["PPid"] ?? "")) }
    let others = portal.remainingProcesses().filter { !images.contains($0) && !tenders.contains($0) }
    // An image has no command line.
    let programs = others.map { portal.commandLine(of: $0).first?.split(separator: "/").last ?? "image" }
    #expect(programs.sorted() == ["testudo", "testudo-forwarder"], "\(others.map { portal.commandLine(of: $0) })")
    #expect(Set(images + tenders).isSubset(of: portal.remainingProcesses()))
    #expect(portal.namespaces == namespaces)
    #expect(portal.existing(namespaces) == namespaces)
    let instances = try FileManager.default.contentsOfDirectory(atPath: portal.home.appending(path: "instances").path)
    #expect(instances.count == 2, "\(instances)")
  }
}
