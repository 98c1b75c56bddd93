import Dispatch
import Glibc

/// Talks to an endpoint inside a service's network from the host's own address there, as a check that it answers, or
/// that its firewall does not let the host in.
public struct NetworkProbe: Sendable {
  private let network: ServiceNetwork

  /// Probes in `network`, which must exist by the time it is used.
  public init(_ network: ServiceNetwork) {
    self.network = network
  }

  /// Opens a TCP connection, sends bytes, and gives what comes back until the other side closes, at most 1 MiB. Where
  /// nobody listens that is `.gone`; where nothing comes within `deadline`, `.deadline`.
  public func exchange(
    _ bytes: [UInt8], with address: String, port: UInt16, deadline: Duration
  ) async throws(HostingFault) -> [UInt8] {
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[UInt8], HostingFault>, Never>) in
      DispatchQueue.global().async {
        do throws(HostingFault) {
          continuation.resume(returning: .success(try talk(bytes, address, port, deadline)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private func talk(
    _ bytes: [UInt8], _ address: String, _ port: UInt16, _ deadline: Duration
  ) throws(HostingFault) -> [UInt8] {
    guard let host = IPv4Network.address(address) else {
      throw .invalid(what: "the address to probe", found: address, expected: "an IPv4 address")
    }
    let place = "\(address):\(port) in \(network.name)"
    let end = ContinuousClock.now + deadline
    let number = try NetworkNamespace(network).visit { () throws(HostingFault) -> Int32 in
      let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      guard number >= 0 else { throw .failed("make a socket in \(network.name)", errno) }
      return number
    }
    let connection = Descriptor(number)
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = port.bigEndian
    target.sin_addr.s_addr = host.bigEndian
    let connected = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 || errno == EINPROGRESS else { throw .failed("connect to \(place)", errno) }
    try wait(connection, POLLOUT, until: end, "\(place) did not take a connection within \(deadline)")
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(connection.number, SOL_SOCKET, SO_ERROR, &code, &length)
    if code == ECONNREFUSED { throw .gone("nobody listens at \(place)") }
    guard code == 0 else { throw .failed("connect to \(place)", code) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 && errno != EAGAIN { throw .failed("send to \(place)", errno) }
      sent += max(0, count)
      if count < 0 { try wait(connection, POLLOUT, until: end, "\(place) did not take the request within \(deadline)") }
    }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while answer.count < 1 << 20 {
      let count = recv(number, &chunk, chunk.count, 0)
      if count == 0 { break }
      if count < 0 && errno != EAGAIN { throw .failed("receive from \(place)", errno) }
      if count > 0 { answer.append(contentsOf: chunk[0..<count]) }
      if count < 0 { try wait(connection, POLLIN, until: end, "\(place) did not answer within \(deadline)") }
    }
    return answer
  }

  private func wait(
    _ connection: borrowing Descriptor, _ event: Int32, until end: ContinuousClock.Instant, _ otherwise: String
  ) throws(HostingFault) {
    while true {
      let left = (end - .now) / .milliseconds(1)
      guard left > 0 else { throw .deadline(otherwise) }
      var descriptor = pollfd(fd: connection.number, events: Int16(event), revents: 0)
      if poll(&descriptor, 1, Int32(min(left.rounded(.up), 60_000))) > 0 { return }
    }
  }
}
