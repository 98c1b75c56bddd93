import CHosting
import Dispatch
import Glibc
import Synchronization

@testable import Hosting

/// A TCP server inside a service's network, at every address there, with a thread for each connection.
final class TestServer: Sendable {
  enum Reply: Sendable {
    /// Answers the first bytes with these, and closes.
    case bytes([UInt8])
    /// Sends back what comes, and closes once the client has.
    case echo
    /// Reads to the end, then says how many bytes there were.
    case count
    /// Takes the connection and says nothing.
    case silent
  }

  let port: UInt16
  private let socket: Int32
  private let open = Mutex<[Int32]>([])

  init(_ network: ServiceNetwork, port wanted: UInt16 = 0, reply: Reply) throws {
    let (socket, port) = try NetworkNamespace(network).visit { () throws(HostingFault) -> (Int32, UInt16) in
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var one: Int32 = 1
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
      var place = sockaddr_in()
      place.sin_family = sa_family_t(AF_INET)
      place.sin_port = wanted.bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          bind(socket, address, length) == 0 && listen(socket, 1024) == 0 && getsockname(socket, address, &length) == 0
        }
      }
      guard result else { throw .failed("listen for a test", errno) }
      return (socket, UInt16(bigEndian: place.sin_port))
    }
    self.socket = socket
    self.port = port
    Thread.start { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        open.withLock { $0.append(connection) }
        Thread.start { self.serve(connection, reply) }
      }
    }
  }

  private func serve(_ connection: Int32, _ reply: Reply) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var total = 0
    while true {
      let count = recv(connection, &chunk, chunk.count, 0)
      if count <= 0 { break }
      total += count
      switch reply {
      case .bytes(let bytes):
        send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return finish(connection)
      case .echo: send(connection, chunk, count, Int32(MSG_NOSIGNAL))
      case .count, .silent: break
      }
    }
    if case .count = reply {
      let text = Array(String(total).utf8)
      send(connection, text, text.count, Int32(MSG_NOSIGNAL))
    }
    finish(connection)
  }

  private func finish(_ connection: Int32) {
    open.withLock { open in
      open.removeAll { $0 == connection }
      close(connection)
    }
  }

  /// Stops listening and wakes whoever reads.
  func stop() {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
    open.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
  }
}

/// A thread of its own, since these block.
enum Thread {
  static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    pthread_create(
      &thread, nil,
      {
        Unmanaged<Box>.fromOpaque($0!).takeRetainedValue().body(); return nil
      }, box.toOpaque())
    pthread_detach(thread)
  }

  /// Runs something that blocks without holding up a task's thread, of which there are few.
  static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      start { continuation.resume(returning: body()) }
    }
  }

  /// Reads so many bytes and gives how many there were.
  static func skip(_ count: Int, from socket: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(socket, &bytes, count, Int32(MSG_WAITALL))
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A TCP client in the host's network that blocks for at most thirty seconds.
final class TestClient: Sendable {
  let socket: Int32

  /// Connects from an address of this host, where one is named.
  init(_ address: String, from source: String? = nil) throws {
    let parts = address.split(separator: ":")
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = (UInt16(parts[1]) ?? 0).bigEndian
    place.sin_addr.s_addr = inet_addr(String(parts[0]))
    if let source {
      var own = sockaddr_in()
      own.sin_family = sa_family_t(AF_INET)
      own.sin_addr.s_addr = inet_addr(source)
      _ = withUnsafePointer(to: &own) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    let result = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      close(socket)
      throw HostingFault.system(operation: "connect to \(address)", code: code)
    }
  }

  deinit { close(socket) }

  /// Its own port.
  var port: UInt16 {
    var place = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
    }
    return UInt16(bigEndian: place.sin_port)
  }

  /// Whether all bytes were taken.
  @discardableResult
  func write(_ bytes: [UInt8]) async -> Bool {
    await Thread.run { [socket] in
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count <= 0 { return false }
        sent += count
      }
      return true
    }
  }

  func endWriting() {
    shutdown(socket, Int32(SHUT_WR))
  }

  /// What comes next; empty at the end, `nil` on a reset or when nothing comes.
  func read() async -> [UInt8]? {
    await Thread.run { [socket] in
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = recv(socket, &chunk, chunk.count, 0)
      return count < 0 ? nil : Array(chunk[0..<count])
    }
  }

  /// Everything up to the end.
  func readAll() async -> [UInt8]? {
    var all: [UInt8] = []
    while let bytes = await read() {
      if bytes.isEmpty { return all }
      all += bytes
    }
    return nil
  }

  /// One request and its whole answer, as text.
  static func ask(_ address: String, _ text: String = "hi") async throws -> String? {
    let client = try TestClient(address)
    await client.write(Array(text.utf8))
    return await client.readAll().map { String(decoding: $0, as: UTF8.self) }
  }
}

/// A client of a Unix socket.
enum UnixClient {
  /// Sends a text and gives everything that comes back.
  static func ask(_ path: String, _ text: String) async -> String? {
    await Thread.run { talk(path, text) }
  }

  /// The same, in this thread.
  static func talk(_ path: String, _ text: String) -> String? {
    let socket = hosting_unix_socket(path, 0)
    guard socket >= 0 else { return nil }
    let connection = Descriptor(socket)
    _ = fcntl(connection.number, F_SETFL, 0)
    send(connection.number, text, text.utf8.count, Int32(MSG_NOSIGNAL))
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(connection.number, &chunk, chunk.count, 0), count > 0 { all += chunk[0..<count] }
    return String(decoding: all, as: UTF8.self)
  }
}
