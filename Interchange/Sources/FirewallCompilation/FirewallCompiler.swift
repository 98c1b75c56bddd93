import Interchange

/// Compiles rules to tables. Always the same table for the same rules.
public struct FirewallCompiler: Sendable {
  /// Why there is no table.
  public enum Fault: Error, Hashable, Sendable {
    /// There are more rules than can be numbered.
    case tooManyRules
    /// There are more different times than can be numbered.
    case tooManyWindows
    /// The rules overlap in so many ways that their table would be larger than an image takes.
    case tooEntangled
  }

  /// The most words that one class of packets may take before it is divided into more diagrams: for each part of a rule,
  /// and besides.
  private static let words = (each: 32, besides: 2048)

  private var builder = DiagramBuilder()
  private var windows: [FirewallTable.Window] = []

  private init() {}

  /// The table of some rules, the first that matches decides; `defaultPasses` says whether new connections are let in that
  /// none matches.
  public static func table(_ rules: [PacketRule], defaultPasses: Bool = false) throws(Fault) -> [UInt8] {
    var compiler = FirewallCompiler()
    return try compiler.compile(rules, defaultPasses)
  }

  private mutating func compile(_ rules: [PacketRule], _ defaultPasses: Bool) throws(Fault) -> [UInt8] {
    guard rules.count < FirewallTable.maximumRules else { throw .tooManyRules }
    var numbers: [FirewallTable.Window: Int32] = [:]
    let held = rules.map { rule -> Int32 in
      guard let window = rule.window else { return -1 }
      if let number = numbers[window] { return number }
      numbers[window] = Int32(windows.count)
      windows.append(window)
      return Int32(windows.count - 1)
    }
    guard windows.count <= FirewallTable.maximumWindows else { throw .tooManyWindows }
    var classes: [[FirewallTable.Reference]] = []
    // States and directions that the same rules are about share diagrams.
    var done: [[Int]: [[FirewallTable.Reference]]] = [:]
    for state in FirewallTable.State.allCases {
      for direction in [PacketRule.Direction.inbound, .outbound] {
        let subset = rules.indices.filter {
          rules[$0].states.contains(state) && rules[$0].directions.contains(direction)
        }
        if let references = done[subset] {
          classes += references
          continue
        }
        var references: [[FirewallTable.Reference]] = []
        for kind in FirewallTable.Kind.allCases {
          let boxes = subset.flatMap { index in
            Box.boxes(
              of: rules[index], kind: kind,
              verdict: FirewallTable.Reference(rule: index, passes: rules[index].passes), window: held[index])
          }
          references.append(try diagrams(of: boxes, isIPv6: kind.parts.isIPv6))
        }
        done[subset] = references
        classes += references
      }
    }
    return encoded(classes, defaultPasses)
  }

  private func encoded(_ classes: [[FirewallTable.Reference]], _ defaultPasses: Bool) -> [UInt8] {
    let diagrams = max(1, classes.map(\.count).max() ?? 1)
    var writer = ByteWriter()
    writer.write(raw: Array("TFW1".utf8))
    writer.write(defaultPasses ? 1 : 0)
    writer.write(UInt8(diagrams))
    writer.write(fixed: UInt16(windows.count))
    writer.write(fixed: UInt32(builder.words.count))
    for references in classes {
      for index in 0..<diagrams {
        writer.write(fixed: (index < references.count ? references[index] : .none).rawValue)
      }
    }
    for window in windows {
      writer.write(window.days)
      writer.write(fixed: window.startMinute)
      writer.write(fixed: window.endMinute)
    }
    for word in builder.words { writer.write(fixed: word) }
    return writer.bytes
  }

  // MARK: Division into diagrams

  /// The diagrams of one class: as few as keep within bounds.
  private mutating func diagrams(of boxes: [Box], isIPv6: Bool) throws(Fault) -> [FirewallTable.Reference] {
    guard !boxes.isEmpty else { return [] }
    let address = isIPv6 ? [0, 1, 2, 3] : [0]
    let orders = [address + [5, 4], [5] + address + [4], [5, 4] + address]
    let few = FirewallCompiler.words.each * boxes.count + FirewallCompiler.words.besides
    let all = FirewallTable.maximumWords - builder.words.count
    for limit in [few, min(16 * few, all), all] {
      for groups in FirewallCompiler.divisions(of: boxes, isIPv6: isIPv6) {
        let start = builder.words.count
        var references: [FirewallTable.Reference] = []
        for group in groups where !group.isEmpty {
          guard let reference = smallest(group, orders, limit: start + limit - builder.words.count) else { break }
          references.append(reference)
        }
        if references.count == groups.count(where: { !$0.isEmpty }) { return references }
        builder.forget(after: start)
      }
    }
    throw .tooEntangled
  }

  /// The diagram with the order of fields that takes the fewest words, if any keeps within a bound.
  private mutating func smallest(_ boxes: [Box], _ orders: [[Int]], limit: Int) -> FirewallTable.Reference? {
    let start = builder.words.count
    var best: (order: [Int], words: Int)?
    for order in orders {
      let bound = min(limit, best.map { $0.words - 1 } ?? limit)
      if bound > 0, (try? builder.diagram(of: boxes, order: order, limit: bound)) != nil {
        best = (order, builder.words.count - start)
      }
      builder.forget(after: start)
      if best?.words == 0 { break }
    }
    guard let best else { return nil }
    return try? builder.diagram(of: boxes, order: best.order, limit: limit)
  }

  /// Ways to divide rules, from none at all to four groups: by whether they are about many addresses, and about many ports.
  /// Rules of like extent cut each other less.
  private static func divisions(of boxes: [Box], isIPv6: Bool) -> [[[Box]]] {
    let wide = isIPv6 ? 24 : 8
    func hasManyAddresses(_ box: Box) -> Bool { box.prefixLength < wide }
    func hasManyPorts(_ box: Box) -> Bool { box.high[5] - box.low[5] >= 256 }
    func divided(_ boxes: [Box], _ property: (Box) -> Bool) -> [[Box]] {
      [boxes.filter { !property($0) }, boxes.filter(property)]
    }
    return [
      [boxes], divided(boxes, hasManyAddresses), divided(boxes, hasManyPorts),
      divided(boxes, hasManyAddresses).flatMap { divided($0, hasManyPorts) },
    ]
  }
}
