import CHosting
import Glibc
import Interchange

/// Runs unikernels as processes of this machine: sandboxed ones of their own (the `process` target), or virtual machines that
/// QEMU runs (the `microvm` target). Each has a tender and a TAP. What it
/// needs to know after a restart is in its home folder and nowhere else; homes beside each other do not touch one
/// another.
public actor ProcessHost: UnikernelHost {
  /// The folder that everything is kept under; an absolute path.
  public nonisolated let home: String
  /// The tender program.
  public nonisolated let tender: String
  /// The port forwarder program, `testudo-forwarder`.
  public nonisolated let forwarder: String

  /// How long a tender has to end its image when asked before both are killed.
  static let stopDeadline = Duration.seconds(2)

  var channels: [String: ControlConnection] = [:]

  /// A host that keeps its records in `home` and uses these programs. Nothing is touched yet.
  public init(home: String, tender: String, forwarder: String) {
    // One spelling of the home, since tenders are recognized by the path of their folder.
    var home = home
    while home.count > 1 && home.hasSuffix("/") { home.removeLast() }
    self.home = home
    self.tender = tender
    self.forwarder = forwarder
  }

  nonisolated func folder(_ id: String) -> InstanceFolder { InstanceFolder(home: home, id: id) }

  /// Starts an instance. `boot` is the signed boot message, which the tender finds in the file `boot` of the instance's
  /// folder and lays into the image's memory. Where it fails, nothing of the instance is left.
  public func start(_ record: InstanceRecord, boot: [UInt8]) async throws(HostingFault) -> any InstanceChannel {
    try record.validate()
    try HostingFault.requireRoot(to: "create network interfaces")
    try checkPrograms(image: record.imagePath)
    let folder = folder(record.id)
    let processes = InstanceProcesses(folder: folder)
    guard processes.tender == nil && processes.image == nil else {
      throw .conflict("instance \(record.id) runs already")
    }
    try Files.removeFolder(folder.path)
    try Files.makeFolder(folder.path)
    do throws(HostingFault) {
      var record = record
      record.tenderPID = nil
      try folder.write(record)
      try folder.write(boot: boot)
      if let group = record.group, ControlGroup.bound(group) { try folder.write(group: group.name) }
      let port = try NetworkNamespace(record.network).openTAP(
        record.tapName, for: PortAddresses(record), isUp: record.isWaiting != true)
      record.unlocked = port.lacking
      record.isOrdinary = UserNamespace.isEntered ? true : nil
      let (near, far) = try Descriptor.pair()
      let farEnd = Descriptor(far)
      let console: Int32
      do throws(HostingFault) {
        console = try HostingFault.check(
          open(folder.console, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600), "create \(folder.console)")
      } catch {
        close(near)
        throw error
      }
      let log = Descriptor(console)
      let connection = try ControlConnection(record: record, socket: near)
      let process = try ChildProcess.start(
        [tender, folder.path, record.imagePath, "3", "4", String(record.memoryBytes)]
          + (record.emulator.map { [$0.path, $0.accelerator.rawValue] } ?? []),
        descriptors: [port.tap.number, farEnd.number], errors: log.number)
      record.tenderPID = process
      do throws(HostingFault) {
        // Should this be the moment of our end, the tender's own `tender.pid` says the same.
        try folder.write(record)
      } catch {
        ProcessTable.signal(process, SIGKILL) { processes.isTender(process) }
        throw error
      }
      channels[record.id]?.close()
      channels[record.id] = connection
      return connection
    } catch {
      await processes.end(within: .zero)
      try? Files.removeFolder(folder.path)
      throw error
    }
  }

  private func checkPrograms(image: String) throws(HostingFault) {
    guard access(tender, X_OK) == 0 else {
      throw .lacking(what: "the tender program \(tender)", remedy: "make it with `make build`")
    }
    guard access(image, R_OK) == 0 else {
      throw .gone("the image \(image) cannot be read: \(HostingFault.text(of: errno))")
    }
  }

  /// The instances of this home whose image still runs, in the order of their identifiers.
  public func survivors() async -> [InstanceRecord] {
    instances().filter { InstanceProcesses(folder: folder($0.id)).image != nil }
  }

  /// The instances whose image has ended, or never came to run, and that nobody has stopped.
  public func fallen() async -> [InstanceRecord] {
    instances().filter { InstanceProcesses(folder: folder($0.id)).image == nil }
  }

  /// Every instance that has a record.
  func instances() -> [InstanceRecord] {
    Files.names(in: InstanceFolder.parent(of: home)).compactMap { id in
      InstanceRecord.isIdentifier(id) ? folder(id).readRecord() : nil
    }
  }

  /// Connects to an instance that runs already and whose channel nobody else holds: where somebody does, the channel ends
  /// at once. The image says nothing before a signed message was sent to it.
  public func adopt(_ record: InstanceRecord) async throws(HostingFault) -> any InstanceChannel {
    guard InstanceRecord.isIdentifier(record.id) else {
      throw .invalid(what: "the instance's identifier", found: record.id, expected: "32 lower-case hexadecimal digits")
    }
    channels.removeValue(forKey: record.id)?.close()
    let connection = try ControlConnection.connect(record, path: folder(record.id).controlSocket)
    channels[record.id] = connection
    return connection
  }

  /// Ends an instance: SIGTERM to its tender, SIGKILL after two seconds, then its folder is removed; its TAP goes with
  /// its process. Nothing happens where there is no such instance.
  public func stop(_ id: String) async throws(HostingFault) {
    guard InstanceRecord.isIdentifier(id) else { return }
    let folder = folder(id)
    let processes = InstanceProcesses(folder: folder)
    let group = folder.readRecord()?.group?.name
    if folder.exists && folder.tender == nil && folder.readRecord()?.tenderPID == nil {
      // Whoever started it ended before the tender's process was written down.
      for process in ProcessTable.identifiers() where processes.isTender(process) {
        ProcessTable.signal(process, SIGKILL) { processes.isTender(process) }
      }
    }
    await processes.end(within: ProcessHost.stopDeadline)
    channels.removeValue(forKey: id)?.close()
    guard processes.tender == nil && processes.image == nil else {
      throw .deadline("instance \(id) did not end, though it was killed")
    }
    if let image = folder.image { ControlGroup.remove(of: image, in: group) }
    try Files.removeFolder(folder.path)
  }

  /// Changes the bounds of a group while instances are in it.
  public func bound(_ group: InstanceGroup) async {
    guard instances().contains(where: { $0.group?.name == group.name }) else { return }
    ControlGroup.bound(group)
  }

  /// What has become of an instance.
  public func observed(_ id: String) async -> InstanceState {
    let folder = folder(id)
    guard InstanceRecord.isIdentifier(id), folder.exists else { return .unknown }
    let processes = InstanceProcesses(folder: folder)
    if let exit = folder.exit { return .exited(exit) }
    if let image = processes.image { return .running(pid: image) }
    if processes.tender != nil { return .starting }
    // The tender may have ended properly between the first look and the last.
    return .exited(folder.exit ?? "the tender is gone and left no exit status")
  }
}
