import Glibc

/// An address and port to listen on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// The host, without brackets.
  public var host: String
  /// The port; 0 lets the system choose.
  public var port: Int
  /// Whether only this machine has the address.
  public let isLoopback: Bool

  /// Reads `ADDRESS:PORT`, `[IPV6]:PORT` or `localhost:PORT`; `nil` where it is none of them.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    let written = String(text[..<colon])
    if written.hasPrefix("["), written.hasSuffix("]") {
      host = String(written.dropFirst().dropLast())
      guard Self.isIPv6(host) else { return nil }
      isLoopback = host == "::1"
    } else {
      host = written
      let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
      let isIPv4 = numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil && !$0.hasPrefix("+") }
      guard isIPv4 || host == "localhost" else { return nil }
      isLoopback = host == "localhost" || numbers[0] == "127"
    }
    self.port = Int(port)
  }

  private static func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
  }

  /// As it is written.
  public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
