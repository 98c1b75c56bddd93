import Interchange
import LibraryOS

/// Flows, arranged so that a look-up does not grow with their number: they are grouped by what they have in common
/// (version, direction, protocol, prefix length, and whether the port counts; 33 × 2 groups at most for one packet of
/// IPv4, 129 × 2 for one of IPv6), and each group is a sorted array. This is tuple space search.
struct FlowSet: Sendable {
  fileprivate struct Group {
    var isIPv4: Bool
    var direction: PacketSummary.Direction
    var transport: Transport
    var prefixLength: Int
    var mask: (high: UInt64, low: UInt64)
    var comparesPort: Bool
    /// Ascending.
    var keys: [Key]
  }

  /// Masked network and port of a flow.
  fileprivate struct Key: Comparable {
    var high: UInt64
    var low: UInt64
    var port: UInt16

    static func < (one: Key, other: Key) -> Bool {
      if one.low != other.low { return one.low < other.low }
      if one.port != other.port { return one.port < other.port }
      return one.high < other.high
    }
  }

  private var groups: [Group] = []

  /// No flow: nothing is admitted.
  init() {}

  /// The set of `flows`.
  init(_ flows: [Flow]) {
    for flow in flows {
      let comparesPort = flow.port != 0
      let mask = flow.peer.mask
      let isIPv4 = flow.peer.address.isIPv4
      let key = Key(
        high: flow.peer.address.high & mask.high, low: flow.peer.address.low & mask.low, port: flow.port)
      let index = groups.firstIndex {
        $0.isIPv4 == isIPv4 && $0.direction == flow.direction && $0.transport == flow.transport
          && $0.comparesPort == comparesPort && $0.prefixLength == flow.peer.prefixLength
      }
      if let index {
        groups[index].keys.append(key)
      } else {
        groups.append(
          Group(
            isIPv4: isIPv4, direction: flow.direction, transport: flow.transport,
            prefixLength: flow.peer.prefixLength, mask: mask, comparesPort: comparesPort, keys: [key]))
      }
    }
    for index in 0..<groups.count { groups[index].keys.heapSort { $0 < $1 } }
  }

  /// Whether a connection in this direction, with this peer and destination port, may be opened. A network of IPv6 never
  /// admits an IPv4 peer, nor the other way round.
  func admits(
    direction: PacketSummary.Direction, transport: Transport, peer: IPAddress, port: UInt16
  ) -> Bool {
    let isIPv4 = peer.isIPv4
    for group in groups
    where group.isIPv4 == isIPv4 && group.direction == direction && group.transport == transport {
      let key = Key(
        high: peer.high & group.mask.high, low: peer.low & group.mask.low, port: group.comparesPort ? port : 0)
      if group.contains(key) { return true }
    }
    return false
  }
}

extension FlowSet.Group {
  fileprivate func contains(_ key: FlowSet.Key) -> Bool {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key
  }
}
