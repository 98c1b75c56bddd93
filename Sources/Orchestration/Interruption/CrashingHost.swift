#if DEBUG
  import Hosting

  /// A host with a boundary before and after everything that is done to it.
  struct CrashingHost: UnikernelHost {
    let host: any UnikernelHost
    let point: CrashPoint

    func createNetwork(_ network: ServiceNetwork) async throws(HostingFault) {
      try await point.around("createNetwork") { () async throws(HostingFault) in
        try await host.createNetwork(network)
      }
    }

    func removeNetwork(_ network: ServiceNetwork) async throws(HostingFault) {
      try await point.around("removeNetwork") { () async throws(HostingFault) in
        try await host.removeNetwork(network)
      }
    }

    func start(_ record: InstanceRecord, boot: [UInt8]) async throws(HostingFault) -> any InstanceChannel {
      try await point.around("start of \(record.resource)") { () async throws(HostingFault) in
        try await host.start(record, boot: boot)
      }
    }

    func adopt(_ record: InstanceRecord) async throws(HostingFault) -> any InstanceChannel {
      try await point.around("adopt \(record.resource)") { () async throws(HostingFault) in
        try await host.adopt(record)
      }
    }

    func stop(_ id: String) async throws(HostingFault) {
      try await point.around("stop") { () async throws(HostingFault) in try await host.stop(id) }
    }

    func isolate(_ id: String) async throws(HostingFault) {
      try await point.around("isolate") { () async throws(HostingFault) in try await host.isolate(id) }
    }

    func rejoin(_ id: String) async throws(HostingFault) {
      try await point.around("rejoin") { () async throws(HostingFault) in try await host.rejoin(id) }
    }

    func forwarder(for network: ServiceNetwork) async throws(HostingFault) -> PortForwarder {
      try await point.around("forwarder") { () async throws(HostingFault) in try await host.forwarder(for: network) }
    }

    func sweep(keeping: Set<String>) async throws(HostingFault) -> SweepReport {
      try await point.around("sweep") { () async throws(HostingFault) in try await host.sweep(keeping: keeping) }
    }

    // What is only looked at.

    func survivors() async -> [InstanceRecord] { await host.survivors() }

    func fallen() async -> [InstanceRecord] { await host.fallen() }

    func traffic(of id: String) async -> InterfaceTraffic? { await host.traffic(of: id) }

    func memory(of id: String) async throws(HostingFault) -> InstanceAddressSpace { try await host.memory(of: id) }

    func bound(_ group: InstanceGroup) async { await host.bound(group) }

    func observed(_ id: String) async -> InstanceState { await host.observed(id) }

    func runningForwarder(for network: ServiceNetwork) async -> PortForwarder? {
      await host.runningForwarder(for: network)
    }
  }
#endif
