import Interchange
import LibraryOS
import LibraryOSTesting
import Testing
import UserDatagrams

/// Keeps what is sent, and gives one address of each version.
private final class Carrier: DatagramCarrier {
  var sent: [(bytes: [UInt8], source: IPAddress, destination: IPAddress)] = []
  var refuses = false

  func carry(_ protocolNumber: UInt8, to receiver: any DatagramReceiver) {}

  func source(for destination: IPAddress) -> IPAddress? {
    destination.isIPv4 ? IPAddress("10.0.0.2") : IPAddress("fd00::2")
  }

  func send(
    _ protocolNumber: UInt8, _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress,
    at now: Instant
  ) -> Bool {
    if refuses { return false }
    sent.append((Array(bytes), source, destination))
    return true
  }
}

private final class Recorder: DatagramHandler {
  var arrivals = 0
  var refusals: [Endpoint] = []

  func datagramsArrived(_ socket: DatagramSocket, at now: Instant) { arrivals += 1 }

  func datagramRefused(_ socket: DatagramSocket, by remote: Endpoint, at now: Instant) { refusals.append(remote) }
}

@Suite("UDP")
struct UserDatagramsTests {
  private let carrier = Carrier()
  private let recorder = Recorder()
  private let now = Instant(nanoseconds: 1)
  private let datagrams: UserDatagrams

  init() {
    datagrams = UserDatagrams(carrier: carrier, random: RepeatableRandom())
  }

  private func receive(
    _ bytes: [UInt8], from source: String = "10.0.0.1", to destination: String = "10.0.0.2", trusted: Bool = false
  ) throws -> DatagramVerdict {
    let source = try #require(IPAddress(ByteString(source)))
    let destination = try #require(IPAddress(ByteString(destination)))
    return bytes.withUnsafeBytes {
      datagrams.receive($0, from: source, to: destination, isChecksumTrusted: trusted, at: now)
    }
  }

  /// The bytes of a datagram, as this image itself would send it.
  private func composed(_ payload: [UInt8], to remote: String, fromPort port: UInt16) throws -> [UInt8] {
    let socket = try #require(datagrams.open(port: port, handler: recorder))
    defer { datagrams.close(socket) }
    #expect(datagrams.send(payload, from: socket, to: try #require(Endpoint(ByteString(remote))), at: now))
    return try #require(carrier.sent.last).bytes
  }

  @Test("a datagram has the form and checksum of RFC 768")
  func form() throws {
    let bytes = try composed([1, 2, 3], to: "10.0.0.1:53", fromPort: 5000)
    // Worked out by hand: pseudo-header 0a00 0002 0a00 0001 0011 000b, header 1388 0035 000b, data 0102 0300.
    #expect(bytes == [0x13, 0x88, 0, 53, 0, 11, 0xD4, 0x16, 1, 2, 3])
  }

  @Test("what one end sends the other takes, over both versions, of any length", arguments: [0, 1, 2, 511, 1472, 9000])
  func exchange(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for (us, them) in [("10.0.0.2", "10.0.0.1"), ("fd00::2", "fd00::1")] {
      let remote = us.contains(":") ? "[\(them)]:7000" : "\(them):7000"
      let bytes = try composed(payload, to: remote, fromPort: 6000)
      let socket = try #require(datagrams.open(port: 7000, handler: recorder))
      #expect(try receive(bytes, from: us, to: them) == .taken)
      let received = try #require(socket.receive())
      #expect(received.bytes == payload)
      #expect(received.remote.port == 6000)
      #expect(socket.receive() == nil)
      datagrams.close(socket)
    }
  }

  @Test("wrong lengths and checksums are refused; none at all is a choice of IPv4 only")
  func malformed() throws {
    let socket = try #require(datagrams.open(port: 53, handler: recorder))
    let good = try composed([1, 2, 3, 4], to: "10.0.0.1:53", fromPort: 5000)
    for index in good.indices {
      for bit in 0..<8 {
        var bad = good
        bad[index] ^= 1 << UInt8(bit)
        // Flipping the destination port's bits breaks the checksum as well.
        #expect(try receive(bad, from: "10.0.0.2", to: "10.0.0.1") == .malformed)
      }
    }
    for length in 0..<good.count { #expect(try receive(Array(good[..<length]), trusted: true) == .malformed) }
    var without = good
    without[6] = 0
    without[7] = 0
    #expect(try receive(without) == .taken)
    #expect(try receive(without, from: "fd00::1", to: "fd00::2", trusted: true) == .malformed)
    #expect(socket.waitingCount == 1)
    // What stands behind the length is not part of it.
    #expect(try receive(good + [9, 9], from: "10.0.0.2", to: "10.0.0.1") == .taken)
    _ = socket.receive()
    #expect(socket.receive()?.bytes == [1, 2, 3, 4])
  }

  @Test("a port without a socket wants nothing; a socket for one end takes nothing from others, silently")
  func demultiplexing() throws {
    let bytes = try composed([1], to: "10.0.0.1:53", fromPort: 5000)
    #expect(try receive(bytes, from: "10.0.0.2", to: "10.0.0.1") == .unwanted)
    let only = try #require(
      datagrams.open(port: 53, remote: Endpoint("10.0.0.2:5000"), handler: recorder))
    #expect(try receive(bytes, from: "10.0.0.2", to: "10.0.0.1") == .taken)
    #expect(only.waitingCount == 1)
    var forged = bytes
    forged[6] = 0
    forged[7] = 0
    #expect(try receive(forged, from: "10.0.0.9", to: "10.0.0.1") == .taken)
    #expect(only.waitingCount == 1)
    #expect(datagrams.open(port: 53, handler: recorder) == nil)
  }

  @Test("no more waits at a socket than its bounds, and no more sockets are open than theirs")
  func bounds() throws {
    let socket = try #require(datagrams.open(port: 53, handler: recorder))
    for _ in 0..<100 { #expect(try receive([19, 136, 0, 53, 0, 9, 0, 0, 1]) == .taken) }
    #expect(socket.waitingCount == DatagramSocket.maximumWaiting)
    #expect(datagrams.overflowed == 100 - UInt64(DatagramSocket.maximumWaiting))
    let big = [19, 136, 0, 54, 0xEA, 0x60, 0, 0] + [UInt8](repeating: 1, count: 59_992)
    let other = try #require(datagrams.open(port: 54, handler: recorder))
    for _ in 0..<5 { _ = try receive(big) }
    #expect(other.waitingCount == 2)
    var open = 2
    while datagrams.open(port: UInt16(1000 + open), handler: recorder) != nil { open += 1 }
    #expect(open == UserDatagrams.maximumSockets)
  }

  @Test("a refusal reaches the socket it is about; what is too long or has no way is not sent")
  func refusals() throws {
    let socket = try #require(datagrams.open(port: 53, remote: Endpoint("10.0.0.1:7"), handler: recorder))
    let local = try #require(Endpoint("10.0.0.2:53"))
    datagrams.datagramRefused(from: local, to: try #require(Endpoint("10.0.0.1:8")), at: now)
    #expect(recorder.refusals.isEmpty)
    datagrams.datagramRefused(from: local, to: try #require(Endpoint("10.0.0.1:7")), at: now)
    #expect(recorder.refusals.count == 1)
    let long = [UInt8](repeating: 0, count: UserDatagrams.maximumPayload + 1)
    #expect(!datagrams.send(long, from: socket, to: try #require(Endpoint("10.0.0.1:7")), at: now))
    carrier.refuses = true
    #expect(!datagrams.send([1], from: socket, to: try #require(Endpoint("10.0.0.1:7")), at: now))
  }
}
