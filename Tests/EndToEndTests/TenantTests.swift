import Foundation
import Glibc
import Testing

@Suite("Tenants beside each other", .serialized, .realUnikernels)
struct TenantTests {
  /// A control plane, and the portal brought up for two tenants.
  private func two(_ body: (AccessClient, Portal) async throws -> Void) async throws {
    await Testbed.places.take()
    let result: Result<Void, any Error>
    do {
      try await Portal.copied { portal in
        try await AccessClient.serving(tls: true) { client in
          do {
            try await body(client, portal)
          } catch {
            for tenant in ["shop", "bank"] { _ = try await client.testudo("down", "--all", "--tenant", tenant) }
            throw error
          }
          for tenant in ["shop", "bank"] { _ = try await client.testudo("down", "--all", "--tenant", tenant) }
        }
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  private func up(_ client: AccessClient, _ portal: Portal, _ tenant: String) async throws -> Outcome {
    try await client.run(["up", portal.template.path, "--tenant", tenant] + Portal.inputs)
  }

  private func running(_ client: AccessClient) async throws -> [RunningUnikernel] {
    let outcome = try await client.testudo("ps", "--format", "json")
    return try JSONDecoder().decode([RunningUnikernel].self, from: Data(outcome.output.utf8))
  }

  @Test("what is more than a tenant may have is refused before anything is done, and nothing of others' counts")
  func quotas() async throws {
    try await two { client, portal in
      #expect(try await client.testudo("tenant", "create", "shop", "--instances", "1").status == 0)
      #expect(try await client.testudo("tenant", "create", "shop").status == 1)
      for name in ["../shop", "Shop", "shop/portal", "shop%2Fportal", "*"] {
        #expect(try await client.testudo("tenant", "create", name).status == 1, "\(name)")
        #expect(try await client.testudo("up", portal.template.path, "--tenant", name).status != 0, "\(name)")
      }
      for command in ["plan", "up"] {
        let refused = try await client.run([command, portal.template.path, "--tenant", "shop"] + Portal.inputs)
        #expect(refused.status == 4, "\(refused)")
        #expect(
          refused.errors.contains("needs 2 instances") && refused.errors.contains("at most 1"), "\(refused.errors)")
      }
      #expect(try await running(client).isEmpty)
      // Another tenant is not bounded by that.
      #expect(try await up(client, portal, "bank").status == 0)
      let raised = try await client.testudo(
        "tenant", "set-quota", "shop", "--instances", "2", "--memory", "1GiB", "--cpu", "50", "--format", "json")
      #expect(raised.status == 0 && raised.output.contains(#""processorPercent" : 50"#), "\(raised)")
      let allowed = try await up(client, portal, "shop")
      #expect(allowed.status == 0, "\(allowed.errors)")
      #expect(try await up(client, portal, "shop").status == 0, "what is there already needs nothing more")
      let second = try await client.run(
        ["up", portal.template.path, "--tenant", "shop", "--name", "second"] + Portal.inputs)
      #expect(second.status == 4 && second.errors.contains("2 are in use"), "\(second)")
      let full = try await client.testudo("tenant", "delete", "shop")
      #expect(full.status == 1 && full.errors.contains("portal"))
      try expectBounded(try await running(client))
      #expect(try await client.testudo("down", "portal", "--tenant", "shop").status == 0)
      #expect(try await client.testudo("tenant", "delete", "shop").status == 0)
      #expect(try await client.testudo("tenant", "show", "shop").status == 1)
      #expect(try await running(client).map(\.tenant) == ["bank", "bank"])
    }
  }

  /// That the host's control groups bound one tenant's instances together, and not the other's, where they can be made.
  private func expectBounded(_ unikernels: [RunningUnikernel]) throws {
    let root = "/sys/fs/cgroup/cpu"
    guard access("\(root)/cpu.cfs_quota_us", F_OK) == 0, access(root, W_OK) == 0 else { return }
    func group(_ unikernel: RunningUnikernel) throws -> String {
      let text = try String(contentsOfFile: "/proc/\(try #require(unikernel.pid))/cgroup", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains(":cpu:") || $0.contains(":cpu,") })
      return String(line.split(separator: ":").last ?? "")
    }
    let shop = try unikernels.filter { $0.tenant == "shop" }.map { try group($0).split(separator: "/") }
    let bank = try unikernels.filter { $0.tenant == "bank" }.map { try group($0).split(separator: "/") }
    #expect(shop.count == 2 && shop.allSatisfy { $0.count == bank[0].count + 1 }, "\(shop) \(bank)")
    let own = try #require(shop[0].dropLast().last)
    #expect(shop.allSatisfy { $0.dropLast().last == own })
    let quota = try String(contentsOfFile: "\(root)/\(own)/cpu.cfs_quota_us", encoding: .utf8)
    #expect(quota.trimmingCharacters(in: .whitespacesAndNewlines) == "50000")
  }

  @Test("one tenant does not see, name or reach anything of another's, over the API or over the network")
  func apart() async throws {
    try await two { client, portal in
      for tenant in ["shop", "bank"] { #expect(try await up(client, portal, tenant).status == 0) }
      var tokens: [String] = []
      for role in ["viewer", "operator", "security-officer", "administrator"] {
        let made = try await client.testudo("token", "create", "--name", "test", "--role", role, "--tenant", "shop")
        tokens.append("Authorization: Bearer " + made.output.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      let unikernels = try await running(client)
      let other = try #require(unikernels.first { $0.tenant == "bank" && !$0.urls.isEmpty })
      let address = try #require(other.urls.first)
      for token in tokens {
        for path in [
          "services", "unikernels", "events", "policies", "images", "images/\(other.image)", "tenants", "tenants/shop",
          "logs/portal",
        ] {
          let answer = try await client.send("GET", "api/v1/\(path)", headers: [token])
          #expect(answer.status == 200 && !answer.body.contains("bank"), "\(path) \(answer.status)")
          #expect(!answer.body.contains(address), "\(path)")
        }
        for (method, path, body) in [
          ("GET", "services?tenant=bank", nil), ("GET", "tenants/bank", nil), ("DELETE", "tenants/bank", nil),
          ("PUT", "tenants/shop/quota", "{}"), ("GET", "logs/portal?tenant=bank", nil),
          ("DELETE", "services/portal?tenant=bank", nil), ("PUT", "services/portal/level?tenant=bank", "{}"),
          ("GET", "events?tenant=bank", nil), ("GET", "images?tenant=bank", nil),
          ("GET", "pool", nil),
          ("POST", "services", #"{"path":"/etc","tenant":"bank"}"#),
        ] as [(String, String, String?)] {
          let answer = try await client.send(method, "api/v1/\(path)", body, headers: [token])
          #expect(answer.status == 403, "\(method) \(path) \(answer)")
        }
      }
      #expect(try await running(client).count == 4)
      try await expectNoWay(
        client, from: unikernels.filter { $0.tenant == "shop" }, to: unikernels.filter { $0.tenant == "bank" })
    }
  }

  /// That from one tenant's network nothing of another's is reached: the same addresses are other machines there.
  private func expectNoWay(
    _ client: AccessClient, from own: [RunningUnikernel], to others: [RunningUnikernel]
  ) async throws {
    let networks = client.home.appending(path: "networks")
    let names = try FileManager.default.contentsOfDirectory(atPath: networks.path).filter { $0.hasSuffix(".json") }
      .map { String($0.dropLast(5)) }
    #expect(names.count == 2)
    let url = try #require(others.flatMap(\.urls).first)
    for name in names {
      // The other's published port is one of the machine's loopback address, which the network does not have.
      #expect(try await Client.request("GET", url, from: name, timeout: 3).status == 0)
      let routes = try await Command.run(Testbed.path(of: "ip") ?? "ip", ["-n", name, "route"])
      #expect(routes.status == 0 && !routes.output.contains("default"), "\(routes.output)")
      let addresses = try await Command.run(Testbed.path(of: "ip") ?? "ip", ["-n", name, "-o", "link"])
      #expect(!addresses.output.contains("veth"), "\(addresses.output)")
    }
    // What is put into the one's store is not in the other's.
    let mine = try #require(own.flatMap(\.urls).first)
    let put = try await Client.request("PUT", "\(mine)orders/17", as: .clerk, body: "secret of the shop")
    #expect((200...201).contains(put.status), "\(put)")
    #expect(try await Client.request("GET", "\(mine)orders/17", as: .clerk).body == "secret of the shop")
    #expect(try await Client.request("GET", "\(url)orders/17", as: .clerk).status == 404)
  }
}
