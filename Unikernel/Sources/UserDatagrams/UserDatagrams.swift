import LibraryOS

// UDP (RFC 768; RFC 8200, 8.1 for its checksum over IPv6; RFC 1122, 4.1; RFC 8085, 5.1 for ports). Linked only into
// images of which some module asks for it.

/// Takes what arrives at a port.
public protocol DatagramHandler: AnyObject {
  /// Datagrams wait at the socket.
  func datagramsArrived(_ socket: DatagramSocket, at now: Instant)
  /// Somebody says that nobody takes what was sent to `remote`. It may be forged: only what is waited for from there should
  /// be given up.
  func datagramRefused(_ socket: DatagramSocket, by remote: Endpoint, at now: Instant)
}

/// A datagram as it arrived.
public struct ReceivedDatagram: Sendable {
  /// Who sent it.
  public var remote: Endpoint
  /// Which address of this image it was sent to.
  public var local: IPAddress
  /// What it carries.
  public var bytes: [UInt8]
}

/// A port of this image, and the datagrams that wait there.
public final class DatagramSocket {
  /// Datagrams that wait at one socket; what comes after is dropped.
  public static let maximumWaiting = 32
  /// Bytes that wait at one socket.
  public static let maximumWaitingBytes = 128 << 10

  /// The port.
  public let port: UInt16
  /// Where all datagrams come from that are taken; `nil`: from anywhere.
  public let remote: Endpoint?
  fileprivate unowned(unsafe) let handler: any DatagramHandler
  private var waiting: [ReceivedDatagram] = []
  private var waitingBytes = 0

  fileprivate init(port: UInt16, remote: Endpoint?, handler: any DatagramHandler) {
    self.port = port
    self.remote = remote
    self.handler = handler
  }

  /// How many datagrams wait.
  public var waitingCount: Int { waiting.count }

  /// Takes the datagram that waits longest.
  public func receive() -> ReceivedDatagram? {
    guard !waiting.isEmpty else { return nil }
    let first = waiting.removeFirst()
    waitingBytes -= first.bytes.count
    return first
  }

  /// `false` at the bound.
  fileprivate func append(_ bytes: UnsafeRawBufferPointer, from remote: Endpoint, to local: IPAddress) -> Bool {
    guard waiting.count < DatagramSocket.maximumWaiting,
      waitingBytes + bytes.count <= DatagramSocket.maximumWaitingBytes
    else { return false }
    waiting.append(ReceivedDatagram(remote: remote, local: local, bytes: Array(bytes)))
    waitingBytes += bytes.count
    return true
  }
}

/// All ports of this image.
public final class UserDatagrams: DatagramReceiver {
  /// The protocol's number.
  public static let protocolNumber: UInt8 = 17
  /// The length of the header.
  public static let headerLength = 8
  /// The longest payload: what a datagram of IPv4 has room for.
  public static let maximumPayload = 65535 - 20 - headerLength
  /// Sockets that are open at once.
  public static let maximumSockets = 256

  private let carrier: any DatagramCarrier
  private let random: any RandomSource
  private var sockets: [DatagramSocket] = []
  /// Datagrams that found no room at their socket.
  public private(set) var overflowed: UInt64 = 0

  /// UDP over what carries its datagrams. `random`: for ports.
  public init(carrier: any DatagramCarrier, random: any RandomSource) {
    self.carrier = carrier
    self.random = random
    carrier.carry(UserDatagrams.protocolNumber, to: self)
  }

  // MARK: Sockets

  /// Opens a socket at `port`, or at a random one (RFC 6056, 3.3.1). One that is for `remote` only takes nothing from
  /// anywhere else. `nil` where the port is taken, or too many sockets are open. The handler outlives the socket.
  public func open(port: UInt16? = nil, remote: Endpoint? = nil, handler: any DatagramHandler) -> DatagramSocket? {
    guard sockets.count < UserDatagrams.maximumSockets else { return nil }
    let chosen: UInt16
    if let port {
      guard port != 0, !isTaken(port) else { return nil }
      chosen = port
    } else {
      // Of the dynamic ports, of which most are free: some draws are enough.
      var drawn: UInt16?
      for _ in 0..<64 where drawn == nil {
        let bytes = random.bytes(2)
        let candidate = (UInt16(bytes[0]) << 8 | UInt16(bytes[1])) | 0xC000
        if !isTaken(candidate) { drawn = candidate }
      }
      guard let drawn else { return nil }
      chosen = drawn
    }
    let socket = DatagramSocket(port: chosen, remote: remote, handler: handler)
    sockets.append(socket)
    return socket
  }

  /// Closes a socket; what waits there is forgotten.
  public func close(_ socket: DatagramSocket) {
    sockets.removeAll { $0 === socket }
  }

  private func isTaken(_ port: UInt16) -> Bool {
    for socket in sockets where socket.port == port { return true }
    return false
  }

  // MARK: Output

  /// Sends a datagram; one that is longer than the link carries leaves in parts. `false` if it is too long, a filter
  /// refused it, or there is no way.
  public func send(_ bytes: [UInt8], from socket: DatagramSocket, to remote: Endpoint, at now: Instant) -> Bool {
    guard bytes.count <= UserDatagrams.maximumPayload, remote.port != 0,
      let source = carrier.source(for: remote.address)
    else { return false }
    let length = UserDatagrams.headerLength + bytes.count
    var datagram: [UInt8] = []
    datagram.reserveCapacity(length)
    for number in [socket.port, remote.port, UInt16(length), 0] {
      datagram.append(UInt8(number >> 8))
      datagram.append(UInt8(number & 255))
    }
    datagram.append(contentsOf: bytes)
    let sum = datagram.withUnsafeBytes {
      DatagramChecksum.sum($0, from: source, to: remote.address, protocolNumber: UserDatagrams.protocolNumber)
    }
    // A sum of zero is sent as its other form, since zero says that there is none.
    let field = ~sum == 0 ? 0xFFFF : ~sum
    datagram[6] = UInt8(field >> 8)
    datagram[7] = UInt8(field & 255)
    return datagram.withUnsafeBytes {
      carrier.send(UserDatagrams.protocolNumber, $0, from: source, to: remote.address, at: now)
    }
  }

  // MARK: Input

  /// Takes a datagram for the socket that it is for.
  public func receive(
    _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress, isChecksumTrusted: Bool,
    at now: Instant
  ) -> DatagramVerdict {
    guard bytes.count >= UserDatagrams.headerLength else { return .malformed }
    let remote = Endpoint(source, port: number(bytes, 0))
    let port = number(bytes, 2)
    let length = Int(number(bytes, 4))
    // Port 0 as a source is allowed where no answer is expected; here it always is.
    guard length >= UserDatagrams.headerLength, length <= bytes.count, port != 0, remote.port != 0 else {
      return .malformed
    }
    let datagram = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    if number(bytes, 6) == 0 {
      // No checksum is a choice that IPv6 does not give.
      guard source.isIPv4 else { return .malformed }
    } else if !isChecksumTrusted {
      guard
        DatagramChecksum.sum(
          datagram, from: source, to: destination, protocolNumber: UserDatagrams.protocolNumber) == 0xFFFF
      else { return .malformed }
    }
    guard let socket = sockets.first(where: { $0.port == port }) else { return .unwanted }
    // Whoever guesses the port is told nothing of it.
    if let expected = socket.remote, expected != remote { return .taken }
    guard
      socket.append(
        UnsafeRawBufferPointer(rebasing: datagram[UserDatagrams.headerLength...]), from: remote, to: destination)
    else {
      overflowed &+= 1
      return .taken
    }
    socket.handler.datagramsArrived(socket, at: now)
    return .taken
  }

  /// Passes on that a datagram was refused.
  public func datagramRefused(from local: Endpoint, to remote: Endpoint, at now: Instant) {
    guard let socket = sockets.first(where: { $0.port == local.port }) else { return }
    if let expected = socket.remote, expected != remote { return }
    socket.handler.datagramRefused(socket, by: remote, at: now)
  }

  private func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt16 {
    UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }
}

/// The Internet checksum with its pseudo-header (RFC 1071; RFC 768; RFC 8200, 8.1).
enum DatagramChecksum {
  /// The folded sum in network order; all ones over bytes that include their checksum.
  static func sum(
    _ bytes: UnsafeRawBufferPointer, from source: IPAddress, to destination: IPAddress, protocolNumber: UInt8
  ) -> UInt16 {
    var sum = UInt64(protocolNumber) + UInt64(bytes.count)
    for address in [source, destination] {
      let halves = address.isIPv4 ? [address.low & 0xFFFF_FFFF] : [address.high, address.low]
      for half in halves { sum += (half >> 32) + (half & 0xFFFF_FFFF) }
    }
    var index = 0
    while index + 1 < bytes.count {
      sum += UInt64(bytes[index]) << 8 | UInt64(bytes[index + 1])
      index += 2
    }
    if index < bytes.count { sum += UInt64(bytes[index]) << 8 }
    while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
    return UInt16(sum)
  }
}
