import CHosting
import Glibc

/// Requests and their answers.
extension Forwarder {
  private static let maximumRequesters = 16
  private static let requestTimeout = 2000

  func acceptRequester() {
    let descriptor = hosting_accept(requests.descriptor)
    guard descriptor >= 0 else { return }
    let requester = Requester(descriptor: descriptor, deadline: now + Forwarder.requestTimeout)
    var user: uid_t = 0
    guard hosting_peer_user(descriptor, &user) == 0, user == 0 || user == geteuid() else {
      return answer(requester, "error only root and the forwarder's own user may command it")
    }
    guard requesters.count < Forwarder.maximumRequesters else {
      return answer(requester, "error too many requests at once")
    }
    let identifier = takeIdentifier()
    guard poller.add(descriptor, .readable, .requester(identifier: identifier)) else { return }
    requesters[identifier] = requester
  }

  private func takeIdentifier() -> UInt32 {
    // 29 bits are what an event can carry.
    nextIdentifier = nextIdentifier >= 1 << 29 - 1 ? 1 : nextIdentifier + 1
    while requesters[nextIdentifier] != nil || portsByIdentifier[nextIdentifier] != nil { nextIdentifier += 1 }
    return nextIdentifier
  }

  func readRequest(_ identifier: UInt32) {
    guard let requester = requesters[identifier] else { return }
    var chunk = [UInt8](repeating: 0, count: Request.maximumLength)
    let count = read(requester.descriptor, &chunk, chunk.count)
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    if count > 0 { requester.line.append(contentsOf: chunk[0..<count]) }
    let end = requester.line.firstIndex(of: 0x0A)
    let isTooLong = (end ?? requester.line.count) > Request.maximumLength
    guard count <= 0 || end != nil || isTooLong else { return }
    requesters[identifier] = nil
    guard let end, !isTooLong else {
      return answer(requester, "error expected one line of at most \(Request.maximumLength) bytes")
    }
    do throws(ForwarderFault) {
      let result = try carryOut(try Request(line: String(decoding: requester.line[0..<end], as: UTF8.self)))
      answer(requester, result.isEmpty ? "ok" : "ok " + result)
    } catch {
      answer(requester, "error " + error.text)
    }
  }

  /// The longest answer, `status` of 64 publications, fits a socket's buffer.
  private func answer(_ requester: Requester, _ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = send(requester.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  func dropSlowRequesters() {
    for (identifier, requester) in requesters where now >= requester.deadline {
      answer(requester, "error the request did not come in time")
      requesters[identifier] = nil
    }
  }

  private func carryOut(_ request: Request) throws(ForwarderFault) -> String {
    switch request {
    case .publish(let name, let listen, let target): return try publish(name, .inward, listen, target)
    case .offer(let name, let listen, let target):
      return try publish(name, .outward, listen, target)
    case .switchTarget(let name, let target):
      aim(try port(name), at: target)
      return ""
    case .sever(let name, let target): return String(sever(try port(name), target))
    case .unpublish(let name):
      unpublish(try port(name))
      return ""
    case .status: return status()
    case .stop:
      isRunning = false
      return ""
    }
  }

  private func port(_ name: String) throws(ForwarderFault) -> PublishedPort {
    guard let port = ports[name] else { throw ForwarderFault("nothing is published as `\(name)`") }
    return port
  }

  private func publish(
    _ name: String, _ direction: Direction, _ listen: Endpoint, _ target: Target
  ) throws(ForwarderFault) -> String {
    if let port = ports[name] {
      guard port.direction == direction, port.listen.address == listen.address,
        listen.port == 0 || listen.port == port.listen.port
      else {
        throw ForwarderFault("`\(name)` is published at \(port.listen.text) already")
      }
      aim(port, at: target)
      return port.listen.text
    }
    guard ports.count < Forwarder.maximumPublications else {
      throw ForwarderFault("\(Forwarder.maximumPublications) ports are published already, which is the most")
    }
    let (socket, endpoint) = try self.listen(at: listen, direction)
    let port = PublishedPort(
      identifier: takeIdentifier(), name: name, direction: direction, listen: endpoint, socket: socket, target: target)
    guard poller.add(socket, isAccepting ? .readable : [], .listener(identifier: port.identifier)) else {
      close(socket)
      throw ForwarderFault("watch \(endpoint.text)", code: errno)
    }
    ports[name] = port
    portsByIdentifier[port.identifier] = port
    return endpoint.text
  }

  /// Turns a port to another target, along with the connections that are not open yet: none of their bytes have gone
  /// anywhere.
  private func aim(_ port: PublishedPort, at target: Target) {
    guard port.target != target else { return }
    port.target = target
    for slot in connecting {
      if let connection = connections[slot], connection.port === port { attempt(connection) }
    }
  }

  private func sever(_ port: PublishedPort, _ target: Endpoint) -> Int {
    var count = 0
    for connection in connections {
      guard let connection, connection.port === port, connection.isOpen, connection.counted == target else { continue }
      end(connection, abruptly: true)
      count += 1
    }
    return count
  }

  private func unpublish(_ port: PublishedPort) {
    close(port.socket)
    ports[port.name] = nil
    portsByIdentifier[port.identifier] = nil
  }

  private func status() -> String {
    let own = "pid=\(getpid()) connections=\(openCount) limit=\(limit) accepted=\(accepted) failed=\(failed)"
    return ([own] + ports.values.sorted { $0.name < $1.name }.map(\.line)).joined(separator: "\n")
  }
}
