/// What runs an image.
public enum Target: String, Hashable, Codable, Sendable, CaseIterable {
  /// A sandboxed process on a TAP interface.
  case process
  /// A virtual machine with PVH and virtio-mmio.
  case microvm

  /// What a platform module provides for it.
  var capability: String { "target.\(rawValue)" }
}
