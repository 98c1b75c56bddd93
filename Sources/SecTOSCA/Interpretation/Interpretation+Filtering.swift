import TOSCA

/// Which packets pass.
extension Interpretation {
  /// The most rules of one requirement.
  static let mostFilterRules = 10_000
  /// The most rules with times of one requirement: so many are looked at one after the other.
  static let mostTimedRules = 64
  /// The most combinations of networks and ports in the rules of one requirement.
  static let mostCombinations = 65_536

  mutating func readFiltering(_ properties: Properties) -> Filtering? {
    let before = findings.count
    let flows = choice(
      "flows", of: properties, from: [Filtering.Flows.declared.rawValue, Filtering.Flows.none.rawValue])
    let sources = boundedTexts("allowed_sources", of: properties) ?? []
    for source in sources { checkNetwork(source, of: "allowed_sources", holder: properties.holder) }
    let ping = flag("ping", of: properties)
    let rules = readFilterRules(properties)
    let fallback = choice("default", of: properties, from: FilterRule.Action.allCases.map(\.rawValue))
    let commands = readCommands(properties)
    guard findings.count == before else { return nil }
    return Filtering(
      flows: flows.flatMap { Filtering.Flows(rawValue: $0.value) } ?? .declared, allowedSources: sources.map(\.value),
      allowsPing: ping ?? false, rules: rules, allowsByDefault: fallback?.value == FilterRule.Action.allow.rawValue,
      commands: commands)
  }

  /// What commands may have rules do. Who may let in may keep out, too: else an `allow` would hold without the `deny` that it
  /// was meant to come after.
  private mutating func readCommands(_ properties: Properties) -> [FilterRule.Action] {
    guard let named = boundedTexts("commands", of: properties) else { return [.deny] }
    let known = FilterRule.Action.allCases.map(\.rawValue)
    for text in named where !known.contains(text.value) {
      report(
        "invalid-value", at: text.place, "`commands` of \(properties.holder) has `\(text.value)`",
        expected: enumeration(known, last: "or"), suggestion: nearest(text.value, among: known))
    }
    let commands = FilterRule.Action.allCases.filter { action in named.contains { $0.value == action.rawValue } }
    if commands == [.allow] {
      report(
        "invalid-value", at: properties.values["commands"]?.place ?? properties.place,
        "`commands` of \(properties.holder) has `allow` without `deny`",
        expected: "`[ deny, allow ]`, `[ deny ]` or `[]`")
    }
    return commands
  }

  /// The rules in the order in which they count: by priority, and those of one priority as they stand.
  private mutating func readFilterRules(_ properties: Properties) -> [FilterRule] {
    let sets = readSets(properties)
    let items = list("rules", of: properties) ?? []
    guard items.count <= Self.mostFilterRules else {
      report(
        "too-many-rules", at: properties.values["rules"]?.place ?? properties.place,
        "\(properties.holder) has \(items.count) rules", expected: "at most \(Self.mostFilterRules)")
      return []
    }
    var rules: [(priority: Int, rule: FilterRule)] = []
    for (index, item) in items.enumerated() {
      let holder = "rule \(index + 1) of \(properties.holder)"
      guard let fields = Properties(item, holder: holder) else {
        report("invalid-value", at: item.place, "\(holder) is not a map", expected: "`action` and more")
        continue
      }
      let priority = integer("priority", of: fields, in: 0...1_000_000) ?? 100
      if let rule = readFilterRule(fields, sets) { rules.append((priority, rule)) }
    }
    let timed = rules.count { $0.rule.window != nil }
    let combinations = rules.reduce(0) { sum, next in
      let rule = next.rule
      return sum + (rule.peers?.count ?? 2) * (rule.ports?.count ?? 1) * (rule.sourcePorts?.count ?? 1)
    }
    if timed > Self.mostTimedRules || combinations > Self.mostCombinations {
      report(
        "too-many-rules", at: properties.values["rules"]?.place ?? properties.place,
        timed > Self.mostTimedRules
          ? "\(properties.holder) has \(timed) rules with times"
          : "the rules of \(properties.holder) have \(combinations) combinations of networks and ports",
        expected: timed > Self.mostTimedRules
          ? "at most \(Self.mostTimedRules) rules with times" : "at most \(Self.mostCombinations) combinations")
    }
    return rules.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
      .map(\.element.rule)
  }

  /// Networks by the name of their set.
  private mutating func readSets(_ properties: Properties) -> [String: [String]] {
    guard let value = value("sets", of: properties) else { return [:] }
    guard let entries = value.map, entries.count <= Self.longestList else {
      report(
        "invalid-value", at: value.place,
        "`sets` of \(properties.holder) is not a map of at most \(Self.longestList) sets",
        expected: "names with lists of networks")
      return [:]
    }
    var sets: [String: [String]] = [:]
    for entry in entries {
      let label = "sets/\(entry.key)"
      guard let first = entry.key.first, first.isLetter, !entry.key.contains(where: { "./: ".contains($0) }) else {
        report(
          "invalid-value", at: entry.value.place,
          "`\(entry.key)` in `sets` of \(properties.holder) is no name of a set",
          expected: "a letter, and nothing that networks are written with")
        continue
      }
      let set = Properties([label: entry.value], holder: properties.holder, place: entry.value.place)
      let networks = texts(label, of: set) ?? []
      for network in networks { checkNetwork(network, of: label, holder: properties.holder) }
      sets[entry.key] = networks.map(\.value)
    }
    return sets
  }

  private mutating func readFilterRule(_ fields: Properties, _ sets: [String: [String]]) -> FilterRule? {
    let before = findings.count
    let action = choice("action", of: fields, from: FilterRule.Action.allCases.map(\.rawValue))
    if action == nil, findings.count == before { _ = text("action", of: fields, required: true) }
    let direction = choice("direction", of: fields, from: ["inbound", "outbound", "both"])?.value ?? "inbound"
    let transports = choices("protocols", of: fields, FilterRule.Transport.allCases)
    let states = choices("states", of: fields, FilterRule.State.allCases)
    let peers = readPeers(fields, sets)
    let ports = portRanges("ports", of: fields)
    let sourcePorts = portRanges("source_ports", of: fields)
    let types = list("icmp_types", of: fields)?.compactMap { item -> UInt8? in
      if let number = item.integer, let type = UInt8(exactly: number) { return type }
      report(
        "invalid-value", at: item.place, "an entry of `icmp_types` of \(fields.holder) is no type",
        expected: "a whole number from 0 to 255")
      return nil
    }
    // What one half of the rule says must have a meaning for the other.
    let used = transports ?? FilterRule.Transport.allCases
    if ports != nil || sourcePorts != nil, transports == nil || used.contains(where: { $0 == .icmp || $0 == .icmpv6 }) {
      let name = ports != nil ? "ports" : "source_ports"
      report(
        "invalid-value", at: fields.values[name]?.place ?? fields.place,
        "`\(name)` of \(fields.holder) has a meaning for `tcp` and `udp` alone",
        expected: "`protocols: [ tcp ]`, `[ udp ]` or both beside it")
    }
    if types != nil, transports == nil || used.contains(where: { $0 == .tcp || $0 == .udp }) {
      report(
        "invalid-value", at: fields.values["icmp_types"]?.place ?? fields.place,
        "`icmp_types` of \(fields.holder) has a meaning for `icmp` and `icmpv6` alone",
        expected: "`protocols: [ icmp ]` or `[ icmpv6 ]` beside it")
    }
    let window = readRuleWindow(fields)
    guard findings.count == before, let action else { return nil }
    return FilterRule(
      action.value == "allow" ? .allow : .deny,
      directions: direction == "both" ? [.inbound, .outbound] : direction == "inbound" ? [.inbound] : [.outbound],
      transports: used, peers: peers, ports: ports, sourcePorts: sourcePorts, types: types, states: states ?? [.new],
      window: window)
  }

  /// Some of a few names, each once, in their own order; absent: nil.
  private mutating func choices<Choice: RawRepresentable<String> & CaseIterable & Equatable>(
    _ name: String, of properties: Properties, _ all: [Choice]
  ) -> [Choice]? {
    guard let named = boundedTexts(name, of: properties) else { return nil }
    let known = all.map(\.rawValue)
    for text in named where !known.contains(text.value) {
      report(
        "invalid-value", at: text.place, "`\(name)` of \(properties.holder) has `\(text.value)`",
        expected: enumeration(known, last: "or"), suggestion: nearest(text.value, among: known))
    }
    if named.isEmpty {
      report(
        "invalid-value", at: properties.values[name]?.place ?? properties.place,
        "`\(name)` of \(properties.holder) is empty, so the rule would match nothing", expected: "at least one")
    }
    return all.filter { choice in named.contains { $0.value == choice.rawValue } }
  }

  /// Networks, those of named sets among them.
  private mutating func readPeers(_ fields: Properties, _ sets: [String: [String]]) -> [String]? {
    guard let named = boundedTexts("peers", of: fields) else { return nil }
    var networks: [String] = []
    for peer in named {
      if let set = sets[peer.value] {
        networks += set
      } else if peer.value.first?.isLetter ?? false, !peer.value.contains(where: { ".:/".contains($0) }) {
        report(
          "unknown-set", at: peer.place,
          "`peers` of \(fields.holder) names the set `\(peer.value)`, which does not exist",
          expected: "the name of an entry of `sets`, or a network such as `10.0.0.0/8`",
          suggestion: nearest(peer.value, among: Array(sets.keys)))
      } else {
        checkNetwork(peer, of: "peers", holder: fields.holder)
        networks.append(peer.value)
      }
    }
    return networks
  }

  private mutating func portRanges(_ name: String, of fields: Properties) -> [ClosedRange<UInt16>]? {
    boundedTexts(name, of: fields)?.compactMap { text in
      let ends = text.value.split(separator: "-", omittingEmptySubsequences: false)
      if (1...2).contains(ends.count), ends.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
        let first = UInt16(ends[0]), let last = UInt16(ends[ends.count - 1]), first <= last
      {
        return first...last
      }
      report(
        "invalid-value", at: text.place, "`\(name)` of \(fields.holder) has `\(text.value)`, which is no port",
        expected: "a port from 0 to 65535 or a range, in quotes, such as `\"80\"` or `\"8000-8080\"`")
      return nil
    }
  }

  private mutating func readRuleWindow(_ fields: Properties) -> TimeWindow? {
    let (from, until) = (value("from", of: fields), value("until", of: fields))
    let days = value("days", of: fields)
    guard from != nil || until != nil || days != nil else { return nil }
    guard let from, let until else {
      // Days alone are meant as whole ones.
      if let days, from == nil, until == nil {
        return readDays(days, of: fields.holder, code: "invalid-value").map {
          TimeWindow(startMinute: 0, endMinute: 0, days: $0)
        }
      }
      report(
        "invalid-value", at: (from ?? until)?.place ?? fields.place,
        "\(fields.holder) does not say from when until when", expected: "`from: \"22:00\"` and `until: \"06:00\"`")
      return nil
    }
    return readWindow(from: from, until: until, on: days, of: fields.holder, code: "invalid-value")
  }
}
