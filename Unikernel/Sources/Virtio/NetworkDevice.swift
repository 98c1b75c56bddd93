/// A network device (virtio 1.2, 5.1) that carries what a TAP with `IFF_VNET_HDR` carries: frames with a header of 10 bytes
/// before each, checksums that may be partial, TCP segments of up to 64 KiB. On the device's side that header has 12 bytes;
/// the two more say how many buffers a received frame takes.
public final class NetworkDevice {
  private static let checksum: UInt64 = 1 << 0
  private static let guestChecksum: UInt64 = 1 << 1
  private static let guestSegments: UInt64 = 1 << 7
  private static let hostSegments: UInt64 = 1 << 11
  private static let mergedBuffers: UInt64 = 1 << 15
  /// Segments over IPv6, each way.
  private static let segmentsOverIPv6: UInt64 = 1 << 8 | 1 << 12
  private static let offloads = checksum | guestChecksum | guestSegments | hostSegments

  /// The header of a frame as the network stack has it.
  public static let headerLength = 10
  private static let deviceHeaderLength = 12
  /// So many messages may wait before the device is told of them within a turn.
  private static let batch = 16

  private let device: VirtioDevice
  private let incoming: VirtioQueue
  private let outgoing: VirtioQueue

  /// Starts the device. `buffers` of `bufferSize` bytes each way, a power of two.
  public init(_ device: VirtioDevice, buffers: Int = 128, bufferSize: Int = 4096) throws(VirtioFault) {
    self.device = device
    incoming = VirtioQueue(.receiving, count: buffers, bufferSize: bufferSize)
    outgoing = VirtioQueue(.sending, count: buffers, bufferSize: bufferSize, wantsInterrupts: false)
    // The stack leaves checksums and segments to the device, so one without them cannot be used.
    try device.negotiate(
      required: NetworkDevice.offloads | NetworkDevice.mergedBuffers, wanted: NetworkDevice.segmentsOverIPv6)
    try device.attach(incoming, at: 0)
    try device.attach(outgoing, at: 1)
    device.start()
    device.notify(incoming, at: 0)
  }

  /// Whether a frame has come.
  public var hasFrame: Bool { incoming.hasUsed }

  /// Copies the next frame with its header of 10 bytes into `room`, and returns how many bytes it has; 0 if there is none.
  /// A frame that does not fit is lost.
  public func receive(into room: UnsafeMutableRawBufferPointer) -> Int {
    while let (index, first) = incoming.receive() {
      var length = 0
      var isWhole = true
      func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let base = room.baseAddress, let from = bytes.baseAddress, length + bytes.count <= room.count else {
          isWhole = false
          return
        }
        (base + length).copyMemory(from: from, byteCount: bytes.count)
        length += bytes.count
      }
      guard first.count >= NetworkDevice.deviceHeaderLength else {
        incoming.offer(index)
        continue
      }
      let count = Int(first[10]) | Int(first[11]) << 8
      copy(UnsafeRawBufferPointer(rebasing: first[..<NetworkDevice.headerLength]))
      copy(UnsafeRawBufferPointer(rebasing: first[NetworkDevice.deviceHeaderLength...]))
      incoming.offer(index)
      // All buffers of a frame are there as soon as the first one is (5.1.6.4).
      for _ in stride(from: 1, to: count, by: 1) {
        guard let (index, bytes) = incoming.receive() else {
          isWhole = false
          break
        }
        copy(bytes)
        incoming.offer(index)
      }
      if incoming.unnotified >= NetworkDevice.batch { device.notify(incoming, at: 0) }
      if isWhole { return length }
    }
    return 0
  }

  /// Hands a frame with its header of 10 bytes to the device; `false` where it has no room for it now.
  public func send(_ frame: UnsafeRawBufferPointer) -> Bool {
    guard frame.count > NetworkDevice.headerLength else { return true }
    let isTaken = outgoing.send(
      head: UnsafeRawBufferPointer(rebasing: frame[..<NetworkDevice.headerLength]),
      zeros: NetworkDevice.deviceHeaderLength - NetworkDevice.headerLength,
      body: UnsafeRawBufferPointer(rebasing: frame[NetworkDevice.headerLength...]))
    if !isTaken || outgoing.unnotified >= NetworkDevice.batch { device.notify(outgoing, at: 1) }
    return isTaken
  }

  /// Tells the device of what it was not told of yet.
  public func flush() {
    device.notify(outgoing, at: 1)
    device.notify(incoming, at: 0)
  }
}
