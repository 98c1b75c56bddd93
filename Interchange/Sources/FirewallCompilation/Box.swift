import Interchange

/// Packets of one kind, as a range of values for each field: a part of a rule.
struct Box: Hashable {
  /// The last value of each field.
  static let greatest = SIMD8<UInt32>(.max, .max, .max, .max, 0xFFFF, 0xFFFF, 0, 0)

  /// The first value of each field.
  var low = SIMD8<UInt32>(repeating: 0)
  /// The last value of each field.
  var high = Box.greatest
  /// The rule and what it does.
  var verdict: FirewallTable.Reference
  /// The number of the time at which it holds; -1 for always.
  var window: Int32

  /// Whether it has every value of a field.
  func isFull(_ field: Int) -> Bool { low[field] == 0 && high[field] == Box.greatest[field] }

  /// How many leading bits of the address are the same in all of it.
  var prefixLength: Int {
    (0..<4).reduce(0) { $0 + (low[$1] ^ high[$1]).leadingZeroBitCount }
  }

  /// The parts of a rule that are of a kind; none where it says nothing of it.
  static func boxes(
    of rule: PacketRule, kind: FirewallTable.Kind, verdict: FirewallTable.Reference, window: Int32
  ) -> [Box] {
    let (transport, isIPv6) = kind.parts
    guard rule.transports.contains(transport) else { return [] }
    var boxes = [Box(verdict: verdict, window: window)]
    if let peers = rule.peers { boxes = peers.filter { $0.isIPv6 == isIPv6 }.map { boxes[0].narrowed(to: $0) } }
    if transport.isControl {
      guard rule.sourcePorts == nil, rule.destinationPorts == nil else { return [] }
      if let types = rule.types {
        boxes = boxes.flatMap { box in
          types.map { box.narrowed(4, UInt32($0.lowerBound), UInt32($0.upperBound)) }
        }
      }
      return boxes
    }
    guard rule.types == nil else { return [] }
    for (field, ports) in [(4, rule.sourcePorts), (5, rule.destinationPorts)] {
      guard let ports else { continue }
      boxes = boxes.flatMap { box in
        ports.map { box.narrowed(field, UInt32($0.lowerBound), UInt32($0.upperBound)) }
      }
    }
    return boxes
  }

  private func narrowed(_ field: Int, _ first: UInt32, _ last: UInt32) -> Box {
    var box = self
    box.low[field] = first
    box.high[field] = last
    return box
  }

  private func narrowed(to network: PolicyAddress) -> Box {
    var box = self
    let parts: [UInt32] =
      network.isIPv6
      ? [network.high >> 32, network.high, network.low >> 32, network.low].map { UInt32(truncatingIfNeeded: $0) }
      : [UInt32(truncatingIfNeeded: network.low)]
    for (field, part) in parts.enumerated() {
      let bits = min(max(Int(network.prefixLength) - 32 * field, 0), 32)
      let host: UInt32 = bits == 32 ? 0 : .max >> UInt32(bits)
      box.low[field] = part & ~host
      box.high[field] = part | host
    }
    return box
  }
}
