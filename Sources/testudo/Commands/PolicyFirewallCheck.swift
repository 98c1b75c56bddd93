import Cedar
import Foundation
import Orchestration
import PolicyAnalysis
import PolicyDecision
import SecTOSCA
import TOSCA

/// Rules of packet filters that do not do what they say, as warnings at their places.
enum PolicyFirewallCheck {
  /// Whether a file has rules of a packet filter, by its name.
  static func hasRules(_ path: String) -> Bool { path.hasSuffix(".rules") }

  /// Whether a path leads to a template.
  static func isTemplate(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return false }
    return isFolder.boolValue || [".yaml", ".yml", ".csar", ".zip"].contains(where: path.hasSuffix)
  }

  /// What is wrong with a file of rules, or remarkable about it.
  static func findings(_ source: PolicySource) -> [Finding] {
    let (rules, mistakes) = FirewallRules.read(source.text, file: source.file)
    guard mistakes.isEmpty else { return mistakes.map(\.templateFinding) }
    return FirewallAnalysis(rules.rules.map(\.rule)).remarks().map { remark in
      let range = rules.rules[remark.rule].range
      return Finding(
        code: remark.code.rawValue, severity: .warning,
        place: SourceRange(
          file: source.file, line: range.start.line, column: range.start.column, endLine: range.end.line,
          endColumn: range.end.column),
        message: message(remark, rules))
    }
  }

  private static func message(_ remark: FirewallRemark, _ rules: FirewallRules) -> String {
    let lines = remark.others.map { "\(rules.rules[$0].range.start.line)" }
    let others = (lines.count == 1 ? "line " : "lines ") + lines.joined(separator: ", ")
    let shown = remark.example.isEmpty ? "" : ", such as \(packet(remark.example))"
    return switch remark.code {
    case .shadowed: "the rule never decides: \(others) decide\(lines.count == 1 ? "s" : "") otherwise before it\(shown)"
    case .redundant: "the rule changes nothing: \(others) decide\(lines.count == 1 ? "s" : "") in the same way"
    case .generalization: "the rule decides otherwise than its exception in \(others)\(shown)"
    case .correlation:
      "the rule and \(others) decide otherwise about the same packets, so that their order matters\(shown)"
    case .undecided:
      "whether the rule does anything could not be found out: the rules before it overlap in too many ways"
    }
  }

  private static func packet(_ fields: [PacketSet.Field: UInt128]) -> String {
    func address(_ field: PacketSet.Field) -> String {
      let bits = fields[field] ?? 0
      guard fields[.version] == 6 else {
        return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: bits >> UInt128($0))) }.joined(separator: ".")
      }
      return stride(from: 112, through: 0, by: -16)
        .map { String(UInt16(truncatingIfNeeded: bits >> UInt128($0)), radix: 16) }.joined(separator: ":")
    }
    let number = fields[.transport] ?? 0
    let names: [UInt128: String] = [1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"]
    let port = [6, 17, 132].contains(number) ? " port \(fields[.destinationPort] ?? 0)" : ""
    return "\(names[number] ?? "protocol \(number)") from \(address(.source)) to \(address(.destination))\(port)"
  }

  // MARK: Templates

  /// What is remarkable about the filtering requirements of a template: sources that another of the same requirement
  /// covers, and sources that another requirement due at the same level keeps out.
  static func findings(
    template path: String, inputs: [String: String]
  ) throws -> (findings: [Finding], texts: [String: String]) {
    let outcome = TemplateLoading(library: try Installation.library()).load(path, inputs: inputs)
    guard let service = outcome.service else { return (outcome.findings, outcome.sources) }
    var found: [Finding] = []
    func add(_ finding: Finding) { if !found.contains(finding) { found.append(finding) } }
    for requirement in service.requirements {
      guard case .filtering(let filtering) = requirement.protection else { continue }
      redundancies(filtering.allowedSources, requirement).forEach(add)
      ruleFindings(filtering.rules, requirement).forEach(add)
    }
    for level in service.levels {
      for resource in service.resources {
        conflicts(service.due(to: resource.name, at: level), level: level.name, resource: resource.name).forEach(add)
      }
    }
    return (found, outcome.sources)
  }

  private static func redundancies(_ sources: [String], _ requirement: SecurityRequirement) -> [Finding] {
    sources.indices.compactMap { index in
      // Of two that are the same, the later one is too much.
      let others = sources.indices.filter { $0 != index && (sources[$0] != sources[index] || $0 < index) }
      let own = addresses([sources[index]])
      let alone = others.first { own.isSubset(of: addresses([sources[$0]])) }
      let together = others.filter { !own.intersection(addresses([sources[$0]])).isEmpty }
      guard alone != nil || own.isSubset(of: addresses(together.map { sources[$0] })) else { return nil }
      let by = (alone.map { [$0] } ?? together).map { "`\(sources[$0])`" }.joined(separator: ", ")
      return Finding(
        code: FirewallRemark.Code.redundant.rawValue, severity: .warning, place: requirement.place,
        message:
          "`\(sources[index])` in `allowed_sources` of `\(requirement.name)` changes nothing: \(by) has all of it")
    }
  }

  /// Rules that never decide, or change nothing, in each direction and state. Rules with times may or may not hold, so that
  /// nothing follows from them.
  private static func ruleFindings(_ rules: [FilterRule], _ requirement: SecurityRequirement) -> [Finding] {
    var idle: [Int: (uses: Int, found: FirewallRemark, others: [Int])] = [:]
    var uses: [Int: Int] = [:]
    for direction in FilterRule.Direction.allCases {
      for state in FilterRule.State.allCases {
        let indices = rules.indices.filter {
          rules[$0].window == nil && rules[$0].directions.contains(direction) && rules[$0].states.contains(state)
        }
        for index in indices { uses[index, default: 0] += 1 }
        let analysis = FirewallAnalysis(
          indices.map { FirewallRule(rules[$0].action == .allow ? .allow : .deny, rules[$0].packets(direction)) })
        for remark in analysis.remarks() where remark.code == .shadowed || remark.code == .redundant {
          let index = indices[remark.rule]
          idle[index, default: (0, remark, remark.others.map { indices[$0] })].uses += 1
        }
      }
    }
    // A rule is in vain if it is so wherever it is looked at.
    return idle.sorted { $0.key < $1.key }.filter { uses[$0.key] == $0.value.uses }.map { index, vain in
      let others = vain.others.map { "\($0 + 1)" }.joined(separator: ", ")
      return Finding(
        code: vain.found.code.rawValue, severity: .warning, place: requirement.place,
        message: "rule \(index + 1) of `\(requirement.name)`, in the order in which they count, "
          + (vain.found.code == .shadowed ? "never decides, since rules before it decide otherwise" : "changes nothing")
          + ": \(others)")
    }
  }

  private static func conflicts(_ due: [SecurityRequirement], level: String, resource: String) -> [Finding] {
    let filterings = due.compactMap { requirement -> (SecurityRequirement, Filtering)? in
      guard case .filtering(let filtering) = requirement.protection else { return nil }
      return (requirement, filtering)
    }
    return filterings.flatMap { requirement, filtering in
      filtering.allowedSources.flatMap { source in
        filterings.compactMap { other, limits -> Finding? in
          guard other.name != requirement.name else { return nil }
          let own = addresses([source])
          // Where flows of the topology are open, those of the service's own network pass as well.
          let declared = limits.flows == .declared ? ["10.77.0.0/24"] : []
          let admitted = addresses(limits.allowedSources + declared)
          guard !own.isSubset(of: admitted) else { return nil }
          let isOut = own.intersection(admitted).isEmpty
          let code = isOut ? FirewallRemark.Code.shadowed : .correlation
          return Finding(
            code: code.rawValue, severity: .warning, place: requirement.place,
            message:
              "at level `\(level)`, \(isOut ? "all" : "a part") of `\(source)`, which `\(requirement.name)` lets reach "
              + "`\(resource)`, is kept out by `\(other.name)`")
        }
      }
    }
  }

  private static func addresses(_ networks: [String]) -> NetworkSet { NetworkSet(texts: networks) }
}

extension FilterRule {
  /// The packets that it matches of those that go this way. What kind a message of ICMP is stands in the place of the port
  /// that a packet comes from.
  fileprivate func packets(_ direction: Direction) -> PacketSet {
    var packets = PacketSet.empty
    for isIPv6 in [false, true] {
      let networks = peers.map { NetworkSet(texts: $0).networks.filter { $0.isIPv6 == isIPv6 } }
      let all = RangeSet([0...(isIPv6 ? .max : 0xFFFF_FFFF)])
      let there = networks.map { RangeSet($0.map(\.range)) } ?? all
      for transport in transports where transport != (isIPv6 ? .icmp : .icmpv6) {
        let hasPorts = transport == .tcp || transport == .udp
        guard hasPorts ? types == nil : ports == nil && sourcePorts == nil else { continue }
        let numbers: [Transport: UInt128] = [.tcp: 6, .udp: 17, .icmp: 1, .icmpv6: 58]
        let from = sourcePorts.map { RangeSet($0.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }) }
        let to = ports.map { RangeSet($0.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }) }
        let kinds = types.map { RangeSet($0.map { UInt128($0)...UInt128($0) }) }
        let any = RangeSet([0...65_535])
        let number = numbers[transport] ?? 0
        packets = packets.union(
          PacketSet(
            version: isIPv6 ? 6 : 4, source: direction == .inbound ? there : all,
            destination: direction == .inbound ? all : there, transport: RangeSet([number...number]),
            sourcePort: (hasPorts ? from : kinds) ?? any, destinationPort: to ?? any))
      }
    }
    return packets
  }
}
