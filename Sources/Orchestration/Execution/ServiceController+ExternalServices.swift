import Hosting

// The ways from a service's network to external services.

extension ServiceController {
  /// Opens the way to an external service, or leads it to where that is now. Where only this service may use it, the
  /// host's firewall keeps others away before it is opened.
  func openWay(to name: String) async throws(OrchestrationFault) {
    guard let forwarder, let host = network.hostAddress,
      let external = resolved?.desired.externals.first(where: { $0.name == name })
    else { throw .execution("the port forwarder of the service is gone") }
    // Where others could reach what is this service's alone, that is all there is to mend.
    if let former = observed.offers[name], former != DesiredExternal.unenclosed(external.lead) {
      try await closeWay(to: name)
    }
    let firewall = HostFirewall(network)
    try await enclose(firewall)
    try await hosting { () throws(HostingFault) in
      try await forwarder.offer(
        name, listen: "\(host):\(external.accessPort)", target: external.target,
        mark: external.isExclusive ? firewall.mark : 0)
    }
    observed.offers[name] = external.lead
  }

  /// Closes it. Open connections stay.
  func closeWay(to name: String) async throws(OrchestrationFault) {
    if let forwarder {
      try await hosting { () throws(HostingFault) in try await forwarder.unpublish(name) }
    }
    observed.offers[name] = nil
    try await enclose(HostFirewall(network))
  }

  /// Keeps others away from all external services that are this service's alone, and from no others.
  private func enclose(_ firewall: HostFirewall) async throws(OrchestrationFault) {
    let targets = resolved?.desired.externals.filter(\.isExclusive).map(\.target) ?? []
    try await hosting { () throws(HostingFault) in try await firewall.enclose(Array(Set(targets))) }
  }
}
