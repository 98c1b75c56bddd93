/// A source of entropy (virtio 1.2, 5.4). It is asked for some bytes once, and gives them when it can.
public final class EntropyDevice {
  private let queue: VirtioQueue

  /// Starts the device and asks for up to `count` bytes.
  public init(_ device: VirtioDevice, count: Int = 64) throws(VirtioFault) {
    queue = VirtioQueue(.receiving, count: 1, bufferSize: count, wantsInterrupts: false)
    try device.negotiate()
    try device.attach(queue, at: 0)
    device.start()
    device.notify(queue, at: 0)
  }

  /// The bytes, once they have come.
  public func bytes() -> [UInt8]? {
    guard let (_, bytes) = queue.receive(), !bytes.isEmpty else { return nil }
    return Array(bytes)
  }
}
