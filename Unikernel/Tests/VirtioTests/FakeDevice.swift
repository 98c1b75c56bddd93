import CVirtio

@testable import Virtio

/// The other side of a device's registers and queues, as the standard has it (virtio 1.2, 2.7 and 4.2.2). Registers that
/// must not be touched in a state are not checked beyond what tests ask.
final class FakeDevice: DeviceRegisters {
  var kind: UInt32
  var version: UInt32 = 2
  var offered: UInt64
  var accepts = true
  var largestQueue: UInt32 = 1024
  private(set) var status: UInt32 = 0
  /// Every status that was written.
  private(set) var statuses: [UInt32] = []
  private(set) var accepted: UInt64 = 0
  private(set) var notified: [UInt32] = []
  private(set) var acknowledged: [UInt32] = []
  private(set) var queues: [Int: FakeQueue] = [:]
  private var selectors: (device: UInt32, driver: UInt32, queue: Int) = (0, 0, 0)
  private var setup: [Int: UInt32] = [:]

  init(kind: UInt32, offered: UInt64) {
    self.kind = kind
    self.offered = offered
  }

  func read(_ offset: Int) -> UInt32 {
    switch offset {
    case 0x000: 0x7472_6976
    case 0x004: version
    case 0x008: kind
    case 0x010: UInt32(truncatingIfNeeded: selectors.device == 0 ? offered : offered >> 32)
    case 0x034: largestQueue
    case 0x044: queues[selectors.queue] == nil ? 0 : 1
    case 0x070: accepts ? status : status & ~8
    default: 0
    }
  }

  func write(_ offset: Int, _ value: UInt32) {
    switch offset {
    case 0x014: selectors.device = value
    case 0x024: selectors.driver = value
    case 0x020: accepted |= UInt64(value) << (selectors.driver == 0 ? 0 : 32)
    case 0x030:
      selectors.queue = Int(value)
      setup = [:]
    case 0x044:
      func address(_ register: Int) -> UnsafeMutableRawPointer {
        let value = UInt(setup[register] ?? 0) | UInt(setup[register + 4] ?? 0) << 32
        return UnsafeMutableRawPointer(bitPattern: value)!
      }
      queues[selectors.queue] = FakeQueue(
        count: Int(setup[0x038] ?? 0), descriptors: address(0x080), available: address(0x090), used: address(0x0A0))
    case 0x050: notified.append(value)
    case 0x064: acknowledged.append(value)
    case 0x070:
      status = value
      statuses.append(value)
    default: setup[offset] = value
    }
  }
}

/// The device's side of a queue.
final class FakeQueue {
  let count: Int
  private let descriptors: UnsafeMutableRawPointer
  private let available: UnsafeMutableRawPointer
  private let used: UnsafeMutableRawPointer
  private var nextAvailable: UInt16 = 0
  private var nextUsed: UInt16 = 0

  init(
    count: Int, descriptors: UnsafeMutableRawPointer, available: UnsafeMutableRawPointer, used: UnsafeMutableRawPointer
  ) {
    self.count = count
    self.descriptors = descriptors
    self.available = available
    self.used = used
  }

  struct Descriptor: Equatable {
    var index: Int
    var length: Int
    var isWritable: Bool
    var buffer: UnsafeMutableRawPointer
  }

  /// The next message that the driver made available, descriptor by descriptor.
  func take() -> [Descriptor]? {
    guard virtio_load16(available + 2) != nextAvailable else { return nil }
    var index = Int(virtio_load16(available + 4 + 2 * (Int(nextAvailable) % count)))
    nextAvailable &+= 1
    var chain: [Descriptor] = []
    while true {
      let at = descriptors + 16 * index
      let flags = at.load(fromByteOffset: 12, as: UInt16.self)
      chain.append(
        Descriptor(
          index: index, length: Int(at.load(fromByteOffset: 8, as: UInt32.self)), isWritable: flags & 2 != 0,
          buffer: UnsafeMutableRawPointer(bitPattern: UInt(at.load(as: UInt64.self)))!))
      guard flags & 1 != 0 else { return chain }
      index = Int(at.load(fromByteOffset: 14, as: UInt16.self))
    }
  }

  /// The bytes of the next message to the device, which is given back.
  func receive() -> [UInt8]? {
    guard let chain = take() else { return nil }
    giveBack(chain[0].index, length: 0)
    return chain.flatMap { Array(UnsafeRawBufferPointer(start: $0.buffer, count: $0.length)) }
  }

  /// Fills the next buffer.
  func send(_ bytes: [UInt8]) -> Bool {
    guard let chain = take(), bytes.count <= chain[0].length else { return false }
    chain[0].buffer.copyMemory(from: bytes, byteCount: bytes.count)
    giveBack(chain[0].index, length: bytes.count)
    return true
  }

  /// Puts an entry into the device's ring, whatever it says.
  func giveBack(_ index: Int, length: Int) {
    let entry = used + 4 + 8 * (Int(nextUsed) % count)
    entry.storeBytes(of: UInt32(index), as: UInt32.self)
    entry.storeBytes(of: UInt32(length), toByteOffset: 4, as: UInt32.self)
    nextUsed &+= 1
    virtio_store16(used + 2, nextUsed)
  }

  var wantsNoNotification: Bool {
    get { virtio_load16(used) == 1 }
    set { virtio_store16(used, newValue ? 1 : 0) }
  }

  var driverWantsNoInterrupt: Bool { virtio_load16(available) == 1 }
}
