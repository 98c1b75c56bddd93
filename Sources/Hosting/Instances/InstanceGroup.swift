/// A control group (cgroups(7)) that several instances are in together, so that what they use together is bounded: those of
/// one tenant.
public struct InstanceGroup: Codable, Sendable, Hashable {
  /// The group's name: as a network's (`ServiceNetwork.isName`).
  public var name: String
  /// The most memory, in bytes; `nil` for no bound.
  public var memoryBytes: Int?
  /// The most processor time, in percent of one processor; `nil` for no bound.
  public var processorPercent: Int?
  /// The most processes and threads; `nil` for no bound.
  public var processes: Int?

  /// A virtual machine has some threads beside its own, an image has none.
  public static let processesPerInstance = 64

  /// What an instance needs besides its heap, in bytes: what the kernel keeps for it, and the emulator.
  public static func overheadBytes(isMachine: Bool) -> Int { (isMachine ? 256 : 16) << 20 }

  /// A group; nothing is bounded unless given.
  public init(name: String, memoryBytes: Int? = nil, processorPercent: Int? = nil, processes: Int? = nil) {
    self.name = name
    self.memoryBytes = memoryBytes
    self.processorPercent = processorPercent
    self.processes = processes
  }
}
