import Glibc

/// The two processes of an instance, told apart from later ones that got the same numbers.
struct InstanceProcesses: Sendable {
  let folder: InstanceFolder

  /// The tender, if it runs: the process that was started with this folder as its first argument.
  var tender: Int32? {
    guard let process = folder.tender ?? folder.readRecord()?.tenderPID, isTender(process) else { return nil }
    return process
  }

  /// The image, if it runs.
  var image: Int32? {
    guard let process = folder.image, isImage(process) else { return nil }
    return process
  }

  /// Whether a process is a living tender of this folder.
  func isTender(_ process: Int32) -> Bool {
    guard ProcessTable.isAlive(process) else { return false }
    let arguments = ProcessTable.arguments(of: process)
    return arguments.count > 1 && arguments[1] == folder.path
  }

  /// Whether a process is the living image of this folder: it was there when `pid` was written.
  func isImage(_ process: Int32) -> Bool {
    guard ProcessTable.isAlive(process), let status = ProcessTable.status(of: process) else { return false }
    if let tender = folder.tender, status.parent == tender { return true }
    var information = stat()
    var now = timespec()
    var sinceStart = timespec()
    guard stat(folder.path + "/pid", &information) == 0, clock_gettime(CLOCK_REALTIME, &now) == 0,
      clock_gettime(CLOCK_BOOTTIME, &sinceStart) == 0
    else { return false }
    let ticks = sysconf(Int32(_SC_CLK_TCK))
    guard ticks > 0 else { return false }
    let started = now.tv_sec - sinceStart.tv_sec + Int(clamping: status.started) / ticks
    return started <= information.st_mtim.tv_sec + 1
  }

  /// Sends a signal to the tender, if it runs.
  func signalTender(_ signal: Int32) {
    guard let process = folder.tender ?? folder.readRecord()?.tenderPID else { return }
    ProcessTable.signal(process, signal) { isTender(process) }
  }

  /// Sends a signal to the image, if it runs.
  func signalImage(_ signal: Int32) {
    guard let process = folder.image else { return }
    ProcessTable.signal(process, signal) { isImage(process) }
  }

  /// Ends both: SIGTERM to the tender, which ends the image and cleans up, and after the deadline SIGKILL to what is
  /// left.
  func end(within deadline: Duration) async {
    signalTender(SIGTERM)
    if tender == nil { signalImage(SIGKILL) }
    if await hasEnded(within: deadline) { return }
    signalImage(SIGKILL)
    signalTender(SIGKILL)
    // SIGKILL cannot be held up but by the kernel itself.
    _ = await hasEnded(within: .seconds(2))
  }

  private func hasEnded(within deadline: Duration) async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while tender != nil || image != nil {
      if clock.now >= end { return false }
      // A cancelled task waits as well: half stopped helps nobody.
      await Timer.pause(milliseconds: 2)
    }
    return true
  }
}
