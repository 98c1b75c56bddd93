import Glibc

/// An IPv4 address and a port.
struct Endpoint: Hashable {
  /// Most significant byte first.
  var address: UInt32
  var port: UInt16

  init(address: UInt32, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads `A.B.C.D:PORT`.
  init?(_ text: Substring) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = UInt16(parts[1]) else {
      return nil
    }
    let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard bytes.count == 4 else { return nil }
    address = 0
    for byte in bytes {
      guard byte.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let value = UInt8(byte) else { return nil }
      address = address << 8 | UInt32(value)
    }
    self.port = port
  }

  var host: String { "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)" }

  var text: String { "\(host):\(port)" }

  /// Calls `body` with this as a socket address.
  func withSocketAddress<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = address.bigEndian
    return withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  /// The address that a socket is bound to.
  init?(boundTo socket: Int32) {
    self.init(socket, getsockname)
  }

  /// The address that a socket is connected to.
  init?(peerOf socket: Int32) {
    self.init(socket, getpeername)
  }

  private init?(
    _ socket: Int32, _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) {
    var place = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(socket, $0, &length) }
    }
    guard result == 0 else { return nil }
    self.init(address: UInt32(bigEndian: place.sin_addr.s_addr), port: UInt16(bigEndian: place.sin_port))
  }
}
