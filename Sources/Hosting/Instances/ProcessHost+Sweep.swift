import Glibc

/// What a sweep has removed.
public struct SweepReport: Sendable, Equatable {
  /// Instances whose processes were gone.
  public var instances: [String] = []
  /// Tenders of this home that had no instance any more, by process.
  public var tenders: [Int32] = []
  /// Networks that nobody uses.
  public var networks: [String] = []
}

extension ProcessHost {
  /// Removes what a control plane that ended in the middle of something left behind: instances whose processes are
  /// gone, tenders without an instance, and networks that no instance uses and that are not named in `keeping`.
  @discardableResult
  public func sweep(keeping: Set<String> = []) async throws(HostingFault) -> SweepReport {
    var report = SweepReport()
    let parent = InstanceFolder.parent(of: home)
    for process in ProcessTable.identifiers() {
      let arguments = ProcessTable.arguments(of: process)
      guard arguments.count > 1, let id = tenderedInstance(arguments[1]), folder(id).readRecord() == nil else {
        continue
      }
      // Its image goes with it, as with any end of a tender.
      ProcessTable.signal(process, SIGTERM) { ProcessTable.arguments(of: process) == arguments }
      let end = ContinuousClock.now + ProcessHost.stopDeadline
      while ProcessTable.isAlive(process) && ContinuousClock.now < end { await Timer.pause(milliseconds: 2) }
      ProcessTable.signal(process, SIGKILL) { ProcessTable.arguments(of: process) == arguments }
      report.tenders.append(process)
    }
    for id in Files.names(in: parent) where InstanceRecord.isIdentifier(id) {
      let processes = InstanceProcesses(folder: folder(id))
      if processes.folder.readRecord() != nil && processes.tender != nil { continue }
      // An image without its tender cannot be reached any more, so it must not go on.
      try await stop(id)
      report.instances.append(id)
    }
    let used = Set(instances().map(\.network.name))
    for network in networks() where !used.contains(network.name) && !keeping.contains(network.name) {
      try await removeNetwork(network)
      report.networks.append(network.name)
    }
    return report
  }

  /// The instance that a path is the folder of, if it is one of this home.
  private nonisolated func tenderedInstance(_ path: String) -> String? {
    let prefix = InstanceFolder.parent(of: home) + "/"
    guard path.hasPrefix(prefix) else { return nil }
    let id = String(path.dropFirst(prefix.count))
    return InstanceRecord.isIdentifier(id) ? id : nil
  }
}
