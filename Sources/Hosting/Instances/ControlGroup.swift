import Glibc

/// Control groups (cgroups(7)). A tender makes one for its image, named after the image's process, in the group of its
/// tenant; it removes it itself. This makes and bounds the tenants' groups, and removes what a killed tender left.
///
/// Version 2 is used where it is mounted with its controllers, else version 1; where neither can be written, nothing is
/// bounded together, and `testudo doctor` says so.
enum ControlGroup {
  private static let unified = "/sys/fs/cgroup"
  private static let controllers = ["memory", "cpu", "pids"]
  private static let period = 100_000

  /// Makes a tenant's group, or changes its bounds. Returns whether it is bounded on this host.
  @discardableResult
  static func bound(_ group: InstanceGroup) -> Bool {
    guard ServiceNetwork.isName(group.name) else { return false }
    return access("\(unified)/cgroup.controllers", F_OK) == 0 ? boundUnified(group) : boundEach(group)
  }

  private static func boundUnified(_ group: InstanceGroup) -> Bool {
    let folder = "\(unified)/\(group.name)"
    for controller in controllers { _ = put("+\(controller)", "\(unified)/cgroup.subtree_control") }
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return false }
    // So that the images' own groups in it can be bounded, too.
    for controller in controllers { _ = put("+\(controller)", "\(folder)/cgroup.subtree_control") }
    let processor = group.processorPercent.map { "\($0 * period / 100)" } ?? "max"
    let memory = put(group.memoryBytes.map(String.init) ?? "max", "\(folder)/memory.max")
    _ = put(group.processes.map(String.init) ?? "max", "\(folder)/pids.max")
    return put("\(processor) \(period)", "\(folder)/cpu.max") && memory
  }

  private static func boundEach(_ group: InstanceGroup) -> Bool {
    let settings = [
      ("memory", "memory.use_hierarchy", "1"),
      ("memory", "memory.limit_in_bytes", group.memoryBytes.map(String.init) ?? "-1"),
      ("cpu", "cpu.cfs_period_us", "\(period)"),
      ("cpu", "cpu.cfs_quota_us", group.processorPercent.map { "\($0 * period / 100)" } ?? "-1"),
      ("pids", "pids.max", group.processes.map(String.init) ?? "max"),
    ]
    var isBounded = true
    for (controller, file, value) in settings {
      let folder = "\(unified)/\(controller)/\(group.name)"
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST, put(value, "\(folder)/\(file)") else {
        // The hierarchy may be fixed already, and processes need not be counted.
        if file != "memory.use_hierarchy" && controller != "pids" { isBounded = false }
        continue
      }
    }
    return isBounded
  }

  /// Removes the groups of an image that has ended, and its tenant's, unless others are in it: the kernel keeps groups that
  /// have something in them.
  static func remove(of image: Int32, in group: String?) {
    for root in [unified] + controllers.map({ "\(unified)/\($0)" }) {
      rmdir("\(root)/testudo-\(image)")
      guard let group, ServiceNetwork.isName(group) else { continue }
      rmdir("\(root)/\(group)/testudo-\(image)")
      rmdir("\(root)/\(group)")
    }
  }

  private static func put(_ text: String, _ path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    return write(descriptor, bytes, bytes.count) == bytes.count
  }
}
