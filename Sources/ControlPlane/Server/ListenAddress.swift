/// Where the decision points listen besides the Unix socket. Callers are not authenticated there, so it is an address that
/// only this machine has.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// The host, without brackets.
  public var host: String
  /// The port; 0 lets the system choose.
  public var port: Int

  /// Reads `HOST:PORT`, `[::1]:PORT`; `nil` where it is neither, or an address that others can reach.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host == "[::1]" { host = "::1" } else if host.contains(":") { return nil }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    let isLoopback = numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    guard isLoopback || host == "::1" || host == "localhost" else { return nil }
    self.host = host
    self.port = Int(port)
  }

  /// As it is written.
  public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
