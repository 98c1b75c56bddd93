import Interchange
import LibraryOS

/// Where this image is on its network: the module's boot parameters, checked.
struct NetworkConfiguration: Hashable {
  var address: IPv4Address
  /// The hosts that are reached without the gateway.
  var network: IPv4Network
  var hardware: EthernetAddress
  var gateway: IPv4Address?
  /// The IPv6 address, and the hosts that are reached without a router.
  var networkIPv6: IPv6Network?
  var gatewayIPv6: IPv6Address?
  /// Whether routers' announcements are believed.
  var autoconfigures = false
  /// How many connections there may be, where that is not the default.
  var maximumConnections: Int?

  /// Whether IPv6 was asked for. If not, its frames are ignored like those of any protocol that is not spoken.
  var usesIPv6: Bool { networkIPv6 != nil || autoconfigures }

  /// Reads the parameters `address`, `mac`, `gateway`, `ipv6-address`, `ipv6-gateway`, `ipv6-autoconfiguration` and
  /// `maximum-connections`.
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
      } else if parameter.name == "ipv6-address" {
        guard let text = parameter.value.textValue, text.bytes.contains(0x2F), let network = IPv6Network(text),
          network.prefixLength >= 8, network.prefixLength <= 127, network.address.isUnicastHost,
          !network.address.isLinkLocal, network.address != network.address.prefix(network.prefixLength)
        else {
          throw ParameterFault("network.ipv6-address", expected: "a host's address and prefix, such as fd00::2/64")
        }
        networkIPv6 = network
      } else if parameter.name == "ipv6-gateway" {
        guard let text = parameter.value.textValue, let read = IPv6Address(text), read.isUnicastHost else {
          throw ParameterFault("network.ipv6-gateway", expected: "an address, such as fd00::1 or fe80::1")
        }
        gatewayIPv6 = read
      } else if parameter.name == "ipv6-autoconfiguration" {
        guard let read = parameter.value.booleanValue else {
          throw ParameterFault("network.ipv6-autoconfiguration", expected: "true or false")
        }
        autoconfigures = read
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
          "network." + parameter.name,
          expected: "address, mac, gateway, ipv6-address, ipv6-gateway, ipv6-autoconfiguration or maximum-connections")
      }
    }
    guard let address else { throw ParameterFault("network.address", expected: "a value: it is required") }
    guard let hardware else { throw ParameterFault("network.mac", expected: "a value: it is required") }
    if let gateway {
      guard NetworkConfiguration.isHost(gateway, in: address), gateway != address.address else {
        throw ParameterFault("network.gateway", expected: "another host of the network in network.address")
      }
    }
    if let gatewayIPv6 {
      guard let networkIPv6, gatewayIPv6 != networkIPv6.address,
        gatewayIPv6.isLinkLocal || networkIPv6.contains(gatewayIPv6)
      else {
        throw ParameterFault(
          "network.ipv6-gateway", expected: "another host of the network in network.ipv6-address, or of the link")
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
