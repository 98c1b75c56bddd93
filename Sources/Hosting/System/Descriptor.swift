import Glibc

/// A file descriptor that is closed when its owner is done with it.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes over a descriptor.
  init(_ number: Int32) {
    self.number = number
  }

  deinit { close(number) }

  /// Opens a file, close-on-exec.
  static func open(_ path: String, _ flags: Int32) throws(HostingFault) -> Descriptor {
    let number = Glibc.open(path, flags | O_CLOEXEC)
    guard number >= 0 else { throw .failed("open \(path)", errno) }
    return Descriptor(number)
  }

  /// Two connected stream sockets. The first does not block; the second, meant for another program, does.
  static func pair() throws(HostingFault) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .failed("make a socket pair", errno)
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (ends[0], ends[1])
  }

  /// What comes until the other side closes or the deadline has passed; at most 1 MiB. The descriptor does not block.
  func readAll(within deadline: Duration) async -> String {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count < 1 << 20 {
      let count = read(number, &chunk, chunk.count)
      if count > 0 {
        bytes.append(contentsOf: chunk[0..<count])
      } else if count < 0 && (errno == EAGAIN || errno == EINTR) {
        guard clock.now < end else { break }
        await Timer.pause(milliseconds: 1)
      } else {
        break
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
