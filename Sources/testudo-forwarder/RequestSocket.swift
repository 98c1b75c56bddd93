import CHosting
import Glibc

/// The Unix socket at which requests arrive.
final class RequestSocket {
  let descriptor: Int32
  private let path: String
  private let identity: (dev_t, ino_t)

  /// Makes the socket. One that a dead forwarder left is replaced; one that somebody listens at is not.
  init(path: String) throws(ForwarderFault) {
    var socket = hosting_unix_socket(path, 1)
    if socket == -EADDRINUSE {
      let other = hosting_unix_socket(path, 0)
      if other >= 0 {
        close(other)
        throw ForwarderFault("a forwarder runs at \(path) already")
      }
      guard other == -ECONNREFUSED else { throw ForwarderFault("make the socket \(path): it exists", code: other) }
      unlink(path)
      socket = hosting_unix_socket(path, 1)
    }
    guard socket >= 0, let identity = RequestSocket.identity(of: path) else {
      throw ForwarderFault("make the socket \(path)", code: socket < 0 ? socket : ENOENT)
    }
    descriptor = socket
    self.path = path
    self.identity = identity
  }

  /// Removes the socket, unless it is another's by now.
  func remove() {
    close(descriptor)
    if let now = RequestSocket.identity(of: path), now == identity { unlink(path) }
  }

  private static func identity(of path: String) -> (dev_t, ino_t)? {
    var information = stat()
    return lstat(path, &information) == 0 ? (information.st_dev, information.st_ino) : nil
  }
}

/// A connection to the request socket, until its line is there.
final class Requester {
  let descriptor: Int32
  let deadline: Int
  var line: [UInt8] = []

  init(descriptor: Int32, deadline: Int) {
    self.descriptor = descriptor
    self.deadline = deadline
  }

  deinit { close(descriptor) }
}
