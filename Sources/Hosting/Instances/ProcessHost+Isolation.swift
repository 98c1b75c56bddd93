import Glibc

// Instances that are kept to be looked at.

extension ProcessHost {
  /// How long the kernel may take to stop an image.
  private static let standstillDeadline = Duration.seconds(2)

  /// Has an instance stand still, takes its TAP off the bridge and sets it down. The image can do nothing any more, its
  /// tender and its memory stay. May be repeated.
  public func isolate(_ id: String) async throws(HostingFault) {
    let (record, processes) = try known(id)
    // First of all: what stands still does not wipe its traces when it finds its network gone.
    processes.signalImage(SIGSTOP)
    try NetworkNamespace(record.network).isolate(record.tapName)
    let end = ContinuousClock.now + Self.standstillDeadline
    while let image = processes.image, ProcessTable.status(of: image)?.state != "T" {
      guard ContinuousClock.now < end else { throw .deadline("the image of instance \(id) did not stand still") }
      await Timer.pause(milliseconds: 1)
    }
    guard processes.image != nil else { throw .gone("the image of instance \(id) has ended") }
  }

  /// Lets an instance that was isolated on its network again, and go on; or one that was started to wait on it for the first
  /// time.
  public func rejoin(_ id: String) async throws(HostingFault) {
    let (record, processes) = try known(id)
    guard processes.image != nil else { throw .gone("the image of instance \(id) has ended") }
    try NetworkNamespace(record.network).rejoin(record.tapName, for: PortAddresses(record))
    processes.signalImage(SIGCONT)
  }

  /// What has passed through an instance's interface; `nil` where it is gone.
  public func traffic(of id: String) -> InterfaceTraffic? {
    guard let (record, _) = try? known(id) else { return nil }
    return try? NetworkNamespace(record.network).traffic(of: record.tapName)
  }

  /// The memory of an instance that runs or stands still.
  public func memory(of id: String) throws(HostingFault) -> InstanceAddressSpace {
    let (record, processes) = try known(id)
    guard let image = processes.image else { throw .gone("the image of instance \(id) has ended") }
    return try InstanceAddressSpace(process: image, isMachine: record.emulator != nil)
  }

  private func known(_ id: String) throws(HostingFault) -> (InstanceRecord, InstanceProcesses) {
    guard InstanceRecord.isIdentifier(id), let record = folder(id).readRecord() else {
      throw .gone("there is no instance \(id)")
    }
    return (record, InstanceProcesses(folder: folder(id)))
  }
}
