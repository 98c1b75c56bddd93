import Interchange
import LibraryOS

/// Where this image is on its network: the module's boot parameters, checked.
struct NetworkConfiguration: Hashable {
  var address: IPv4Address
  /// The hosts that are reached without the gateway.
  var network: IPv4Network
  var hardware: EthernetAddress
  var gateway: IPv4Address?
  /// How many connections there may be, where that is not the default.
  var maximumConnections: Int?

  /// Reads the parameters `address`, `mac`, `gateway` and `maximum-connections`.
  init(_ parameters: [Parameter], limits: NetworkLimits = NetworkLimits()) throws(ParameterFault) {
    var address: IPv4Network?
    var hardware: EthernetAddress?
    var gateway: IPv4Address?
    for parameter in parameters {
      if parameter.name == "address" {
        guard let text = parameter.value.textValue, text.bytes.contains(0x2F), let network = IPv4Network(text),
          network.prefixLength >= 1, network.prefixLength <= 31,
          NetworkConfiguration.isHost(network.address, in: network)
        else { throw ParameterFault("network.address", expected: "a host's address and prefix, such as 10.77.0.2/24") }
        address = network
      } else if parameter.name == "mac" {
        guard let bytes = parameter.value.bytesValue, let read = EthernetAddress(bytes), !read.isGroup, read.raw != 0
        else { throw ParameterFault("network.mac", expected: "six bytes, not a group address") }
        hardware = read
      } else if parameter.name == "gateway" {
        guard let text = parameter.value.textValue, let read = IPv4Address(text) else {
          throw ParameterFault("network.gateway", expected: "an address, such as 10.77.0.1")
        }
        gateway = read
      } else if parameter.name == "maximum-connections" {
        guard let read = parameter.value.integerValue, read >= 1, read <= limits.largestConnections else {
          let bound: ByteString = "a number from 1 to "
          let reason: ByteString = ", which is what the memory is enough for"
          throw ParameterFault(
            "network.maximum-connections", expected: bound + ByteString(decimal: limits.largestConnections) + reason)
        }
        maximumConnections = Int(read)
      } else {
        throw ParameterFault(
          "network." + parameter.name, expected: "address, mac, gateway or maximum-connections")
      }
    }
    guard let address else { throw ParameterFault("network.address", expected: "a value: it is required") }
    guard let hardware else { throw ParameterFault("network.mac", expected: "a value: it is required") }
    if let gateway {
      guard NetworkConfiguration.isHost(gateway, in: address), gateway != address.address else {
        throw ParameterFault("network.gateway", expected: "another host of the network in network.address")
      }
    }
    self.address = address.address
    self.network = address
    self.hardware = hardware
    self.gateway = gateway
  }

  /// Whether an address is a host's in that network: not the network itself, nor all of its hosts (RFC 3021: a network
  /// of two addresses has neither).
  static func isHost(_ address: IPv4Address, in network: IPv4Network) -> Bool {
    guard address.isUnicastHost, network.contains(address) else { return false }
    if network.prefixLength >= 31 { return true }
    let host = address.raw & ~network.mask
    return host != 0 && host != ~network.mask
  }

  /// The host that a datagram to `destination` is handed to; `nil` where there is no way.
  func nextHop(to destination: IPv4Address) -> IPv4Address? {
    guard destination.isUnicastHost, destination != address else { return nil }
    if network.contains(destination) {
      return NetworkConfiguration.isHost(destination, in: network) ? destination : nil
    }
    return gateway
  }
}
