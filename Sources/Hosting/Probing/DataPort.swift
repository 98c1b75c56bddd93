import CHosting
import Dispatch
import Glibc

/// The port that an instance serves at, as it is seen from the host's own address in the service's network: what the
/// control plane asks before others may.
public struct DataPort: Sendable {
  /// The service's network.
  let network: ServiceNetwork
  /// The instance's IPv4 address, most significant byte first.
  let address: UInt32
  /// The port it serves at.
  let port: UInt16
  /// What connections from the host's address begin with, where the instance takes them for the port forwarder's.
  let preamble: [UInt8]

  /// A port of an instance.
  ///
  /// - Parameters:
  ///   - address: The instance's IPv4 address, without prefix length.
  ///   - secret: What the instance knows the port forwarder by, which has the host's address; `nil` where it knows none.
  public init(in network: ServiceNetwork, at address: String, port: UInt16, secret: [UInt8]?) throws(HostingFault) {
    guard let number = IPv4Network.address(address) else {
      throw .invalid(what: "the address to probe", found: address, expected: "an IPv4 address")
    }
    self.network = network
    self.address = number
    self.port = port
    preamble = secret.map(DataPort.ownHeader) ?? []
  }

  /// The header of the PROXY protocol, version 2, with which the forwarder speaks for itself (`LOCAL`; HAProxy's
  /// specification, section 2.2), and the secret in a vector of our own type.
  private static func ownHeader(secret: [UInt8]) -> [UInt8] {
    func bytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)] }
    let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    return signature + [0x20, 0x00] + bytes(3 + secret.count) + [0xE0] + bytes(secret.count) + secret
  }

  /// Begins to open a connection to a port of the instance, and does not wait for it.
  public func beginOpening(_ port: UInt16) throws(HostingFault) -> OpeningConnection {
    try NetworkNamespace(network).visit { () throws(HostingFault) in
      let connection = try OpeningConnection(Descriptor(socket()))
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = port.bigEndian
      target.sin_addr.s_addr = address.bigEndian
      let connected = withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(connection.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard connected == 0 || errno == EINPROGRESS else {
        throw .failed("connect to \(IPv4Network.text(address)):\(port) in \(network.name)", errno)
      }
      return connection
    }
  }

  private func socket() throws(HostingFault) -> Int32 {
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = Glibc.socket(AF_INET, flags, 0)
    guard number >= 0 else { throw .failed("make a socket in \(network.name)", errno) }
    return number
  }

  /// A connection to the port, with its first bytes sent; `nil` where it was not opened within the deadline.
  func connected(within deadline: Duration) async throws(HostingFault) -> OpeningConnection? {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<OpeningConnection?, HostingFault>, Never>) in
      DispatchQueue.global().async {
        do throws(HostingFault) {
          let connection = try beginOpening(port)
          guard connection.waitUntilOpen(within: deadline), connection.send(preamble) else {
            return continuation.resume(returning: .success(nil))
          }
          continuation.resume(returning: .success(connection))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}

/// A TCP connection whose opening was begun. It ends with this object.
public final class OpeningConnection: Sendable {
  /// How far it is.
  public enum State: Hashable, Sendable {
    /// Nothing came back: neither taken nor refused.
    case pending
    /// The other side has taken it.
    case open
    /// The other side, or the way to it, refused it.
    case refused
  }

  private let socket: Descriptor

  init(_ socket: consuming Descriptor) {
    self.socket = socket
  }

  var number: Int32 { socket.number }

  /// How far it is now.
  public var state: State { state(within: 0) }

  private func state(within milliseconds: Int32) -> State {
    var polled = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
    guard poll(&polled, 1, milliseconds) > 0 else { return .pending }
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &length)
    return code == 0 && polled.revents & Int16(POLLERR) == 0 ? .open : .refused
  }

  /// Waits until it is open; `false` where it was refused, or nothing came back.
  func waitUntilOpen(within deadline: Duration) -> Bool {
    state(within: Int32(clamping: Int64(deadline / .milliseconds(1)))) == .open
  }

  /// Sends a few bytes, for which there is room in a connection that was just opened.
  func send(_ bytes: [UInt8]) -> Bool {
    bytes.isEmpty || Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// Another descriptor of the same connection, which its taker closes.
  func duplicate() throws(HostingFault) -> Int32 {
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .failed("duplicate a socket", errno) }
    return copy
  }
}
