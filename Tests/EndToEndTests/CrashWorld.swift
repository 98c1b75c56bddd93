import Foundation
import Glibc
import Testing

/// A home with the portal, and a gateway of another tenant, in which everything but the images is killed again and again.
struct CrashWorld: Sendable {
  let portal: Portal
  let gateway: URL
  /// Where the portal is published: the same also after the port forwarder was killed.
  let port: Int
  /// What is declared, as far as commands have said so.
  var declared = DeclaredWorld()
  /// Every network that this home ever had.
  var networks: Set<String> = []
  /// The number of the last event that was there.
  var lastEvent = 0
  /// How long each operation took at most, in milliseconds, and how many boundaries it has at most.
  var durations: [CrashedOperation: Int] = [:]
  var boundaries: [CrashedOperation: Int] = [:]
  /// How often each operation was cut off, and what was killed with the control plane.
  var counts: [CrashedOperation: Int] = [:]

  var url: String { "http://127.0.0.1:\(port)" }

  /// Makes the world, in which nothing is declared yet; it is gone afterwards, with everything in it.
  static func made(_ body: (inout CrashWorld) async throws -> Void) async throws {
    await Testbed.places.take()
    let result: Result<Void, any Error>
    do {
      try await Portal.copied { portal in
        let gateway = portal.folder.appending(path: "gateway")
        try FileManager.default.copyItem(at: Testbed.repository.appending(path: "Examples/gateway"), to: gateway)
        let file = gateway.appending(path: "service.yaml")
        try String(contentsOf: file, encoding: .utf8).replacing(#/, published_port: [0-9]+/#, with: "")
          .write(to: file, atomically: false, encoding: .utf8)
        let port = try quietPort()
        try portal.edit("service.yaml") {
          $0.replacing("network_name: PUBLIC", with: "network_name: PUBLIC\n            published_port: \(port)")
            // What is looked at is asked for beside a crowd.
            .replacing("20 per 1 s", with: "10000 per 1 s").replacing("burst: 40", with: "burst: 10000")
        }
        var world = CrashWorld(portal: portal, gateway: gateway, port: port)
        do {
          try await body(&world)
        } catch {
          await world.end()
          throw error
        }
        await world.end()
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await Testbed.places.giveBack()
    try result.get()
  }

  private func end() async {
    for tenant in ["default", "shop"] { _ = try? await portal.testudo("down", "--all", "--tenant", tenant) }
  }

  // MARK: Doing

  /// The words of an operation's command; none where it is done without one.
  func command(of operation: CrashedOperation, to next: DeclaredWorld) throws -> [String] {
    let policy = next.readersMayWrite ? "readers-may-write.cedar" : "orders.cedar"
    switch operation {
    case .up, .replace:
      try portal.edit("site/about.html") {
        $0.replacing(#/<h1>.*<\/h1>/#, with: "<h1>Edition \(next.edition ?? 0)</h1>")
      }
      return ["up", portal.template.path] + Portal.inputs
    case .raise, .lower: return ["context", "set", "threat_level=\(next.isThreatened ? "high" : "low")"]
    case .lockdown: return ["level", "portal", "lockdown"]
    case .automatic: return ["level", "portal", "--auto"]
    case .applyPolicy:
      return ["policy", "apply", portal.template.appending(path: policy).path, "--service", "portal"]
    case .drainPool: return ["pool", "drain"]
    case .fillPool: return ["pool", "fill"]
    case .createTenant: return ["tenant", "create", "shop", "--instances", "\(next.quota ?? 0)"]
    case .changeQuota: return ["tenant", "set-quota", "shop", "--instances", "\(next.quota ?? 0)"]
    case .deleteTenant: return ["tenant", "delete", "shop"]
    case .gatewayUp:
      return [
        "up", gateway.path, "--tenant", "shop", "--set", "accounts=@\(gateway.appending(path: "accounts.yaml").path)",
      ]
    case .gatewayDown: return ["down", "gateway", "--tenant", "shop"]
    case .loseImage: return []
    case .down: return ["down", "portal"]
    }
  }

  /// The process of the control plane, if one runs.
  var controlPlane: pid_t? {
    guard let process = try? portal.controlPlane(), kill(process, 0) == 0,
      portal.commandLine(of: process).first?.hasSuffix("/testudo") == true
    else { return nil }
    return process
  }

  /// Kills the control plane and what else is to be, and waits until it is gone. Commands go with the port forwarders: what
  /// one says otherwise must be true after the end of the control plane, too.
  func killAll(_ reach: CrashReach) async throws {
    let victims = portal.remainingProcesses().filter { process in
      let words = portal.commandLine(of: process)
      return switch words.first?.split(separator: "/").last {
      case "testudo": reach != .controlPlane || words.dropFirst().first == "serve"
      case "testudo-forwarder": reach != .controlPlane
      case "tender": reach == .everything
      default: false
      }
    }
    for victim in victims { kill(victim, SIGKILL) }
    // A command that goes on may have started another control plane by then.
    #expect(try await eventually { Set(portal.remainingProcesses()).isDisjoint(with: victims) })
  }

  // MARK: Looking

  /// What is not as it should be where `expected` is declared; `nil` where all is whole.
  func lack(of expected: DeclaredWorld) async throws -> String? {
    let outcome = try await portal.testudo("ps", "--format", "json")
    guard outcome.status == 0,
      let found = try? JSONDecoder().decode([RunningUnikernel].self, from: Data(outcome.output.utf8))
    else { return "`ps` gives \(outcome)" }
    let due =
      (expected.edition == nil ? [] : ["default/portal/orders", "default/portal/storefront"])
      + (expected.hasGateway ? ["shop/gateway/front"] : [])
    let running = found.map { "\($0.tenant)/\($0.service)/\($0.resource)" }.sorted()
    guard running == due, found.allSatisfy({ $0.state == "ready" && $0.pid != nil }) else {
      return "\(due) is due: \(found)"
    }
    guard expected.isAnything else { return nil }
    let attributes = try await portal.document("context", "list", as: [String: String].self)
    guard (attributes["threat_level"] == "high") == expected.isThreatened else { return "\(attributes)" }
    let tenants = try await portal.document("tenant", "list", as: [TenantOverview].self)
    let quota = tenants.first { $0.tenant == "shop" && $0.created != nil }?.quota.instances
    guard quota == expected.quota else { return "the quota is \(quota.map(String.init) ?? "none")" }
    return try await lackOfPortal(found, expected)
  }

  private func lackOfPortal(_ found: [RunningUnikernel], _ expected: DeclaredWorld) async throws -> String? {
    guard let edition = expected.edition else { return nil }
    for unikernel in found where unikernel.service == "portal" {
      let mechanisms =
        unikernel.resource == "orders"
        ? ["firewall"] : expected.level == "normal" ? AdaptationTests.normal : AdaptationTests.elevated
      guard unikernel.level == expected.level, unikernel.mechanisms == mechanisms else {
        return "\(expected.level) is due to \(unikernel)"
      }
    }
    let status = try await portal.document("policy", "status", as: [PolicyStatus].self)
    guard status.allSatisfy({ $0.converged && $0.version == $0.due }) else { return "\(status)" }
    let page = try await Client.request("GET", "\(url)/about.html")
    guard page.status == 200, page.body.contains("<h1>Edition \(edition)</h1>") else { return "\(page)" }
    let order = "\(url)/orders/17"
    let isNormal = expected.level == "normal"
    guard try await Client.request("GET", order).status == 401 else { return "orders are shown to anybody" }
    let password = try await Client.request("PUT", order, as: .reader, body: "two").status
    let token = try await portal.token(subject: "rita", role: "reader")
    let bearer = try await Client.request("PUT", order, as: .token(token), body: "two").status
    let (valid, other) = isNormal ? (password, bearer) : (bearer, password)
    guard other == 401 else { return "\(other) for the credentials of another level" }
    // At `lockdown` nobody reaches the orders, whoever may write them.
    let permitted = expected.level == "lockdown" ? [502, 503, 504] : [201, 204]
    guard expected.readersMayWrite ? permitted.contains(valid) : valid == 403 else {
      return "\(valid) for a reader who writes at \(expected.level)"
    }
    return nil
  }

  /// What is on the machine of this home and should not be, where `expected` is declared.
  func remains(_ expected: DeclaredWorld) async throws -> [String] {
    var remains: [String] = []
    let services = (expected.edition == nil ? 0 : 1) + (expected.hasGateway ? 1 : 0)
    let images = (expected.edition == nil ? 0 : 2) + (expected.hasGateway ? 1 : 0)
    // Processes. An image has no command line.
    let programs = portal.remainingProcesses().map { process in
      portal.commandLine(of: process).first?.split(separator: "/").last.map(String.init) ?? "image"
    }
    for (program, due) in [("image", images), ("tender", images), ("testudo-forwarder", services)]
    where programs.count(where: { $0 == program }) != due {
      remains.append("\(programs.count { $0 == program }) processes `\(program)` instead of \(due)")
    }
    if programs.count(where: { $0 == "testudo" }) > 1 { remains.append("\(programs)") }
    remains += Set(programs).subtracting(["image", "tender", "testudo-forwarder", "testudo"]).map { "process `\($0)`" }
    // Networks, with their interfaces and the tables of the host's firewall.
    let present = portal.namespaces
    if present.count != services { remains.append("networks \(present)") }
    remains += portal.existing(Array(networks)).filter { !present.contains($0) }.map { "namespace \($0)" }
    var interfaces = 0
    for network in present {
      let links = try await Command.run(Testbed.path(of: "ip") ?? "ip", ["-n", network, "-o", "link"])
      interfaces += links.output.split(separator: "\n").count { $0.contains(" tap") }
    }
    if interfaces != images { remains.append("\(interfaces) interfaces for \(images) images") }
    if let nft = Testbed.path(of: "nft") {
      let tables = try await Command.run(nft, ["list", "tables"]).output
      let own = networks.union(present).filter { tables.contains($0) }
      if own.count != (expected.hasGateway ? 1 : 0) { remains.append("tables \(own) of the host's firewall") }
    }
    // Files.
    let files = FileManager.default
    func names(_ folder: String) -> [String] {
      ((try? files.contentsOfDirectory(atPath: portal.home.appending(path: folder).path)) ?? []).sorted()
    }
    if names("instances").count != images { remains.append("instances \(names("instances"))") }
    let due = present.flatMap { ["\($0).forwarder", "\($0).json"] }.sorted()
    if names("networks") != due { remains.append("networks/ \(names("networks"))") }
    if names("images/incoming").count > 1 { remains.append("images/incoming/ \(names("images/incoming"))") }
    let copies = [("default/portal", expected.edition != nil), ("shop/gateway", expected.hasGateway)]
    for (name, isDue) in copies where names("services/\(name)").count != (isDue ? 1 : 0) {
      remains.append("services/\(name) \(names("services/\(name)"))")
    }
    remains += portal.remainingFiles().filter { $0.hasSuffix(".part") || $0.hasSuffix(".new") }
    return remains
  }
}

/// A tenant, as `tenant list --format json` gives it.
struct TenantOverview: Decodable, Sendable {
  struct Quota: Decodable, Sendable {
    var instances: Int?
  }
  var tenant: String
  var created: String?
  var quota: Quota
}

/// A port of this host that nobody listens on, and that the kernel gives to no client: the port forwarder must find it free
/// again after it was killed.
private func quietPort() throws -> Int {
  for port in (20_000..<32_000).shuffled() {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if result == 0 { return port }
  }
  throw CancellationError()
}
