public import Cedar
public import PolicyDecision

/// Rules of a packet filter as a text has them, one a line; the first that matches decides.
///
///     # comment
///     default deny
///     allow tcp from 10.0.0.0/8, 192.0.2.7 to 10.77.0.2 port 80, 8000-8080
///     deny any from any to any
public struct FirewallRules: Sendable {
  /// A rule, and where it stands.
  public struct Located: Sendable {
    /// The rule.
    public var rule: FirewallRule
    /// The place of its text.
    public var range: SourceSpan
  }

  /// The rules, in order.
  public private(set) var rules: [Located] = []
  /// What becomes of packets that no rule matches.
  public private(set) var fallback = FirewallRule.Action.deny

  /// No more rules are read.
  public static let maximumRules = 2000

  /// Reads a text; what is wrong with it comes as findings, a line with one has no rule.
  public static func read(_ text: String, file: String = "") -> (rules: FirewallRules, findings: [PolicyFinding]) {
    var result = FirewallRules()
    var findings: [PolicyFinding] = []
    var offset = 0
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      defer { offset += line.utf8.count + 1 }
      var parser = FirewallRuleParser(String(line), line: index + 1, offset: offset, file: file)
      guard !parser.isAtEnd else { continue }
      do throws(PolicyFinding) {
        if parser.take("default") {
          result.fallback = try parser.action()
          try parser.end()
        } else {
          guard result.rules.count < maximumRules else {
            throw parser.fault("there are more than \(maximumRules) rules", expected: "fewer")
          }
          result.rules.append(try parser.rule())
        }
      } catch {
        findings.append(error)
      }
    }
    return (result, findings)
  }
}

/// Reads one line, word by word.
private struct FirewallRuleParser {
  private struct Word {
    var text: String
    var column: Int
    var offset: Int
    var endColumn: Int { column + text.unicodeScalars.count }
  }

  private let line: Int
  private let file: String
  private let words: [Word]
  private let length: Int
  private var position = 0

  init(_ text: String, line: Int, offset: Int, file: String) {
    self.line = line
    self.file = file
    var words: [Word] = []
    var column = 1
    var byte = offset
    var current: Word?
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\r" }
    for scalar in text.unicodeScalars {
      if scalar == "#" { break }
      if isSpace(scalar) || scalar == "," {
        if let word = current { words.append(word) }
        current = nil
        if scalar == "," { words.append(Word(text: ",", column: column, offset: byte)) }
      } else {
        current = current ?? Word(text: "", column: column, offset: byte)
        current?.text.unicodeScalars.append(scalar)
      }
      column += 1
      byte += String(scalar).utf8.count
    }
    if let word = current { words.append(word) }
    self.words = words
    length = words.last?.endColumn ?? 1
  }

  var isAtEnd: Bool { position == words.count }

  mutating func take(_ text: String) -> Bool {
    guard !isAtEnd, words[position].text == text else { return false }
    position += 1
    return true
  }

  private func span(_ column: Int, _ endColumn: Int) -> SourceSpan {
    SourceSpan(
      SourcePosition(line: line, column: column, offset: 0), SourcePosition(line: line, column: endColumn, offset: 0))
  }

  /// A mistake at the present word.
  func fault(_ message: String, expected: String) -> PolicyFinding {
    let (start, end) = isAtEnd ? (length, length) : (words[position].column, words[position].endColumn)
    return PolicyFinding("syntax", in: file, at: span(start, end), message, expected: expected)
  }

  private func unexpected(_ expected: String) -> PolicyFinding {
    fault(isAtEnd ? "the rule ends here" : "there is `\(words[position].text)`", expected: expected)
  }

  private mutating func word(_ expected: String) throws(PolicyFinding) -> String {
    guard !isAtEnd, words[position].text != "," else { throw unexpected(expected) }
    position += 1
    return words[position - 1].text
  }

  mutating func action() throws(PolicyFinding) -> FirewallRule.Action {
    guard !isAtEnd, let action = FirewallRule.Action(rawValue: words[position].text) else {
      throw unexpected("`allow` or `deny`")
    }
    position += 1
    return action
  }

  mutating func end() throws(PolicyFinding) {
    guard isAtEnd else { throw unexpected("the end of the line") }
  }

  mutating func rule() throws(PolicyFinding) -> FirewallRules.Located {
    let start = words[0].column
    let action = try action()
    let protocols = try list(FirewallRuleParser.transport, "a protocol: any, tcp, udp, icmp, icmpv6, sctp or a number")
    let transport = RangeSet(protocols.flatMap(\.ranges))
    let hasPorts = transport.isSubset(of: RangeSet([6...6, 17...17, 132...132]))
    guard take("from") else { throw unexpected("`from`") }
    let sources = try list(FirewallRuleParser.addresses, "an address, a network such as 10.0.0.0/8, or `any`")
    let sourcePorts = try ports(hasPorts)
    guard take("to") else { throw unexpected("`to`") }
    let targets = try list(FirewallRuleParser.addresses, "an address, a network such as 10.0.0.0/8, or `any`")
    let targetPorts = try ports(hasPorts)
    try end()
    var packets = PacketSet.empty
    for (version, bits) in [(UInt128(4), 32), (6, 128)] {
      func set(_ networks: [Addresses]) -> RangeSet {
        RangeSet(
          networks.compactMap { $0.version == nil ? 0...Self.greatest(bits) : $0.version == version ? $0.range : nil })
      }
      packets = packets.union(
        PacketSet(
          version: version, source: set(sources), destination: set(targets), transport: transport,
          sourcePort: sourcePorts, destinationPort: targetPorts))
    }
    let range = span(start, length)
    guard !packets.isEmpty else {
      throw PolicyFinding(
        "empty-rule", in: file, at: range, "no packet has addresses of both sides",
        expected: "addresses of one version of IP")
    }
    return FirewallRules.Located(rule: FirewallRule(action, packets), range: range)
  }

  /// Items with commas between them.
  private mutating func list<Item>(
    _ read: (String) -> Item?, _ expected: String
  ) throws(PolicyFinding) -> [Item] {
    var items: [Item] = []
    repeat {
      let text = try word(expected)
      guard let item = read(text) else {
        position -= 1
        throw unexpected(expected)
      }
      items.append(item)
    } while take(",")
    return items
  }

  private mutating func ports(_ hasPorts: Bool) throws(PolicyFinding) -> RangeSet {
    guard !isAtEnd, words[position].text == "port" else { return RangeSet([0...65_535]) }
    guard hasPorts else {
      throw fault("`port` is for protocols that have ports", expected: "tcp, udp or sctp as the protocol")
    }
    position += 1
    return RangeSet(try list(Self.port, "a port from 0 to 65535, or a range such as 8000-8080"))
  }

  // MARK: Items

  private static func greatest(_ bits: Int) -> UInt128 { bits == 128 ? .max : UInt128(1) << UInt128(bits) - 1 }

  private static func transport(_ text: String) -> RangeSet? {
    let names: [String: UInt128] = ["icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132]
    if text == "any" { return RangeSet([0...255]) }
    guard let number = names[text] ?? UInt8(text).map({ UInt128($0) }) else { return nil }
    return RangeSet([number...number])
  }

  private static func port(_ text: String) -> ClosedRange<UInt128>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(ends.count), let low = UInt16(ends[0]), let high = UInt16(ends[ends.count - 1]), low <= high
    else { return nil }
    return UInt128(low)...UInt128(high)
  }

  /// Addresses of one version, or all of them.
  private struct Addresses {
    var version: UInt128?
    var range: ClosedRange<UInt128> = 0...0
  }

  private static func addresses(_ text: String) -> Addresses? {
    if text == "any" { return Addresses() }
    guard let address = IPAddress(text) else { return nil }
    let bits = address.isIPv6 ? 128 : 32
    let hostBits = bits - address.prefixLength
    let host = hostBits == 0 ? 0 : greatest(hostBits)
    let first = address.bits & ~host
    return Addresses(version: address.isIPv6 ? 6 : 4, range: first...(first | host))
  }
}
