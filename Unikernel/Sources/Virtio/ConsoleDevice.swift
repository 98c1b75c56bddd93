/// A console device with one port (virtio 1.2, 5.3): a stream of bytes each way.
public final class ConsoleDevice {
  private let device: VirtioDevice
  private let incoming: VirtioQueue
  private let outgoing: VirtioQueue
  /// The buffer that is being read, and how many of its bytes were.
  private var current: (index: Int, bytes: UnsafeRawBufferPointer)?
  private var taken = 0

  /// Starts the device. `buffers` of `bufferSize` bytes each way, a power of two.
  public init(_ device: VirtioDevice, buffers: Int = 16, bufferSize: Int = 4096) throws(VirtioFault) {
    self.device = device
    incoming = VirtioQueue(.receiving, count: buffers, bufferSize: bufferSize)
    outgoing = VirtioQueue(.sending, count: buffers, bufferSize: bufferSize)
    try device.negotiate()
    try device.attach(incoming, at: 0)
    try device.attach(outgoing, at: 1)
    device.start()
    device.notify(incoming, at: 0)
  }

  /// Whether bytes have come.
  public var hasBytes: Bool { current != nil || incoming.hasUsed }

  /// Whether some bytes can be sent.
  public var hasRoom: Bool {
    outgoing.collect()
    return outgoing.free > 0
  }

  /// Whether the device has everything that was sent.
  public var isSent: Bool {
    outgoing.collect()
    return outgoing.free == outgoing.count || outgoing.isBroken
  }

  /// Copies what has come into `room` as far as it fits, and returns how many bytes that are.
  public func receive(into room: UnsafeMutableRawBufferPointer) -> Int {
    var count = 0
    while count < room.count {
      if current == nil {
        current = incoming.receive()
        taken = 0
      }
      guard let (index, bytes) = current, let base = room.baseAddress else { break }
      let length = min(bytes.count - taken, room.count - count)
      if let from = bytes.baseAddress { (base + count).copyMemory(from: from + taken, byteCount: length) }
      count += length
      taken += length
      if taken == bytes.count {
        incoming.offer(index)
        current = nil
      }
    }
    device.notify(incoming, at: 0)
    return count
  }

  /// Hands bytes to the device, and returns how many it took.
  public func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    while count < bytes.count {
      let length = min(bytes.count - count, outgoing.bufferSize)
      guard outgoing.send(body: UnsafeRawBufferPointer(rebasing: bytes[count..<(count + length)])) else { break }
      count += length
    }
    device.notify(outgoing, at: 1)
    return count
  }
}
