import Glibc

/// What keeps others on and beyond this host away from external services that only one service may reach: a table of the
/// host's own packet filter (nftables), in which the port forwarder of that service is known by its mark. Marks can be set
/// by the host's administrator only (CAP_NET_ADMIN, packet(7)).
public struct HostFirewall: Sendable {
  private let network: ServiceNetwork

  /// The table of a service's network; nothing is made yet.
  public init(_ network: ServiceNetwork) {
    self.network = network
  }

  /// The mark of the packets that the service's port forwarder sends, never 0.
  public var mark: UInt32 {
    var hash: UInt32 = 0x811C_9DC5
    for byte in network.name.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return hash | 1
  }

  private var table: String { network.name }

  /// From now on nobody but the forwarder reaches these, each `A.B.C.D:PORT`, through this host; none: all that was kept
  /// is given free.
  public func enclose(_ targets: [String]) async throws(HostingFault) {
    guard !targets.isEmpty else { return try await remove() }
    let rules = try targets.sorted().map { target throws(HostingFault) in try rule(target) }
    let program = try HostFirewall.program()
    // One transaction: there is no moment without the earlier rules.
    let text = """
      table inet \(table) {}
      delete table inet \(table)
      table inet \(table) {
        chain local {
          type filter hook output priority filter; policy accept;
      \(rules.map { "    " + $0.local }.joined(separator: "\n"))
        }
        chain remote {
          type filter hook input priority filter; policy accept;
      \(rules.compactMap(\.remote).map { "    " + $0 }.joined(separator: "\n"))
        }
        chain passing {
          type filter hook forward priority filter; policy accept;
      \(rules.compactMap(\.passing).map { "    " + $0 }.joined(separator: "\n"))
        }
      }
      """
    let said = try await ChildProcess.output(of: [program, text])
    guard await enclosed() == targets.sorted() else {
      let first = said.split(separator: "\n").first.map { ": \($0)" } ?? ""
      throw .refused(
        "the host's firewall did not take the rules that enclose \(targets.joined(separator: ", "))\(first)")
    }
  }

  /// What nobody else reaches, as the host's firewall has it now.
  public func enclosed() async -> [String] {
    guard let program = try? HostFirewall.program(),
      let said = try? await ChildProcess.output(of: [program, "list chain inet \(table) local"])
    else { return [] }
    return said.split(separator: "\n").compactMap { line in
      guard line.contains(" drop "), let start = line.firstRange(of: "comment \"") else { return nil }
      return String(line[start.upperBound...].prefix { $0 != "\"" })
    }.sorted()
  }

  /// Gives everything free. Nothing happens where nothing is kept.
  public func remove() async throws(HostingFault) {
    guard let program = try? HostFirewall.program(), await !enclosed().isEmpty else { return }
    _ = try await ChildProcess.output(of: [program, "delete table inet \(table)"])
    guard await enclosed().isEmpty else {
      throw .refused("the host's firewall did not let go of the table inet \(table)")
    }
  }

  /// Programs of administrators are not on everybody's path.
  private static func program() throws(HostingFault) -> String {
    for folder in ["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin"] where access(folder + "/nft", X_OK) == 0 {
      return folder + "/nft"
    }
    throw .lacking(what: "`nft`, which encloses external services", remedy: "install the package nftables")
  }

  /// The rules for what this host sends, gets and passes on. What is on the host itself cannot be passed on to.
  private func rule(_ target: String) throws(HostingFault) -> (local: String, remote: String?, passing: String?) {
    let parts = target.split(separator: ":")
    guard parts.count == 2, let address = IPv4Network.address(String(parts[0])), let port = UInt16(parts[1]) else {
      throw .invalid(what: "an external service", found: target, expected: "an IPv4 address and a port")
    }
    let isLoopback = address >> 24 == 127
    // What listens on the loopback address may listen on all of this host's, and in both versions of IP.
    let place = isLoopback ? "fib daddr type local" : "ip daddr \(IPv4Network.text(address))"
    let end = "drop comment \"\(target)\""
    return (
      "\(place) tcp dport \(port) meta mark != \(mark) \(end)",
      isLoopback ? "iifname != \"lo\" tcp dport \(port) \(end)" : nil,
      isLoopback ? nil : "ip daddr \(IPv4Network.text(address)) tcp dport \(port) \(end)"
    )
  }
}
