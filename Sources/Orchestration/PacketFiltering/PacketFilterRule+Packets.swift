import Crypto
import Foundation
import OpenC2
import SecTOSCA

extension PacketFilterRule {
  /// The rule as the packet filter of an instance has it, whose own addresses these are: for each way that packets go, if
  /// there are any that it can mean.
  func filterRules(own: [IPNetwork]) -> [FilterRule] {
    let directions: [FilterRule.Direction] =
      switch direction {
      case .both: [.inbound, .outbound]
      case .ingress: [.inbound]
      case .egress: [.outbound]
      }
    return directions.compactMap { direction in
      guard let peers = peers(of: direction, own: own), !transports.isEmpty else { return nil }
      return FilterRule(
        permits ? .allow : .deny, directions: [direction], transports: transports, peers: [peers.text],
        ports: pattern.destinationPort.map { [UInt16($0)...UInt16($0)] },
        sourcePorts: pattern.sourcePort.map { [UInt16($0)...UInt16($0)] },
        // What is open is cut off, and what is let through stays open; strays are let through by nobody.
        states: permits ? [.new, .established, .related] : FilterRule.State.allCases)
    }
  }

  /// Where the other end of such packets is; `nil` where the instance's own end is none that is meant.
  private func peers(of direction: FilterRule.Direction, own: [IPNetwork]) -> IPNetwork? {
    let anywhere = IPNetwork(around: pattern.isIPv6 ? "::/0" : "0.0.0.0/0")
    func isOwn(_ network: IPNetwork?) -> Bool { network.map { meant in own.contains { meant.contains($0) } } ?? true }
    switch pattern.addresses {
    case .either(let network): return isOwn(network) ? anywhere : network
    case .both(let source, let destination):
      let (near, far) = direction == .inbound ? (destination, source) : (source, destination)
      return isOwn(near) ? far ?? anywhere : nil
    }
  }

  private var transports: [FilterRule.Transport] {
    switch pattern.transport {
    case .tcp: [.tcp]
    case .udp: [.udp]
    case .icmp: [pattern.isIPv6 ? .icmpv6 : .icmp]
    case .sctp: []
    case nil: [.tcp, .udp, pattern.isIPv6 ? .icmpv6 : .icmp]
    }
  }
}

extension [PacketFilterRule] {
  /// What the rules say, as one hash. Their numbers and times are no part of it: those decide whether they are here.
  var digest: String {
    let said = map {
      PacketFilterRule(permits: $0.permits, pattern: $0.pattern, direction: $0.direction)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Nothing in it can fail to be encoded.
    let data = (try? encoder.encode(said)) ?? Data()
    return SHA256.hash(data: data).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

extension ProtectedService {
  /// Whether packets of a resource are filtered at a level, so that there is something to command.
  func isFiltered(_ resource: String, at level: SecurityLevel) -> Bool { !filterings(of: resource, at: level).isEmpty }

  /// What commands may have rules do at a resource, at a level.
  func commands(to resource: String, at level: SecurityLevel) -> [FilterRule.Action] {
    Filtering.commands(of: filterings(of: resource, at: level))
  }

  private func filterings(of resource: String, at level: SecurityLevel) -> [Filtering] {
    due(to: resource, at: level).compactMap {
      if case .filtering(let filtering) = $0.protection { filtering } else { nil }
    }
  }
}
