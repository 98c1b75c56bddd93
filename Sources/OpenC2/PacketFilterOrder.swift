import SecTOSCA

/// What the profile of packet filters asks for (SLPF 1.0, 2.3): a command whose action, target and arguments go together.
public enum PacketFilterOrder: Hashable, Sendable {
  /// What is understood here.
  case query(Set<OpenC2Command.Feature>)
  /// A rule.
  case insert(PacketFilterRule)
  /// The end of a rule, at a time in milliseconds since 1970, or at once.
  case remove(number: Int, at: Int?)

  /// The order that a command is.
  public init(_ command: OpenC2Command) throws(OpenC2Refusal) {
    let arguments = command.arguments
    switch (command.action, command.target) {
    case (.query, .features(let features)):
      guard arguments == OpenC2Command.Arguments(response: arguments.response) else {
        throw OpenC2Refusal(.badRequest, "`query features` has arguments beside `response_requested`")
      }
      self = .query(features)
    case (.allow, .traffic(let pattern)), (.deny, .traffic(let pattern)):
      guard arguments.dropProcess == .none else {
        throw OpenC2Refusal(
          .notImplemented, "Option not supported: `drop_process`: `\(arguments.dropProcess.rawValue)`, expected `none`")
      }
      guard pattern.transport != .sctp else {
        throw OpenC2Refusal(.notImplemented, "Option not supported: `protocol`: `sctp`, which no image speaks")
      }
      self = .insert(
        PacketFilterRule(
          number: arguments.ruleNumber, permits: command.action == .allow, pattern: pattern,
          direction: arguments.direction, start: arguments.start, stop: arguments.stop,
          isPersistent: arguments.isPersistent, filters: command.filters))
    case (.delete, .rule(let number)):
      guard arguments == OpenC2Command.Arguments(start: arguments.start, response: arguments.response) else {
        throw OpenC2Refusal(
          .badRequest, "`delete slpf:rule_number` has arguments beside `response_requested` and `start_time`")
      }
      self = .remove(number: number, at: arguments.start)
    case (.query, _), (.allow, _), (.deny, _), (.delete, _):
      throw OpenC2Refusal(
        .notImplemented, "Target type not supported: `\(command.action.rawValue)` of this target")
    default:
      throw OpenC2Refusal(.notImplemented, "Command not supported: `\(command.action.rawValue)`")
    }
  }
}

/// A rule of packet filters that a command led to.
public struct PacketFilterRule: Hashable, Sendable, Codable {
  /// Its number, once it has one. Rules are looked through from the lowest on; the first that fits a packet decides.
  public var number: Int?
  /// Whether the packets may pass.
  public var permits: Bool
  /// Which packets.
  public var pattern: TrafficPattern
  /// Which way they go.
  public var direction: OpenC2Command.Direction
  /// When it begins to hold, in milliseconds since 1970; at once where it is not said.
  public var start: Int?
  /// When it holds no more.
  public var stop: Int?
  /// Whether it outlives a restart of the control plane.
  public var isPersistent: Bool
  /// Which filters it is for.
  public var filters: OpenC2Command.Filters

  /// A rule; about packets both ways, at every filter, for good, unless something else is said.
  public init(
    number: Int? = nil, permits: Bool, pattern: TrafficPattern, direction: OpenC2Command.Direction = .both,
    start: Int? = nil, stop: Int? = nil, isPersistent: Bool = true, filters: OpenC2Command.Filters = .init()
  ) {
    self.number = number
    self.permits = permits
    self.pattern = pattern
    self.direction = direction
    self.start = start
    self.stop = stop
    self.isPersistent = isPersistent
    self.filters = filters
  }

  /// Whether it is for the filter of a resource.
  public func isFor(_ resource: String, of service: String) -> Bool {
    (filters.group ?? service) == service && (filters.hostname ?? resource) == resource
  }

  /// Whether it holds at a time.
  public func holds(at now: Int) -> Bool { (start ?? 0) <= now && !isOver(at: now) }

  /// Whether it will never hold again.
  public func isOver(at now: Int) -> Bool { stop.map { $0 <= now } ?? false }

  /// When it next begins or ceases to hold.
  public func nextChange(after now: Int) -> Int? { [start, stop].compactMap { $0 }.filter { $0 > now }.min() }
}

extension PacketFilterRule {
  /// The rule in a line, such as `deny tcp from 192.0.2.0/24 to port 80, ingress`.
  public var summary: String {
    var words = [permits ? "allow" : "deny"]
    if let transport = pattern.transport { words.append(transport.rawValue) }
    switch pattern.addresses {
    case .either(let network): words.append("from or to \(network.text)")
    case .both(let source, let destination):
      let ends = [("from", source, pattern.sourcePort), ("to", destination, pattern.destinationPort)]
      for (word, network, port) in ends where network != nil || port != nil {
        words.append(([word, network?.text, port.map { "port \($0)" }].compactMap { $0 }).joined(separator: " "))
      }
    }
    if direction != .both { words[words.count - 1] += ", \(direction.rawValue)" }
    return words.joined(separator: " ")
  }
}
