import Glibc

/// The control groups (cgroups(7)) that a tender makes for its image, named after the image's process. It removes them
/// itself; this is for one that was killed.
enum ControlGroup {
  private static let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu"]

  /// Removes the groups of an image that has ended. The kernel keeps those that a process is in.
  static func remove(of image: Int32) {
    for root in roots { rmdir("\(root)/testudo-\(image)") }
  }
}
