/// The registers of a virtio device: memory, or what a test puts in its place.
public protocol DeviceRegisters: AnyObject {
  /// The register at an offset in bytes.
  func read(_ offset: Int) -> UInt32
  /// Sets the register at an offset in bytes.
  func write(_ offset: Int, _ value: UInt32)
}

/// Why a device cannot be used.
public enum VirtioFault: Error, Equatable, Sendable {
  /// It does not have what was asked for: the features it lacks.
  case lacksFeatures(UInt64)
  /// It does not accept the features that it offered.
  case refusesFeatures
  /// It has no such queue, or one with fewer descriptors.
  case lacksQueue(Int)
}

/// A device over MMIO, version 2 (virtio 1.2, 4.2), from reset to work (3.1.1).
public final class VirtioDevice {
  /// What a device is (5).
  public enum Kind: UInt32, Sendable {
    case network = 1
    case console = 3
    case entropy = 4
  }

  private enum Register {
    static let magic = 0x000
    static let version = 0x004
    static let kind = 0x008
    static let deviceFeatures = 0x010
    static let deviceFeaturesSelector = 0x014
    static let driverFeatures = 0x020
    static let driverFeaturesSelector = 0x024
    static let queueSelector = 0x030
    static let queueMaximum = 0x034
    static let queueCount = 0x038
    static let queueReady = 0x044
    static let queueNotify = 0x050
    static let interruptAcknowledge = 0x064
    static let status = 0x070
    static let queueDescriptors = 0x080
    static let queueDriver = 0x090
    static let queueDevice = 0x0A0
  }

  private enum Status {
    static let acknowledged: UInt32 = 1
    static let driver: UInt32 = 2
    static let driverWorks: UInt32 = 4
    static let featuresAccepted: UInt32 = 8
    static let failed: UInt32 = 128
  }

  /// Bit 32: the device is of this standard, not of what was before it.
  static let version1: UInt64 = 1 << 32

  /// What it is.
  public let kind: Kind
  /// What was agreed on.
  public private(set) var features: UInt64 = 0
  private let registers: any DeviceRegisters

  /// The device behind registers; `nil` where there is none of version 2 that this library knows.
  public init?(_ registers: any DeviceRegisters) {
    guard registers.read(Register.magic) == 0x7472_6976, registers.read(Register.version) == 2,
      let kind = Kind(rawValue: registers.read(Register.kind))
    else { return nil }
    self.kind = kind
    self.registers = registers
  }

  /// Resets the device and agrees on features: all of `required`, and those of `wanted` that it has.
  public func negotiate(required: UInt64 = 0, wanted: UInt64 = 0) throws(VirtioFault) {
    registers.write(Register.status, 0)
    registers.write(Register.status, Status.acknowledged)
    registers.write(Register.status, Status.acknowledged | Status.driver)
    registers.write(Register.deviceFeaturesSelector, 1)
    var offered = UInt64(registers.read(Register.deviceFeatures)) << 32
    registers.write(Register.deviceFeaturesSelector, 0)
    offered |= UInt64(registers.read(Register.deviceFeatures))
    let needed = required | VirtioDevice.version1
    guard offered & needed == needed else {
      registers.write(Register.status, Status.failed)
      throw .lacksFeatures(needed & ~offered)
    }
    features = needed | wanted & offered
    registers.write(Register.driverFeaturesSelector, 0)
    registers.write(Register.driverFeatures, UInt32(truncatingIfNeeded: features))
    registers.write(Register.driverFeaturesSelector, 1)
    registers.write(Register.driverFeatures, UInt32(truncatingIfNeeded: features >> 32))
    let status = Status.acknowledged | Status.driver | Status.featuresAccepted
    registers.write(Register.status, status)
    guard registers.read(Register.status) & Status.featuresAccepted != 0 else {
      registers.write(Register.status, Status.failed)
      throw .refusesFeatures
    }
  }

  /// Tells the device of a queue.
  public func attach(_ queue: VirtioQueue, at index: Int) throws(VirtioFault) {
    registers.write(Register.queueSelector, UInt32(index))
    guard registers.read(Register.queueReady) == 0, registers.read(Register.queueMaximum) >= UInt32(queue.count) else {
      registers.write(Register.status, Status.failed)
      throw .lacksQueue(index)
    }
    registers.write(Register.queueCount, UInt32(queue.count))
    let addresses = queue.addresses
    write(addresses.descriptors, to: Register.queueDescriptors)
    write(addresses.driver, to: Register.queueDriver)
    write(addresses.device, to: Register.queueDevice)
    registers.write(Register.queueReady, 1)
  }

  private func write(_ address: UInt64, to register: Int) {
    registers.write(register, UInt32(truncatingIfNeeded: address))
    registers.write(register + 4, UInt32(truncatingIfNeeded: address >> 32))
  }

  /// Lets the device work.
  public func start() {
    registers.write(
      Register.status, Status.acknowledged | Status.driver | Status.featuresAccepted | Status.driverWorks)
  }

  /// Tells the device that a queue has something new, where it wants to be told.
  public func notify(_ queue: VirtioQueue, at index: Int) {
    if queue.takeNotification() { registers.write(Register.queueNotify, UInt32(index)) }
  }

  /// Says that its interrupt was heard: the next one comes only after this.
  public func acknowledgeInterrupt() {
    registers.write(Register.interruptAcknowledge, 3)
  }
}
