import Interchange
import LibraryOS
import LibraryOSTesting
import Network
import Testing

@testable import DHCP

/// An image's network with the module, and a link that a test plays.
private final class Link {
  let clock = ManualClock()
  let events = EventRecorder()
  let stack: NetworkStack
  let module: DHCP
  private let outbox = Outbox()

  private final class Outbox {
    var frames: [[UInt8]] = []
  }

  init() throws {
    let outbox = outbox
    stack = NetworkStack(clock: clock, random: RepeatableRandom(seed: 2)) { outbox.frames.append(Array($0)) }
    module = DHCP(stack: stack, clock: clock, random: RepeatableRandom(seed: 9), events: events)
    try stack.prepare([
      Parameter(module: "network", name: "address", value: .text("10.0.0.9/24")),
      Parameter(module: "network", name: "mac", value: .bytes([2, 0, 0, 0, 0, 2])),
    ])
    stack.commit()
    try module.prepare([])
    module.commit()
    stack.flush(at: clock.now)
  }

  /// What was sent since the last time.
  func take() -> [[UInt8]] {
    stack.flush(at: clock.now)
    defer { outbox.frames = [] }
    return outbox.frames
  }

  func pass() {
    guard let deadline = module.deadline else { return }
    clock.now = max(clock.now, deadline)
    module.expire(at: clock.now)
  }

  func receive(_ frame: [UInt8]) { frame.withUnsafeBytes { stack.receive($0, at: clock.now) } }

  /// A datagram from the server, to all or to one address.
  func receive(
    _ message: ServerMessage, to destination: [UInt8] = [255, 255, 255, 255], isBroadcast: Bool = true,
    ports: [UInt8] = [0, 67, 0, 68]
  ) {
    let payload = message.bytes
    let length = payload.count + 8
    var header: [UInt8] = [0x45, 0, UInt8((length + 20) >> 8), UInt8((length + 20) & 255), 0, 0, 0x40, 0, 64, 17, 0, 0]
    header += [10, 0, 0, 1] + destination
    var sum = 0
    for index in stride(from: 0, to: 20, by: 2) { sum += Int(header[index]) << 8 | Int(header[index + 1]) }
    while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
    header[10] = UInt8(~sum >> 8 & 255)
    header[11] = UInt8(~sum & 255)
    let udp = ports + [UInt8(length >> 8), UInt8(length & 255), 0, 0]
    let hardware: [UInt8] = isBroadcast ? [255, 255, 255, 255, 255, 255] : [2, 0, 0, 0, 0, 2]
    receive(hardware + [2, 0, 0, 0, 0, 1, 8, 0] + header + udp + payload)
  }

  func arp(_ operation: UInt8, sender: [UInt8], target: [UInt8]) {
    receive(
      [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 7, 8, 6, 0, 1, 8, 0, 6, 4, 0, operation, 2, 0, 0, 0, 0, 7] + sender
        + [0, 0, 0, 0, 0, 0] + target)
  }
}

extension [UInt8] {
  /// The transaction of a message that was broadcast.
  fileprivate var transaction: UInt32 { (46..<50).reduce(0) { $0 << 8 | UInt32(self[$1]) } }
}

@Suite("An address from a server")
struct DHCPTests {
  @Test("until a server lends it, the address is not used; then it is announced")
  func lent() throws {
    let link = try Link()
    let request = try #require(link.take().first)
    // From no address to all, with a valid checksum of UDP's.
    #expect(request[..<6] == [255, 255, 255, 255, 255, 255] && request[26..<34] == [0, 0, 0, 0, 255, 255, 255, 255])
    #expect(request[34..<38] == [0, 68, 0, 67] && request.count == 14 + 28 + 300)
    #expect(link.stack.assigned == nil)
    // Nobody is told that it has it.
    link.arp(1, sender: [10, 0, 0, 1], target: [10, 0, 0, 9])
    #expect(link.take().isEmpty)
    link.receive(ServerMessage(type: .acknowledge, transaction: request.transaction))
    let probe = try #require(link.take().first)
    #expect(probe[12..<14] == [8, 6] && probe[28..<32] == [0, 0, 0, 0] && probe[38..<42] == [10, 0, 0, 9])
    for _ in 0..<3 { link.pass() }
    let announcement = try #require(link.take().last)
    #expect(announcement[28..<32] == [10, 0, 0, 9] && announcement[38..<42] == [10, 0, 0, 9])
    #expect(link.stack.assigned == IPv4Network(IPv4Address(10, 0, 0, 9), prefixLength: 24))
    #expect(link.stack.gateway == IPv4Address(10, 0, 0, 1))
    link.arp(1, sender: [10, 0, 0, 1], target: [10, 0, 0, 9])
    #expect(link.take().count == 1)
    #expect(link.events.events.isEmpty)
  }

  @Test("an address that somebody has is declined and reported", arguments: [true, false])
  func conflict(_ isProbe: Bool) throws {
    let link = try Link()
    link.receive(ServerMessage(type: .acknowledge, transaction: try #require(link.take().first).transaction))
    _ = link.take()
    // A neighbor that looks for it does not have it.
    link.arp(1, sender: [10, 0, 0, 1], target: [10, 0, 0, 9])
    #expect(link.take().isEmpty)
    if isProbe {
      link.arp(1, sender: [0, 0, 0, 0], target: [10, 0, 0, 9])
    } else {
      link.arp(2, sender: [10, 0, 0, 9], target: [0, 0, 0, 0])
    }
    let decline = try #require(link.take().first)
    #expect(decline[42 + 240..<42 + 243] == [53, 1, 4])
    #expect(link.events.events.map(\.action) == ["address-conflict"] && link.stack.assigned == nil)
  }

  @Test("where no server is, the address of the settings is used in the end")
  func alone() throws {
    let link = try Link()
    link.pass()
    #expect(link.stack.assigned == nil)
    link.pass()
    #expect(link.stack.assigned == IPv4Network(IPv4Address(10, 0, 0, 9), prefixLength: 24))
  }

  @Test("another address is reported, and connections of the one before are gone")
  func changed() throws {
    let link = try Link()
    for _ in 0..<2 { link.pass() }
    let recorder = Recorder()
    #expect(link.stack.connect(to: Endpoint(IPv4Address(10, 0, 0, 3), port: 80), handler: recorder) != nil)
    let request = try #require(link.take().last { $0.count > 300 })
    link.receive(
      ServerMessage(type: .refuse, transaction: request.transaction), to: [10, 0, 0, 9], isBroadcast: false)
    #expect(recorder.reason == .timedOut && link.stack.assigned == nil)
    link.pass()
    let discover = try #require(link.take().last)
    var offer = ServerMessage(transaction: discover.transaction, given: 0x0A00_0032)
    link.receive(offer)
    offer.type = .acknowledge
    link.receive(offer)
    for _ in 0..<3 { link.pass() }
    #expect(link.stack.assigned?.address == IPv4Address(10, 0, 0, 50))
    #expect(link.events.events.map(\.action) == ["address-lost", "address-changed"])
  }

  @Test("what comes from or for another port is none of its messages")
  func ports() throws {
    let link = try Link()
    let request = try #require(link.take().first)
    let message = ServerMessage(type: .acknowledge, transaction: request.transaction)
    for ports in [[0, 67, 0, 69], [0, 53, 0, 68]] as [[UInt8]] {
      link.receive(message, ports: ports)
      link.receive(message, to: [10, 0, 0, 9], isBroadcast: false, ports: ports)
    }
    #expect(link.take().isEmpty)
    #expect(throws: ParameterFault.self) {
      try link.module.prepare([Parameter(module: "dhcp", name: "server", value: .text("10.0.0.1"))])
    }
  }
}

private final class Recorder: StreamHandler {
  var reason: CloseReason?

  func streamOpened(_ stream: any ByteStream) {}
  func streamReadable(_ stream: any ByteStream) {}
  func streamWritable(_ stream: any ByteStream) {}
  func streamEnded(_ stream: any ByteStream) {}
  func streamClosed(_ stream: any ByteStream, reason: CloseReason) { self.reason = reason }
}
