private import CVirtio

/// A split virtqueue (virtio 1.2, 2.7) of which each descriptor has a buffer of its own, for as long as the queue lives. A
/// queue either receives, then all descriptors are the device's except while their content is read, or it sends, then a
/// message takes as many descriptors as it needs.
///
/// What the device writes is not trusted: an entry that it could not have meant breaks the queue, which then is empty and
/// full at once.
public final class VirtioQueue {
  /// Which way data go.
  public enum Direction: Sendable {
    /// From the device.
    case receiving
    /// To the device.
    case sending
  }

  /// How many descriptors it has: a power of two.
  public let count: Int
  /// The size of each descriptor's buffer in bytes.
  public let bufferSize: Int
  /// Whether the device did what it must not.
  public private(set) var isBroken = false

  private let direction: Direction
  /// Descriptors, then the driver's ring, then, aligned, the device's.
  private let rings: UnsafeMutableRawPointer
  private let buffers: UnsafeMutableRawPointer
  /// The descriptor after each in a message or among the free ones; `end` after the last.
  private var following: [UInt16]
  /// Which descriptors the device has that start a message.
  private var isWithDevice: [Bool]
  private var firstFree: UInt16
  /// How many descriptors are not in use.
  public private(set) var free: Int
  private var nextAvailable: UInt16 = 0
  private var nextUsed: UInt16 = 0
  private var lastNotified: UInt16 = 0

  private static let end = UInt16.max
  private static let hasNext: UInt16 = 1
  private static let deviceWrites: UInt16 = 2

  /// A queue with memory of its own. `count` is a power of two of at most 32768.
  public init(_ direction: Direction, count: Int, bufferSize: Int, wantsInterrupts: Bool = true) {
    self.direction = direction
    self.count = count
    self.bufferSize = bufferSize
    let size = VirtioQueue.usedOffset(count) + 6 + 8 * count
    rings = .allocate(byteCount: size, alignment: 4096)
    rings.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    buffers = .allocate(byteCount: count * bufferSize, alignment: 4096)
    following = (0..<count).map { $0 + 1 < count ? UInt16($0 + 1) : VirtioQueue.end }
    isWithDevice = [Bool](repeating: false, count: count)
    firstFree = 0
    free = count
    if !wantsInterrupts { virtio_store16(rings + availableOffset, 1) }
    guard direction == .receiving else { return }
    firstFree = VirtioQueue.end
    for index in 0..<count { offer(index) }
  }

  deinit {
    rings.deallocate()
    buffers.deallocate()
  }

  private static func usedOffset(_ count: Int) -> Int { (16 * count + 6 + 2 * count + 3) & ~3 }
  private var availableOffset: Int { 16 * count }
  private var usedOffset: Int { VirtioQueue.usedOffset(count) }

  /// Where the device finds the descriptors, the driver's ring and its own.
  public var addresses: (descriptors: UInt64, driver: UInt64, device: UInt64) {
    let base = UInt64(UInt(bitPattern: rings))
    return (base, base + UInt64(availableOffset), base + UInt64(usedOffset))
  }

  private func buffer(_ index: Int) -> UnsafeMutableRawPointer { buffers + index * bufferSize }

  private func describe(_ index: Int, length: Int, flags: UInt16, next: UInt16) {
    let descriptor = rings + 16 * index
    descriptor.storeBytes(of: UInt64(UInt(bitPattern: buffer(index))), as: UInt64.self)
    descriptor.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: 8, as: UInt32.self)
    descriptor.storeBytes(of: flags, toByteOffset: 12, as: UInt16.self)
    descriptor.storeBytes(of: next, toByteOffset: 14, as: UInt16.self)
  }

  /// Puts the message that starts with a descriptor into the driver's ring.
  private func makeAvailable(_ index: Int) {
    isWithDevice[index] = true
    let slot = Int(nextAvailable) & (count - 1)
    (rings + availableOffset + 4 + 2 * slot).storeBytes(of: UInt16(truncatingIfNeeded: index), as: UInt16.self)
    nextAvailable &+= 1
    virtio_store16(rings + availableOffset + 2, nextAvailable)
  }

  /// Whether the device has put something into its ring that was not taken yet.
  public var hasUsed: Bool { !isBroken && virtio_load16(rings + usedOffset + 2) != nextUsed }

  /// The next entry of the device's ring.
  private func takeUsed() -> (index: Int, length: Int)? {
    guard hasUsed else { return nil }
    let entry = rings + usedOffset + 4 + 8 * (Int(nextUsed) & (count - 1))
    let index = Int(virtio_load32(entry))
    let length = Int(virtio_load32(entry + 4))
    nextUsed &+= 1
    guard index < count, isWithDevice[index] else {
      isBroken = true
      return nil
    }
    isWithDevice[index] = false
    return (index, length)
  }

  /// Whether the device is to be told that there is something new; the caller tells it.
  public func takeNotification() -> Bool {
    guard nextAvailable != lastNotified else { return false }
    lastNotified = nextAvailable
    // The ring's index before the device's wish: else both could miss the other's change.
    virtio_fence()
    return virtio_load16(rings + usedOffset) & 1 == 0
  }

  /// How many messages the device has not been told of.
  public var unnotified: Int { Int(nextAvailable &- lastNotified) }

  // MARK: Receiving

  /// The next buffer that the device has filled. It is the caller's until `offer`.
  public func receive() -> (index: Int, bytes: UnsafeRawBufferPointer)? {
    guard let (index, length) = takeUsed() else { return nil }
    guard length <= bufferSize else {
      isBroken = true
      return nil
    }
    return (index, UnsafeRawBufferPointer(start: buffer(index), count: length))
  }

  /// Gives a buffer back to the device.
  public func offer(_ index: Int) {
    describe(index, length: bufferSize, flags: VirtioQueue.deviceWrites, next: 0)
    makeAvailable(index)
  }

  // MARK: Sending

  /// Takes back what the device is done with.
  public func collect() {
    while let (index, _) = takeUsed() {
      var last = index
      free += 1
      while following[last] != VirtioQueue.end {
        last = Int(following[last])
        free += 1
      }
      following[last] = firstFree
      firstFree = UInt16(truncatingIfNeeded: index)
    }
  }

  /// Hands a message of `head`, some zero bytes and `body` to the device, or `false` where there is no room for all of it.
  /// The head and zeros fit into one buffer.
  public func send(
    head: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), zeros: Int = 0,
    body: UnsafeRawBufferPointer
  ) -> Bool {
    let total = head.count + zeros + body.count
    let needed = (total + bufferSize - 1) / bufferSize
    if free < needed { collect() }
    guard needed > 0, free >= needed, !isBroken else { return false }
    let start = Int(firstFree)
    var index = start
    var sent = 0
    for step in 0..<needed {
      let target = buffer(index)
      var filled = 0
      if step == 0 {
        if let base = head.baseAddress { target.copyMemory(from: base, byteCount: head.count) }
        for position in 0..<zeros { target.storeBytes(of: 0, toByteOffset: head.count + position, as: UInt8.self) }
        filled = head.count + zeros
      }
      let length = min(body.count - sent, bufferSize - filled)
      if let base = body.baseAddress { (target + filled).copyMemory(from: base + sent, byteCount: length) }
      sent += length
      let next = following[index]
      if step + 1 < needed {
        describe(index, length: filled + length, flags: VirtioQueue.hasNext, next: next)
        index = Int(next)
      } else {
        describe(index, length: filled + length, flags: 0, next: 0)
        firstFree = next
        following[index] = VirtioQueue.end
      }
    }
    free -= needed
    makeAvailable(start)
    return true
  }
}
