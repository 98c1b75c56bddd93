import LibraryOS

/// An address that a server lent, with what belongs to it.
struct DHCPLease: Equatable {
  /// The address, and the hosts that are reached without a router.
  var network: IPv4Network
  var router: IPv4Address?
  var nameServers: [IPv4Address]
  var server: IPv4Address
  /// For how long, from the request on; `nil`: for ever.
  var time: TimeSpan?
  /// When its server is asked for more, and when any is (RFC 2131, 4.4.5: T1 and T2).
  var renewal: TimeSpan
  var rebinding: TimeSpan

  /// The shortest time that is accepted: a server cannot have clients ask again and again.
  static let shortestSeconds: UInt32 = 30

  /// What an offer or acknowledgement lends; `nil` where it lends nothing that could be used: no host of the network that
  /// it names, no server, no time. A router that is none of that network's is left out.
  init?(_ message: DHCPMessage) {
    guard let address = message.given, let server = message.server, let seconds = message.leaseSeconds,
      seconds >= DHCPLease.shortestSeconds
    else { return nil }
    // Where the server does not say, the classes that addresses once had (RFC 2131, 4.4.1 leaves it to the client).
    let classful = address.raw >> 31 == 0 ? 8 : address.raw >> 30 == 2 ? 16 : 24
    network = IPv4Network(address, prefixLength: message.prefixLength ?? classful)
    guard network.prefixLength >= 1, network.prefixLength <= 31, DHCPLease.isHost(address, of: network) else {
      return nil
    }
    self.server = server
    router = message.router.flatMap { [network] in
      $0 != address && DHCPLease.isHost($0, of: network) ? $0 : nil
    }
    nameServers = message.nameServers
    if seconds == .max {
      time = nil
      renewal = TimeSpan(nanoseconds: .max)
      rebinding = renewal
      return
    }
    time = .seconds(Int(seconds))
    var first = message.renewalSeconds ?? seconds / 2
    var second = message.rebindingSeconds ?? UInt32(UInt64(seconds) * 7 / 8)
    if !(first < second && second < seconds) {
      first = seconds / 2
      second = UInt32(UInt64(seconds) * 7 / 8)
    }
    renewal = .seconds(Int(max(first, 1)))
    rebinding = .seconds(Int(second))
  }

  /// Whether an address is one host's, elsewhere, in that network.
  static func isHost(_ address: IPv4Address, of network: IPv4Network) -> Bool {
    guard address.raw >> 24 != 0, address.raw >> 24 != 127, address.raw >> 28 < 14, network.contains(address) else {
      return false
    }
    if network.prefixLength == 31 { return true }
    let host = address.raw & ~network.mask
    return host != 0 && host != ~network.mask
  }
}
