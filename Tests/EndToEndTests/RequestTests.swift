import Testing

/// Step 3 of the story: what clients meet at level `normal`. Each of these fails when the protection it is about is
/// taken out by hand.
@Suite("Requests at level normal", .serialized, .realUnikernels)
struct RequestTests {
  @Test("a public page is served to anybody: 200")
  func publicPage() async throws {
    try await Portal.up { portal in
      let answer = try await Client.request("GET", "\(try await portal.url())/")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"]?.hasPrefix("text/html") == true)
      #expect(answer.body.contains("<html"))
    }
  }

  @Test("the orders are closed to a visitor without credentials: 401 with a challenge")
  func anonymous() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      for path in ["/orders", "/orders/17"] {
        let answer = try await Client.request("GET", url + path)
        #expect(answer.status == 401, "\(path)")
        let challenge = answer.headers["www-authenticate"] ?? ""
        #expect(challenge.hasPrefix("Basic realm=\"portal\""), "\(path): \(challenge)")
      }
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .password("carl", "wrong")).status == 401)
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .password("nobody", "wrong")).status == 401)
    }
  }

  @Test("a reader may see an order, and not write one: 200 and 403")
  func reader() async throws {
    try await Portal.up { portal in
      let order = "\(try await portal.url())/orders/17"
      #expect(try await Client.request("PUT", order, as: .clerk, body: "three amphorae").status == 201)
      let seen = try await Client.request("GET", order, as: .reader)
      #expect(seen.status == 200)
      #expect(seen.body == "three amphorae")
      #expect(try await Client.request("PUT", order, as: .reader, body: "none").status == 403)
      #expect(try await Client.request("DELETE", order, as: .reader).status == 403)
      #expect(try await Client.request("GET", order, as: .reader).body == "three amphorae")
    }
  }

  @Test("a clerk may write an order: 201, and it is there")
  func clerk() async throws {
    try await Portal.up { portal in
      let order = "\(try await portal.url())/orders/42"
      #expect(try await Client.request("GET", order, as: .clerk).status == 404)
      #expect(try await Client.request("PUT", order, as: .clerk, body: "olive oil").status == 201)
      let kept = try await Client.request("GET", order, as: .clerk)
      #expect(kept.status == 200)
      #expect(kept.body == "olive oil")
      #expect(try await Client.request("PUT", order, as: .clerk, body: "wine").status == 204)
      #expect(try await Client.request("DELETE", order, as: .clerk).status == 204)
      #expect(try await Client.request("GET", order, as: .clerk).status == 404)
    }
  }

  @Test(
    "a packet to the orders from anywhere but the storefront is dropped by the firewall in the image, which says so")
  func firewall() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      let orders = try await portal.unikernel("orders").address
      #expect(try await Client.request("PUT", "\(url)/orders/17", as: .clerk, body: "three amphorae").status == 201)
      #expect(portal.namespaces.count == 1)
      let namespace = try #require(portal.namespaces.first)
      let stopped = try await Client.request("GET", "http://\(orders)/orders/17", from: namespace, timeout: 1)
      #expect(stopped.curl == Client.timedOut)
      #expect(stopped.status == 0)
      let isTold = try await eventually {
        try await portal.events().contains { event in
          event.kind == "firewall.dropped" && event.resource == "orders" && event.details?["source"] == "10.77.0.1"
            && event.details?["destination"] == orders
        }
      }
      #expect(isTold)
      // The same order, by the way that is declared.
      #expect(try await Client.request("GET", "\(url)/orders/17", as: .reader).status == 200)
      // The storefront's firewall lets this address in, which is the port forwarder's; but whoever has it without the
      // forwarder's header is nobody that the storefront talks to.
      let storefront = try await portal.unikernel("storefront").address
      let headless = try await Client.request("GET", "http://\(storefront)/", from: namespace, timeout: 2)
      #expect(headless.status == 0 && headless.curl != Client.timedOut)
    }
  }

  @Test("a path is judged as it is served, however it is spelled")
  func spelling() async throws {
    try await Portal.up { portal in
      let url = try await portal.url()
      #expect(try await Client.request("PUT", url + "/orders/spelled", as: .clerk, body: "one amphora").status == 201)
      for path in ["//orders//spelled", "/a/../orders/./spelled", "/%6Frders/spell%65d"] {
        let visitor = try await Client.request("GET", url + path, with: ["--path-as-is"])
        #expect(visitor.status == 401, "\(path)")
        // The order itself: another spelling that nobody normalizes names something else, which is not there.
        let reader = try await Client.request("GET", url + path, as: .reader, with: ["--path-as-is"])
        #expect(reader.status == 200 && reader.body == "one amphora", "\(path): \(reader.status)")
      }
    }
  }

  @Test("the ports of instances are locked to their addresses: the bridge learns none, and lets no other through")
  func lockedPorts() async throws {
    try await Portal.up { portal in
      let namespace = try #require(portal.namespaces.first)
      let ip = Testbed.path(of: "ip") ?? "ip"
      let links = try await Command.run(ip, ["-n", namespace, "-d", "-o", "link", "show", "type", "tun"])
      let ports = links.output.split(separator: "\n").filter { $0.contains("bridge_slave") }
      #expect(ports.count == 2, "\(links)")
      for port in ports {
        #expect(port.contains("learning off") && port.contains(" locked on"), "\(port)")
        let name = String(port.split(separator: " ")[1].prefix { $0 != ":" && $0 != "@" })
        let tc = Testbed.path(of: "tc") ?? "tc"
        let filters = try await Command.run(
          ip, ["netns", "exec", namespace, tc, "filter", "show", "dev", name, "ingress"])
        #expect(filters.output.contains("bpf"), "\(filters)")
      }
    }
  }
}
