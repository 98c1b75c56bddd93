import Testing

@testable import Virtio

@Suite("Devices over MMIO")
struct DeviceTests {
  static let version1: UInt64 = 1 << 32
  static let offloads: UInt64 = 1 << 0 | 1 << 1 | 1 << 7 | 1 << 11 | 1 << 15

  @Test("a device is set up in the order of the standard, with the features that both have")
  func negotiation() throws {
    let fake = FakeDevice(kind: 1, offered: DeviceTests.version1 | 0b1011)
    let device = try #require(VirtioDevice(fake))
    #expect(device.kind == .network)
    try device.negotiate(required: 0b1, wanted: 0b110)
    device.start()
    #expect(fake.accepted == DeviceTests.version1 | 0b11)
    // Reset, ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK.
    #expect(fake.statuses == [0, 1, 3, 11, 15])
  }

  @Test("registers of something else are no device", arguments: [(2, 9), (1, 1), (2, 0)])
  func foreign(version: UInt32, kind: UInt32) {
    let fake = FakeDevice(kind: kind, offered: 0)
    fake.version = version
    #expect(VirtioDevice(fake) == nil)
  }

  @Test("a device that lacks what is needed, or takes back what it offered, is given up")
  func refusals() throws {
    let old = FakeDevice(kind: 1, offered: 0b1)
    #expect(throws: VirtioFault.lacksFeatures(DeviceTests.version1)) { try VirtioDevice(old)!.negotiate() }
    #expect(old.status == 128)
    let poor = FakeDevice(kind: 1, offered: DeviceTests.version1 | DeviceTests.offloads & ~0b10)
    #expect(throws: VirtioFault.lacksFeatures(0b10)) { try NetworkDevice(VirtioDevice(poor)!) }
    let fickle = FakeDevice(kind: 1, offered: DeviceTests.version1)
    fickle.accepts = false
    #expect(throws: VirtioFault.refusesFeatures) { try VirtioDevice(fickle)!.negotiate() }
    let small = FakeDevice(kind: 3, offered: DeviceTests.version1)
    small.largestQueue = 8
    #expect(throws: VirtioFault.lacksQueue(0)) { try ConsoleDevice(VirtioDevice(small)!, buffers: 16) }
  }

  private func network(buffers: Int = 8, bufferSize: Int = 64) throws -> (NetworkDevice, FakeDevice) {
    let fake = FakeDevice(kind: 1, offered: DeviceTests.version1 | DeviceTests.offloads)
    return (try NetworkDevice(VirtioDevice(fake)!, buffers: buffers, bufferSize: bufferSize), fake)
  }

  private func receive(_ device: NetworkDevice, room: Int = 4096) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: room)
    let count = bytes.withUnsafeMutableBytes { device.receive(into: $0) }
    return count > 0 ? Array(bytes[..<count]) : nil
  }

  @Test("frames come with the header of 10 bytes that the stack knows, also where they take several buffers")
  func frames() throws {
    let (device, fake) = try network()
    let incoming = try #require(fake.queues[0])
    #expect(!device.hasFrame)
    let header: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    #expect(incoming.send(header + [1, 0] + [0xAA, 0xBB]))
    // A frame over three buffers: all of them are there before the first is announced.
    let long = (0..<140).map { UInt8($0) }
    #expect(incoming.send(header + [3, 0] + long[..<52]))
    #expect(incoming.send(Array(long[52..<116])))
    #expect(incoming.send(Array(long[116...])))
    #expect(device.hasFrame)
    #expect(receive(device) == header + [0xAA, 0xBB])
    #expect(receive(device) == header + long)
    #expect(receive(device) == nil)
  }

  @Test("what does not fit, is cut short or says that it has more buffers than came is lost, and the next one is not")
  func damagedFrames() throws {
    let (device, fake) = try network()
    let incoming = try #require(fake.queues[0])
    let header = [UInt8](repeating: 0, count: 10)
    #expect(incoming.send([1, 2, 3]))
    #expect(incoming.send(header + [1, 0] + [UInt8](repeating: 7, count: 40)))
    #expect(incoming.send(header + [1, 0] + [9]))
    #expect(receive(device, room: 20) == header + [9])
    #expect(incoming.send(header + [5, 0] + [1]))
    #expect(receive(device) == nil)
    #expect(incoming.send(header + [1, 0] + [8]))
    #expect(receive(device) == header + [8])
  }

  @Test("buffers go round for ever, and frames leave with the header of 12 bytes")
  func sending() throws {
    let (device, fake) = try network()
    let incoming = try #require(fake.queues[0])
    let outgoing = try #require(fake.queues[1])
    #expect(outgoing.driverWantsNoInterrupt && !incoming.driverWantsNoInterrupt)
    let header: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    for round in 0..<70_000 {
      let body = (0..<(1 + round % 200)).map { UInt8(truncatingIfNeeded: $0 + round) }
      let isSent = (header + body).withUnsafeBytes { device.send($0) }
      #expect(isSent)
      guard outgoing.receive() == header + [0, 0] + body else {
        Issue.record("round \(round)")
        return
      }
      guard incoming.send(header + [1, 0, UInt8(truncatingIfNeeded: round)]),
        receive(device) == header + [UInt8(truncatingIfNeeded: round)]
      else {
        Issue.record("round \(round)")
        return
      }
    }
  }

  @Test("a full queue refuses a frame whole, and takes it once the device has given something back, in any order")
  func full() throws {
    let (device, fake) = try network(buffers: 4, bufferSize: 32)
    let outgoing = try #require(fake.queues[1])
    func send(_ count: Int, _ value: UInt8) -> Bool {
      [UInt8](repeating: value, count: 10 + count).withUnsafeBytes { device.send($0) }
    }
    #expect(send(52, 1))  // two buffers
    #expect(send(20, 2))  // one
    #expect(!send(52, 3))
    #expect(send(20, 4))
    #expect(!send(1, 5))
    let chains = [try #require(outgoing.take()), try #require(outgoing.take()), try #require(outgoing.take())]
    #expect(chains.map(\.count) == [2, 1, 1])
    #expect(chains.joined().allSatisfy { !$0.isWritable })
    outgoing.giveBack(chains[2][0].index, length: 0)
    outgoing.giveBack(chains[1][0].index, length: 0)
    #expect(send(52, 6))
    #expect(outgoing.receive() == [UInt8](repeating: 6, count: 10) + [0, 0] + [UInt8](repeating: 6, count: 52))
    #expect(!send(200, 7))
  }

  @Test("the device is told of what is new once a turn, unless it asked not to be")
  func notifications() throws {
    let (device, fake) = try network()
    #expect(fake.notified == [0])
    for _ in 0..<3 { [UInt8](repeating: 1, count: 20).withUnsafeBytes { _ = device.send($0) } }
    #expect(fake.notified == [0])
    device.flush()
    device.flush()
    #expect(fake.notified == [0, 1])
    fake.queues[1]?.wantsNoNotification = true
    [UInt8](repeating: 1, count: 20).withUnsafeBytes { _ = device.send($0) }
    device.flush()
    #expect(fake.notified == [0, 1])
  }

  @Test("an entry that the device could not have meant breaks the queue, and nothing outside its memory is touched")
  func hostile() throws {
    for entry in [
      (index: 8, length: 4), (index: 0xFFFF_FFFF, length: 4), (index: 0, length: 65), (index: 0, length: 1 << 31),
    ] {
      let (device, fake) = try network()
      fake.queues[0]?.giveBack(entry.index, length: entry.length)
      #expect(receive(device) == nil)
      #expect(!device.hasFrame)
    }
    // The same descriptor twice, while it is the driver's.
    let (device, fake) = try network(buffers: 4, bufferSize: 32)
    let outgoing = try #require(fake.queues[1])
    let frame = [UInt8](repeating: 1, count: 20)
    #expect(frame.withUnsafeBytes { device.send($0) })
    let chain = try #require(outgoing.take())
    outgoing.giveBack(chain[0].index, length: 0)
    outgoing.giveBack(chain[0].index, length: 0)
    for _ in 0..<3 { frame.withUnsafeBytes { _ = device.send($0) } }
    #expect(frame.withUnsafeBytes { !device.send($0) })
  }

  @Test("a console is a stream: what is read may end within a buffer, and what is sent takes what there is room for")
  func console() throws {
    let fake = FakeDevice(kind: 3, offered: DeviceTests.version1)
    let console = try ConsoleDevice(VirtioDevice(fake)!, buffers: 4, bufferSize: 8)
    let (incoming, outgoing) = (try #require(fake.queues[0]), try #require(fake.queues[1]))
    func read(_ count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = bytes.withUnsafeMutableBytes { console.receive(into: $0) }
      return Array(bytes[..<got])
    }
    #expect(!console.hasBytes)
    #expect(incoming.send([1, 2, 3, 4, 5]))
    #expect(incoming.send([6]))
    #expect(read(3) == [1, 2, 3])
    #expect(console.hasBytes)
    #expect(read(10) == [4, 5, 6])
    #expect(read(10) == [])
    let long = (0..<50).map { UInt8($0) }
    let taken = long.withUnsafeBytes { console.send($0) }
    #expect(taken == 32)
    #expect(!console.hasRoom && !console.isSent)
    var got: [UInt8] = []
    while let bytes = outgoing.receive() { got += bytes }
    #expect(got == Array(long[..<32]))
    #expect(console.hasRoom && console.isSent)
  }

  @Test("entropy is what the device gives, and nothing before it does")
  func entropy() throws {
    let fake = FakeDevice(kind: 4, offered: DeviceTests.version1)
    let source = try EntropyDevice(VirtioDevice(fake)!, count: 64)
    #expect(source.bytes() == nil)
    #expect(fake.queues[0]?.send([5, 6, 7]) == true)
    #expect(source.bytes() == [5, 6, 7])
    #expect(source.bytes() == nil)
  }
}
