import LibraryOS

/// Flows, arranged so that a look-up does not grow with their number: they are grouped by what they have in common
/// (direction, protocol, prefix length, and whether the port counts; 33 × 2 groups at most for one packet), and each
/// group is a sorted array. This is tuple space search.
struct FlowSet: Sendable {
  fileprivate struct Group {
    var direction: PacketSummary.Direction
    var transport: Transport
    var prefixLength: Int
    var mask: UInt32
    var comparesPort: Bool
    /// Masked network and port of each flow, ascending.
    var keys: [UInt64]
  }

  private var groups: [Group] = []

  /// No flow: nothing is admitted.
  init() {}

  /// The set of `flows`.
  init(_ flows: [Flow]) {
    for flow in flows {
      let comparesPort = flow.port != 0
      let key = UInt64(flow.peer.address.raw & flow.peer.mask) << 16 | UInt64(flow.port)
      let index = groups.firstIndex {
        $0.direction == flow.direction && $0.transport == flow.transport && $0.comparesPort == comparesPort
          && $0.prefixLength == flow.peer.prefixLength
      }
      if let index {
        groups[index].keys.append(key)
      } else {
        groups.append(
          Group(
            direction: flow.direction, transport: flow.transport, prefixLength: flow.peer.prefixLength,
            mask: flow.peer.mask, comparesPort: comparesPort, keys: [key]))
      }
    }
    for index in 0..<groups.count { groups[index].keys.sort() }
  }

  /// Whether a connection in this direction, with this peer and destination port, may be opened.
  func admits(
    direction: PacketSummary.Direction, transport: Transport, peer: IPv4Address, port: UInt16
  ) -> Bool {
    for group in groups where group.direction == direction && group.transport == transport {
      let key = UInt64(peer.raw & group.mask) << 16 | (group.comparesPort ? UInt64(port) : 0)
      if group.contains(key) { return true }
    }
    return false
  }
}

extension FlowSet.Group {
  fileprivate func contains(_ key: UInt64) -> Bool {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key
  }
}
